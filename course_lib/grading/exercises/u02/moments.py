"""The moments of an augmented row of pixels, exactly, and how many draws would do instead."""

import math

import torch
from torch import Tensor

from course_lib.core.randomness import Rng
from course_lib.grading.exercise import Case, Exercise, Right
from course_lib.grading.exercises.u02._draws import LOSSES
from course_lib.grading.exercises.u02._linear import MOMENTS, Four, moments

CONTRACT = """
An augmentation is a distribution over images. For one that is linear, mean and covariance of the
augmented image, and with them the expected loss, can be written down. Write
`moments(x, chance, readout, target, share)` → `(mean, cov, loss, draws)`.

- `x` (D,), float64: a row of pixels. It is shifted to the right by s pixels, s = −R … R, and
  `chance[s + R]` is the probability of s; `chance` (2R + 1,) sums to 1. At place d the shifted row
  t(x) holds x at d − s, and 0 where that is outside.
- `mean` (D,), `cov` (D, D): E t(x) and the covariance of t(x), about its own mean. float64.
- `readout` W (K, D), `target` y (K,): a linear readout and what it should give. `loss`, a number:
  the expected squared error E|W t(x) − y|².
- `draws`, a whole number: how many independent draws of the shift it takes at least, so that the
  *mean of the sampled losses* has a standard error of at most `share` times `loss`. At least 1.

Leave the inputs as they are.
"""


def by_matrices(x: Tensor, chance: Tensor, readout: Tensor, target: Tensor, share: float) -> Four:
    """Right: a matrix for each shift; the covariance is the second moment less the mean's."""
    size, reach = len(x), len(chance) // 2
    mean, second = torch.zeros_like(x), torch.zeros(size, size, dtype=x.dtype)
    first = power = 0.0
    for step, weight in enumerate(chance.tolist()):
        matrix = torch.diag(torch.ones(size - abs(step - reach), dtype=x.dtype), reach - step)
        seen = matrix @ x
        mean, second = mean + weight * seen, second + weight * torch.outer(seen, seen)
        loss = (readout @ seen - target).square().sum().item()
        first, power = first + weight * loss, power + weight * loss * loss
    wanted = (power - first**2) / (share * first) ** 2
    return mean, second - torch.outer(mean, mean), first, max(1, math.ceil(wanted))


def by_loops(x: Tensor, chance: Tensor, readout: Tensor, target: Tensor, share: float) -> Four:
    """Right: number by number."""
    values, odds, size = x.tolist(), chance.tolist(), len(x)
    reach = len(odds) // 2
    rows = [
        [values[d - s] if 0 <= d - s < size else 0.0 for d in range(size)]
        for s in range(-reach, reach + 1)
    ]
    mean = [sum(p * row[d] for p, row in zip(odds, rows, strict=True)) for d in range(size)]
    cov = [
        [
            sum(p * (r[i] - mean[i]) * (r[j] - mean[j]) for p, r in zip(odds, rows, strict=True))
            for j in range(size)
        ]
        for i in range(size)
    ]
    wide = torch.tensor(rows, dtype=x.dtype)
    losses = [((readout @ row - target) ** 2).sum().item() for row in wide]
    loss = sum(p * one for p, one in zip(odds, losses, strict=True))
    spread = sum(p * (one - loss) ** 2 for p, one in zip(odds, losses, strict=True))
    need = max(1, math.ceil(spread / (share * loss) ** 2))
    tensors = (torch.tensor(part, dtype=x.dtype) for part in (mean, cov))
    return next(tensors), next(tensors), loss, need


def drawn(rng: Rng, name: str, *shape: int) -> Tensor:
    """Numbers between -2 and 2 in steps of a tenth, none of them 0."""
    flat = rng.uniform(name, torch.Size(shape).numel()).view(shape).double()
    return ((flat - 0.5) * 40).round().add(0.5).mul(0.1)


def case(rng: Rng, name: str, size: int, reach: int, outputs: int, share: float) -> Case:
    """One row with unlike chances; the number of draws is no whole number before it is rounded."""
    parts = torch.arange(1.0, 2 * reach + 2).double()
    chance = parts[rng.uniform("chance", 2 * reach + 1)[0].argsort()]
    chance = chance / chance.sum()
    x, readout = drawn(rng, "x", size), drawn(rng, "readout", outputs, size)
    return Case(name, (x, chance, readout, drawn(rng, "target", outputs), share))


def sure(rng: Rng, name: str) -> Case:
    """A row that is always shifted by one pixel: all losses are alike, and one draw is enough."""
    x, readout = drawn(rng, "x", 4), drawn(rng, "readout", 2, 4)
    chance = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
    return Case(name, (x, chance, readout, drawn(rng, "target", 2), 0.1))


def inputs(rng: Rng) -> list[Case]:
    one, two, far = rng.fold("one"), rng.fold("two"), rng.fold("far")
    return [
        case(one, "three pixels, shifts of one", 3, 1, 1, 0.1),
        case(two, "five pixels, shifts of up to two", 5, 2, 2, 0.01),
        case(far, "eight pixels, shifts of up to three", 8, 3, 3, 0.02),
        case(far.fold("close"), "six pixels, to a thousandth", 6, 1, 2, 0.001),
        sure(rng.fold("sure"), "four pixels, a shift of one that is sure"),
    ]


EXERCISE = Exercise(
    id="u02/moments",
    title="Augmentation without sampling",
    kind="implement",
    contract=CONTRACT,
    reference=moments,
    inputs=inputs,
    wrong=(*MOMENTS, *LOSSES),
    right=(Right("by matrices", by_matrices), Right("by loops", by_loops)),
    hints=(
        "There are only 2R + 1 shifted rows. Put them into one matrix (2R + 1, D), on paper for "
        "three pixels first: which row of it has a 0 at the front?",
        "With `views` that matrix, `mean = chance @ views`. The covariance is about this mean. For "
        "the loss there are two ways that must agree: the mean over the rows' losses, or "
        "|W mean − y|² + tr(W Cov Wᵀ).",
        "`off = views - mean`, `cov = off.T @ (chance[:, None] * off)`; with `losses` (2R + 1,) of "
        "the rows and `spread = chance @ (losses - loss)**2`, n draws have the standard error "
        "√(spread / n), so `draws = max(1, math.ceil(spread / (share * loss)**2))`.",
    ),
    points=4,
    tolerance=1e-6,
)
