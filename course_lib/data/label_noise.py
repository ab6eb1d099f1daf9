"""Wrong labels on purpose: a share of the training labels replaced by random ones.

As Zhang et al. 2017 (arXiv 1710.09412, section 3.4) test what a net remembers: a label that is
drawn to be replaced becomes any class with equal chance, its own too, so with K classes a share of
`share` (1 - 1/K) is wrong. Only training labels are replaced; val and test stay as they are.
"""

import torch

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng, key
from course_lib.data.dataset import Dataset


def with_label_noise(data: Dataset, share: float, seed: int = 0) -> Dataset:
    """The same images with noisy labels; the column `clean` keeps the true ones.

    Whether a sample's label is replaced, and by what, depends on (seed, its index) alone. A larger
    share replaces those of a smaller one and more. CourseError for a share outside [0, 1], and for
    another split than train.
    """
    if not 0 <= share <= 1:
        raise CourseError(f"The share of replaced labels lies from 0 to 1, not at {share}.")
    if data.split != "train":
        raise CourseError(
            f"Labels of {data.split} say whether a net is right: put noise on train only."
        )
    draws = Rng(key("label noise", seed), 0, data.index).uniform("replaced", 2)  # (N, 2)
    other = (draws[:, 1] * len(data.classes)).long()
    label = torch.where(draws[:, 0] < share, other, data.label)
    columns = data.columns | {"label": label, "clean": data.label}
    spec = data.spec | {"label_noise": share, "label_noise_seed": seed}
    return Dataset(data.name, data.split, spec, columns, data.classes, data.text, data.card)
