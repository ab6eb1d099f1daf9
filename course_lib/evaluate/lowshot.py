"""Few labels: nested subsets with the same number of images of every class."""

import torch
from torch import Tensor

from course_lib.core.errors import CourseError
from course_lib.core.randomness import key


def subset(labels: Tensor, per_class: int, seed: int = 0) -> Tensor:
    """Rows of `per_class` images of each class, int64, ascending.

    labels: int64 (N,). With the same seed a smaller subset is part of a larger one, so that a curve
    over the number of labels adds labels instead of exchanging them. Raises CourseError where a
    class has too few images.
    """
    counts = labels.bincount()
    fewest = int(counts[counts > 0].min())
    if not 1 <= per_class <= fewest:
        raise CourseError(
            f"per_class={per_class} must lie between 1 and {fewest}, what the rarest class has."
        )
    generator = torch.Generator().manual_seed(key("labels", seed))
    order = torch.randperm(len(labels), generator=generator)
    rows = [order[labels[order] == c][:per_class] for c in counts.nonzero().flatten().tolist()]
    return torch.cat(rows).sort().values
