"""How many draws of an augmentation it takes to see its mean, its covariance or a loss.

n draws leave an error of sqrt(V / n), so on logarithmic axes a slope of -1/2, and a relative error
of e takes n = V / (e² |q|²) of them. For a family of finitely many maps V is exact:

    mean         V = tr(Sigma)                                        |q|² = |mu|²
    covariance   V = E |t(x) - mu|⁴ - |Sigma|²  (Frobenius norms)     |q|² = |Sigma|²
    loss         V = Var L(t(x))                                      |q|² = (E L)²

The covariance's V is that of a known mean; an estimated one adds an error that fades faster.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from course_lib.core.errors import CourseError, nearest
from course_lib.core.randomness import key
from course_lib.views.linear import Family
from course_lib.views.moments import drawn, numbers

QUANTITIES = ("mean", "covariance", "loss")
Loss = Callable[[Tensor], Tensor]  # images as rows (K, P) → a loss each, (K,)


def cases(family: Family, image: Tensor, quantity: str, loss: Loss | None) -> Tensor:
    """What each map gives: the image (C, H, W) itself as a row, (K, P), or its loss, (K, 1)."""
    if quantity not in QUANTITIES:
        raise CourseError(f"There is no quantity {quantity!r}: {nearest(quantity, QUANTITIES)}")
    if (quantity == "loss") != (loss is not None):
        raise CourseError('The quantity "loss" needs a loss of rows (K, P), and only that one.')
    rows = family.every(numbers(image).double()[None])[:, 0].flatten(1)
    return loss(rows)[:, None] if loss else rows


def draws_to(
    error: float, family: Family, image: Tensor, quantity: str, loss: Loss | None = None
) -> float:
    """How many draws bring the root mean square relative error of a quantity down to `error`.

    image: (C, H, W). loss: for the quantity "loss". 0 where every case is
    equally far from the mean, or nothing varies.
    """
    rows, chances = cases(family, image, quantity, loss), family.chances
    off = rows - chances @ rows
    distance = off.square().sum(dim=1)  # (K,)
    size, variance = (chances @ rows).square().sum(), chances @ distance
    if quantity == "covariance":
        root = chances.sqrt()[:, None] * off
        size = (root @ root.T).square().sum()  # |Sigma|², by the smaller Gram matrix
        variance = chances @ distance.square() - size
    return (variance.clamp_min(0) / (error**2 * size)).item() if size else 0.0


def errors(
    family: Family,
    image: Tensor,
    quantity: str,
    sizes: Sequence[int],
    repeats: int,
    seed: int,
    loss: Loss | None = None,
) -> list[float]:
    """Root mean square relative error of Monte Carlo with each of `sizes` draws, over `repeats`."""
    rows = cases(family, image, quantity, loss)
    exact, found = estimate(rows, family.chances, quantity), []
    for size in sizes:
        squares = []
        for repeat in range(repeats):
            chances = drawn(family, size, key(seed, size, repeat)).chances
            off = estimate(rows, chances, quantity) - exact
            squares.append((off.norm() / exact.norm()).square())
        found.append(torch.stack(squares).mean().sqrt().item())
    return found


def estimate(rows: Tensor, chances: Tensor, quantity: str) -> Tensor:
    """The mean of rows (K, P) under chances (K,), or their covariance."""
    mean = chances @ rows
    if quantity != "covariance":
        return mean
    root = chances.sqrt()[:, None] * (rows - mean)
    return root.T @ root


def slope(sizes: Sequence[int], found: Sequence[float]) -> float:
    """The slope of log error against log draws, by least squares; -1/2 for Monte Carlo."""
    x, y = (torch.tensor(values, dtype=torch.float64).log() for values in (sizes, found))
    x = x - x.mean()
    return ((x * y).sum() / x.square().sum()).item()
