"""k-means, PCA whitening and even sampling, for methods that cluster a whole data set.

All run on any device, in the precision of what they get, and give the same on every process:
draws come from the caller's generator, which is on the CPU, and sums are matrix products, since
scattered additions on a GPU come in any order. Shapes: samples (N, D), centroids (K, D), labels
(N,). As DeepCluster uses them (Caron, Bojanowski, Joulin and Douze 2018, arXiv 1807.05520).
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.core.errors import CourseError
from course_lib.core.hardware import wide

CHUNK = 4096  # samples whose distances to all centres are held at once
NUDGE = 1 / 64  # how far a second centre of a cluster starts from the first, towards a sample
NOISE = 1e-10  # variance below this share of the largest mean square is rounding


class Clustering(NamedTuple):
    """labels: int64 (N,). centres: (K, D). inertia: mean squared distance to the own centre, after
    each iteration, (iterations,); it never increases."""

    labels: Tensor
    centres: Tensor
    inertia: Tensor


def whiten(x: Tensor, dims: int) -> Tensor:
    """PCA whitening: (N, D) → (N, min(dims, D)) with mean 0 and the identity as covariance.

    Keeps the directions of most variance. One that has none, because a unit is dead or because all
    samples are equal, gives zeros. Signs, and axes of equal variance, are arbitrary: what comes
    after should depend on distances alone.
    """
    x = wide(x)
    centred = x - x.mean(dim=0)
    exact = centred.cpu().double()  # else rounding would pass for the smallest variances
    variance, axes = torch.linalg.eigh(exact.T @ exact / len(x))  # smallest first
    variance, axes = variance.flip(0)[:dims], axes.flip(1)[:, :dims]
    real = variance > NOISE * x.square().mean(dim=0).max().item()
    scale = torch.where(real, variance, torch.inf).rsqrt()
    return centred @ (axes * scale).to(x)


@torch.no_grad()
def kmeans(
    x: Tensor,
    clusters: int,
    generator: torch.Generator,
    iterations: int = 20,
    reassign: bool = True,
) -> Clustering:
    """Lloyd's k-means (1982) on x (N, D), float32 or float64, from `clusters` different samples.

    reassign: an empty cluster gets a new centre beside that of a random sample's cluster, so that
    the two share its samples; otherwise it stays where it is. Raises CourseError for fewer
    samples than clusters.
    """
    if not 1 <= clusters <= len(x):
        raise CourseError(
            f"{clusters} clusters of {len(x)} samples: choose a number from 1 to {len(x)}."
        )
    first = torch.randperm(len(x), generator=generator)[:clusters]
    centres = x[first.to(x.device)]  # (K, D)
    labels, inertia = nearest(x, centres), []
    for _ in range(iterations):
        centres, empty = means(x, labels, centres)
        if reassign and empty.any():
            centres = split(x, labels, centres, empty, generator)
        labels = nearest(x, centres)
        inertia.append((x - centres[labels]).square().sum(dim=1).mean())
    return Clustering(labels, centres, torch.stack(inertia))


def nearest(x: Tensor, centres: Tensor) -> Tensor:
    """The centre next to each sample, the first of several: (N, D), (K, D) → int64 (N,)."""
    squares = centres.square().sum(dim=1)  # |x|^2 is the same for all centres
    parts = [(squares - 2 * part @ centres.T).argmin(dim=1) for part in x.split(CHUNK)]
    return torch.cat(parts)


def means(x: Tensor, labels: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
    """The mean of each cluster, (K, D), and which are empty, bool (K,); those keep their centre."""
    total = torch.zeros_like(centres)
    count = centres.new_zeros(len(centres), 1)
    for part, own in zip(x.split(CHUNK), labels.split(CHUNK), strict=True):
        member = F.one_hot(own, len(centres)).to(x)  # (n, K)
        total += member.T @ part
        count += member.sum(dim=0)[:, None]
    return torch.where(count > 0, total / count.clamp_min(1), centres), count[:, 0] == 0


def split(x: Tensor, labels: Tensor, centres: Tensor, empty: Tensor, generator) -> Tensor:
    """Centres with each empty cluster's put next to that of a random sample's, towards the sample.

    Only the empty one's moves, so that inertia cannot grow, and it moves in a direction that the
    data give, so that turning all samples turns the result. Large clusters are split more often.
    """
    drawn = torch.randperm(len(x), generator=generator)[: int(empty.sum())].to(x.device)
    centres = centres.clone()
    centres[empty] = torch.lerp(centres[labels[drawn]], x[drawn], NUDGE)
    return centres


def evenly(labels: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """labels: int64 (N,) → rows, int64 (count,), each cluster that has any equally often (one more
    for some, where it does not come out even) and its samples in turns, in random order."""
    mixed = torch.randperm(len(labels), generator=generator)
    grouped = mixed[labels[mixed].argsort(stable=True)]  # cluster after cluster
    size = labels.bincount()
    first, size = (size.cumsum(0) - size)[size > 0], size[size > 0]  # (F,), where each begins
    turn = torch.arange(-(-count // len(size)))[:, None]  # (turns, 1)
    return grouped[first + turn % size].flatten()[:count]  # in every turn one of each
