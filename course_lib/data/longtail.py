"""Long tails: a data set resampled so that few of its classes hold most of the images.

Class c (c = 0 first) gets a share of the images proportional to (c + 1)^-alpha, Zipf's law; what
is sold as "10% of the classes account for 93% of the data" is one alpha. Only training images are
resampled: a test set stays balanced, or rare classes would hardly count.
"""

import torch
from torch import Tensor

from course_lib.core.errors import CourseError
from course_lib.core.randomness import key
from course_lib.data.dataset import Dataset


def frequencies(classes: int, alpha: float) -> Tensor:
    """The share of each class, float64 (classes,), adding up to 1; alpha 0 is balanced."""
    weight = torch.arange(1, classes + 1, dtype=torch.float64).pow(-alpha)
    return weight / weight.sum()


def head(classes: int, part: float = 0.1) -> int:
    """How many classes are `part` of all, at least one."""
    return max(1, round(part * classes))


def exponent(share: float, classes: int, part: float = 0.1) -> float:
    """The alpha with which the most frequent `part` of the classes holds `share` of the images.

    By bisection, since the share grows with alpha. CourseError below the balanced share.
    """
    first = head(classes, part)
    if not first / classes <= share < 1:
        raise CourseError(
            f"{first} of {classes} classes hold at least {first / classes:.3g} and less than all "
            f"of the images, not {share:g}."
        )
    low, high = 0.0, 64.0
    for _ in range(60):
        middle = (low + high) / 2
        if frequencies(classes, middle)[:first].sum() < share:
            low = middle
        else:
            high = middle
    return high


def counts(classes: int, alpha: float, n: int) -> Tensor:
    """n images shared out, int64 (classes,): rounded down, the largest remainders up."""
    exact = n * frequencies(classes, alpha)
    whole = exact.floor().long()
    order = (exact - whole).argsort(descending=True, stable=True)
    whole[order[: n - int(whole.sum())]] += 1
    return whole


def most(available: Tensor, alpha: float) -> int:
    """The most images that a long tail can have when class c has available[c] of them."""
    n = int((available / frequencies(len(available), alpha)).min())
    while (counts(len(available), alpha, n) > available).any():
        n -= 1
    return n


def long_tail(data: Dataset, alpha: float, n: int | None = None, seed: int = 0) -> Dataset:
    """A part of `data` with n images (default: as many as there can be) in a long tail.

    The first class of `data.classes` is the most frequent. Which images of a class are kept depends
    on the seed. Raises CourseError where a class has too few.
    """
    available = data.label.bincount(minlength=len(data.classes))
    largest = most(available, alpha)
    n = largest if n is None else n
    if not 1 <= n <= largest:
        raise CourseError(
            f"{data.name}/{data.split} has images for a long tail of 1 to {largest:,} with "
            f"alpha={alpha:g}, not {n:,}."
        )
    wanted = counts(len(data.classes), alpha, n)
    generator = torch.Generator().manual_seed(key("long tail", seed))
    order = torch.randperm(len(data), generator=generator)
    kept = [order[data.label[order] == c][:count] for c, count in enumerate(wanted.tolist())]
    rows = torch.cat(kept).sort().values
    text = {name: [words[row] for row in rows.tolist()] for name, words in data.text.items()}
    spec = data.spec | {"alpha": alpha, "long_tail": n}
    return Dataset(data.name, data.split, spec, data.batch(rows), data.classes, text, data.card)


def head_share(label: Tensor, classes: int, part: float = 0.1) -> float:
    """The share of images in the most frequent `part` of the classes. label: int64 (N,)."""
    found = label.bincount(minlength=classes).sort(descending=True).values
    return (found[: head(classes, part)].sum() / len(label)).item()
