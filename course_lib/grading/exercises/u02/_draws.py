"""Mistakes of `moments` in the loss and in the number of draws, each said in its docstring."""

import math

import torch

from course_lib.grading.exercises.u02._linear import covariance, draws, moments, shifted
from course_lib.grading.named import named


def loss_of_the_mean(x, chance, readout, target, share):
    """Your loss is that of the mean image. The mean of the loss is larger, by what the readout
    makes of the spread: that is the regulariser hidden in the augmentation."""
    mean, cov, _, need = moments(x, chance, readout, target, share)
    return mean, cov, (readout @ mean - target).square().sum().item(), need


def trace_of_the_image(x, chance, readout, target, share):
    """You add the trace of the image's covariance. Only what the readout sees of the spread costs:
    tr(W Cov Wᵀ)."""
    mean, cov, _, need = moments(x, chance, readout, target, share)
    return mean, cov, ((readout @ mean - target).square().sum() + cov.trace()).item(), need


def loss_of_the_image(x, chance, readout, target, share):
    """Your loss is that of x, as if nothing had been shifted."""
    mean, cov, _, need = moments(x, chance, readout, target, share)
    return mean, cov, (readout @ x - target).square().sum().item(), need


def mean_over_the_outputs(x, chance, readout, target, share):
    """Your loss is the mean over the K outputs, as F.mse_loss gives it. |·|² is the sum of their
    squares, so with two outputs yours is half of it."""
    mean, cov, loss, need = moments(x, chance, readout, target, share)
    return mean, cov, loss / len(target), need


def root_missing(x, chance, readout, target, share):
    """You divide the standard deviation by share · mean and do not square. A mean's error falls
    with the root of the draws, so a tenth of the error takes a hundred times as many."""
    mean, cov, loss, need = moments(x, chance, readout, target, share)
    losses = (shifted(x, len(chance) // 2) @ readout.T - target).square().sum(dim=1)
    spread = (chance @ (losses - chance @ losses).square()).sqrt()
    return mean, cov, loss, max(1, math.ceil((spread / (share * (chance @ losses))).item()))


def absolute_error(x, chance, readout, target, share):
    """You ask for a standard error of `share` itself. It is meant relative to the expected loss."""
    mean, cov, loss, _ = moments(x, chance, readout, target, share)
    losses = (shifted(x, len(chance) // 2) @ readout.T - target).square().sum(dim=1)
    spread = chance @ (losses - chance @ losses).square()
    return mean, cov, loss, max(1, math.ceil((spread / share**2).item()))


def rounded_down(x, chance, readout, target, share):
    """You round the number of draws down: then the error is still a little too large."""
    mean, cov, loss, need = moments(x, chance, readout, target, share)
    return mean, cov, loss, need - 1


def least_forgotten(x, chance, readout, target, share):
    """You say that it takes 0 draws where one shift is sure. All losses are alike then, and still
    nobody knows them without a draw: at least 1."""
    mean, cov, loss, need = moments(x, chance, readout, target, share)
    return mean, cov, loss, 0 if (chance == 1).any() else need


def from_draws(x, chance, readout, target, share):
    """You draw shifts and take means. That comes near and never arrives; with as few shifts as here
    the sums can be written down exactly."""
    made = shifted(x, len(chance) // 2)
    own = torch.Generator().manual_seed(0)
    picked = made[torch.multinomial(chance, 10_000, True, generator=own)]
    even = torch.full((len(picked),), 1 / len(picked), dtype=x.dtype)
    losses = (picked @ readout.T - target).square().sum(dim=1)
    mean, cov = even @ picked, covariance(picked, even)
    return mean, cov, losses.mean().item(), draws(losses, even, share)


LOSSES = named(
    loss_of_the_mean, trace_of_the_image, loss_of_the_image, mean_over_the_outputs, root_missing,
    absolute_error, rounded_down, least_forgotten, from_draws,
)  # fmt: skip
