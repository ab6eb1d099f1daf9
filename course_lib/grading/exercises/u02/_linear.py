"""Moments of a shifted row of pixels, for `moments`, right and with mistakes in mean and cov."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from course_lib.grading.named import named

Four = tuple[Tensor, Tensor, float, int]
Views = Callable[[Tensor, int], Tensor]  # x (D,), reach → all shifts (2R + 1, D)


def shifted(x: Tensor, reach: int) -> Tensor:
    """Row s is x moved to the right by s − reach; 0 comes in."""
    padded = torch.nn.functional.pad(x, (2 * reach, 2 * reach))
    size = len(x)
    return torch.stack([padded[2 * reach - s : 2 * reach - s + size]
                        for s in range(-reach, reach + 1)])  # fmt: skip


def covariance(views: Tensor, chance: Tensor) -> Tensor:
    """About the mean of the views."""
    off = views - chance @ views
    return off.T @ (chance[:, None] * off)


def expected(readout: Tensor, mean: Tensor, cov: Tensor, target: Tensor) -> float:
    """|W mean − y|² + tr(W cov Wᵀ)."""
    off = readout @ mean - target
    return (off @ off + (readout @ cov @ readout.T).trace()).item()


def draws(losses: Tensor, chance: Tensor, share: float) -> int:
    """How many make the standard error at most a share of the mean."""
    mean = chance @ losses
    spread = chance @ (losses - mean).square()
    return max(1, math.ceil((spread / (share * mean).square()).item()))


def answer(x, chance, readout, target, share, views: Views = shifted,
           cov: Callable[[Tensor, Tensor], Tensor] = covariance) -> Four:  # fmt: skip
    """What is asked, by rules that may be wrong."""
    made = views(x, len(chance) // 2)
    mean, spread = chance @ made, cov(made, chance)
    losses = (made @ readout.T - target).square().sum(dim=1)
    return mean, spread, expected(readout, mean, spread, target), draws(losses, chance, share)


def moments(x, chance, readout, target, share):
    return answer(x, chance, readout, target, share)


def circular(x, chance, readout, target, share):
    """You shift in a circle: what leaves on the right comes in on the left. Here 0 comes in, so the
    mean fades towards both ends."""
    turn: Views = lambda x, reach: torch.stack(  # noqa: E731
        [x.roll(s) for s in range(-reach, reach + 1)]
    )
    return answer(x, chance, readout, target, share, turn)


def edge_repeated(x, chance, readout, target, share):
    """You let the border's pixel come in again and again. Here 0 comes in."""

    def views(x: Tensor, reach: int) -> Tensor:
        place = torch.arange(len(x))
        steps = range(-reach, reach + 1)
        return torch.stack([x[(place - s).clamp(0, len(x) - 1)] for s in steps])

    return answer(x, chance, readout, target, share, views)


def turned_round(x, chance, readout, target, share):
    """You shift to the left where it should be to the right: at place d belongs x at d − s.
    Torch's conv1d shifts to the left too, since it does not flip its kernel."""
    return answer(x, chance, readout, target, share, lambda x, r: shifted(x, r).flip(0))


def mean_by_conv1d(x, chance, readout, target, share):
    """Your mean alone is shifted to the left, as conv1d makes it: torch does not flip the kernel,
    so at place d comes x at d + s. Your covariance and loss are about another mean."""
    _, cov, loss, need = moments(x, chance, readout, target, share)
    return chance @ shifted(x, len(chance) // 2).flip(0), cov, loss, need


def loss_of_that_mean(x, chance, readout, target, share):
    """The mean that you have, and with it |W mean − y|², is shifted to the left, as torch's conv1d
    does; the covariance is shifted to the right. Both must be of the same shift."""
    mean, cov, _, need = mean_by_conv1d(x, chance, readout, target, share)
    return mean, cov, expected(readout, mean, cov, target), need


def all_alike(x, chance, readout, target, share):
    """You take all shifts as equally likely and leave `chance` unused."""
    return moments(x, torch.full_like(chance, 1 / len(chance)), readout, target, share)


def not_centred(x, chance, readout, target, share):
    """Your covariance is E t tᵀ, about 0. Take the mean's own square off it, or the loss counts the
    mean image twice."""
    return answer(x, chance, readout, target, share, cov=lambda v, p: v.T @ (p[:, None] * v))


def about_the_image(x, chance, readout, target, share):
    """Your covariance is about x. The augmented image has a mean of its own, which is not x, and
    its spread is around that."""
    about: Callable = lambda v, p: (v - x).T @ (p[:, None] * (v - x))  # noqa: E731
    return answer(x, chance, readout, target, share, cov=about)


def sample_correction(x, chance, readout, target, share):
    """You correct the covariance as one does for a sample, by n / (n − 1). Nothing is sampled here:
    the chances are known."""
    mean, cov, loss, need = moments(x, chance, readout, target, share)
    return mean, cov / (1 - 1 / len(chance)), loss, need


def weighted_correction(x, chance, readout, target, share):
    """You divide the covariance by 1 − Σ p², which makes up for a mean that is estimated from
    weighted samples, as torch.cov does. Nothing is estimated here."""
    mean, cov, loss, need = moments(x, chance, readout, target, share)
    return mean, cov / (1 - chance.square().sum()), loss, need


def variances_only(x, chance, readout, target, share):
    """Your covariance has its diagonal only. Pixels that are shifted together vary together."""
    return answer(
        x, chance, readout, target, share, cov=lambda v, p: covariance(v, p).diag().diag()
    )


MOMENTS = named(
    circular, edge_repeated, turned_round, mean_by_conv1d, loss_of_that_mean, all_alike,
    not_centred, about_the_image, sample_correction, weighted_correction, variances_only,
)  # fmt: skip
