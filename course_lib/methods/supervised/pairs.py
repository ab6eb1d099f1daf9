"""Pairs of samples that are mixed: who meets whom, with which weight, and the label of the two.

Partners come from groups of 8 neighbours of the batch, in which each sample has one partner and is
one. So no image crosses from one process to another, and none meets itself, which in a permutation
of the whole batch, as the released code of Mixup takes it (Zhang et al. 2017, arXiv 1710.09412), is
rare anyway. For B samples partners and weights are (B,), labels (B, K).
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng

GROUP = 8


def draw(rng: Rng, name: str, n: int, shared: bool) -> Tensor:
    """(B, n) uniform numbers, each row its sample's own or all rows the same."""
    return rng.shared(name, n).expand(len(rng.index), n) if shared else rng.uniform(name, n)


def partners(rng: Rng) -> Tensor:
    """Rows of the partners, int64 (B,): in each group of 8 neighbours a ring in random order."""
    rows = len(rng.index)
    if rows % GROUP:
        raise CourseError(
            f"Mixing pairs samples in groups of {GROUP}, and {rows} of them do not divide: choose "
            f"a batch of {GROUP}, times the processes, times the parts (accumulate), times any."
        )
    ring = rng.uniform("partner", 1).view(-1, GROUP).argsort(dim=1, stable=True)  # (B/8, 8)
    partner = torch.empty_like(ring).scatter_(1, ring, ring.roll(-1, 1))
    return (partner + torch.arange(0, rows, GROUP, device=ring.device)[:, None]).flatten()


def symmetric_beta(uniform: Tensor, alpha: float) -> Tensor:
    """Two uniform numbers in [0, 1) → one of Beta(α, α), for any α > 0: (..., 2) → (...).

    Exact: Student's t by polar coordinates (Bailey 1994), and Beta(α, α) is a function of that
    (Devroye 1996).
    """
    radius = (1 - uniform[..., 0]) ** (1 / alpha)
    side = torch.cos(2 * math.pi * uniform[..., 1])
    away = (radius + (1 - radius) * side**2).clamp_min(1e-30).sqrt()
    return ((1 + side * (1 - radius).sqrt() / away) / 2).clamp(0, 1)


def mixed_label(label: Tensor, partner: Tensor, kept: Tensor, classes: int) -> Tensor:
    """label, partner int64 (B,), kept (B,), the weight of a sample's own label → (B, K), sums 1."""
    one = F.one_hot(label, classes).to(kept)
    return kept[:, None] * one + (1 - kept[:, None]) * one[partner]
