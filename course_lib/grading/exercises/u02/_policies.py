"""Linear augmentations of small pictures, their exact moments, and what a ridge learns from them.

A policy is a dict from operation to probability; with the rest a picture stays as it is. All of it
is linear, so mean and covariance are sums over operations, and no number here is a guess.
"""

from functools import lru_cache

import torch
from torch import Tensor

from course_lib.core.randomness import Rng

SIDE, CLASSES, TRAIN, FRESH = 8, 4, 48, 200
RIDGE, NOISE = 0.02, 0.15
Policy = dict[str, float]
BRIEFS = {
    "the camera shakes sideways": ("left 1", "left 2", "right 1", "right 2"),
    "the camera nods": ("up 1", "up 2", "down 1", "down 2"),
    "the belt runs late": ("left 1", "left 2"),
    "some films are turned over": ("mirrored",),
    "a hand covers one half": ("left covered", "right covered", "top covered", "bottom covered"),
}


def shift(rows: int, columns: int) -> Tensor:
    """Moves a picture down and to the right; what comes in is 0."""
    matrix = torch.zeros(SIDE, SIDE, SIDE, SIDE)
    for i in range(max(rows, 0), SIDE + min(rows, 0)):
        for j in range(max(columns, 0), SIDE + min(columns, 0)):
            matrix[i, j, i - rows, j - columns] = 1
    return matrix.view(SIDE**2, SIDE**2)


def cover(rows: slice, columns: slice) -> Tensor:
    """Sets a part of the picture to 0."""
    kept = torch.ones(SIDE, SIDE)
    kept[rows, columns] = 0
    return torch.diag(kept.flatten())


@lru_cache(maxsize=1)
def made() -> dict[str, Tensor]:
    """Every operation as a matrix (D, D), D = SIDE²; do not change them."""
    one, half = torch.eye(SIDE**2), SIDE // 2
    first, last, every = slice(0, half), slice(half, SIDE), slice(0, SIDE)
    mirror = one.view(SIDE, SIDE, SIDE, SIDE).flip(1).reshape(SIDE**2, SIDE**2)
    return {
        **{f"left {n}": shift(0, -n) for n in (1, 2)},
        **{f"right {n}": shift(0, n) for n in (1, 2)},
        **{f"up {n}": shift(-n, 0) for n in (1, 2)},
        **{f"down {n}": shift(n, 0) for n in (1, 2)},
        "darker": 0.5 * one,
        "brighter": 1.5 * one,
        "mirrored": mirror,
        "left covered": cover(every, first),
        "right covered": cover(every, last),
        "top covered": cover(first, every),
        "bottom covered": cover(last, every),
    }


def operations() -> dict[str, Tensor]:
    """Copies of all."""
    return {name: matrix.clone() for name, matrix in made().items()}


def outside(brief: str) -> Policy:
    """What happens to fresh pictures: each operation of the brief, and none, equally often."""
    names = BRIEFS[brief]
    return dict.fromkeys(names, 1 / (len(names) + 1))


def drawn(seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """(images, labels) to learn from and fresh ones: CLASSES figures, brighter or darker, noisy."""
    rng = Rng(seed, 0, torch.zeros(1, dtype=torch.int64))
    inner, count = SIDE // 2, TRAIN + FRESH
    order = rng.uniform("figures", CLASSES * inner**2).view(CLASSES, -1).argsort(dim=1)
    figures = torch.zeros(CLASSES, SIDE, SIDE)
    place = slice(inner // 2, inner // 2 + inner)
    figures[:, place, place] = (order < inner**2 // 2).float().view(CLASSES, inner, inner)
    labels = (CLASSES * rng.uniform("labels", count)[0]).long()
    light = 0.8 + 0.4 * rng.uniform("light", count)[0]
    noise = NOISE * rng.normal("noise", count * SIDE**2).view(count, -1)
    images = light[:, None] * figures.flatten(1)[labels] + noise
    return images[:TRAIN], labels[:TRAIN], images[TRAIN:], labels[TRAIN:]


def moments(images: Tensor, policy: Policy) -> tuple[Tensor, Tensor]:
    """The mean of each image (N, D), and the sum over images of E t(x) t(x)ᵀ (D, D)."""
    x = images.double()
    rest = 1 - sum(policy.values())
    mean, second = rest * x, rest * (x.T @ x)
    for name, weight in policy.items():
        if weight:
            moved = x @ made()[name].double().T
            mean, second = mean + weight * moved, second + weight * (moved.T @ moved)
    return mean, second


def relative_trace(images: Tensor, policy: Policy) -> float:
    """Σ tr Cov t(x) / Σ |x|² over the images."""
    mean, second = moments(images, policy)
    return ((second.trace() - mean.square().sum()) / images.double().square().sum()).item()


def targets(labels: Tensor) -> Tensor:
    """One-hot, less their mean."""
    return torch.nn.functional.one_hot(labels, CLASSES).double() - 1 / CLASSES


def ridge(images: Tensor, labels: Tensor, policy: Policy) -> Tensor:
    """The linear readout (D, K) of least expected squared error under a policy, in closed form."""
    mean, second = moments(images, policy)
    weight = RIDGE * len(images) * torch.eye(len(second), dtype=torch.float64)
    return torch.linalg.solve(second + weight, mean.T @ targets(labels))


def fresh_error(readout: Tensor, images: Tensor, labels: Tensor, policy: Policy) -> float:
    """Expected squared error on images that a policy meets: exact, over its operations."""
    x, wanted = images.double(), targets(labels)
    rest = 1 - sum(policy.values())
    total = rest * (x @ readout - wanted).square().sum(dim=1).mean()
    for name, weight in policy.items():
        moved = x @ made()[name].double().T @ readout
        total = total + weight * (moved - wanted).square().sum(dim=1).mean()
    return total.item()


@lru_cache(maxsize=64)
def without(seed: int, brief: str) -> float:
    """The error outside of a ridge that learns without augmentation."""
    return learnt(seed, brief, {})


def learnt(seed: int, brief: str, policy: Policy) -> float:
    """The error outside of a ridge that learns with a policy."""
    images, labels, fresh, wanted = drawn(seed)
    return fresh_error(ridge(images, labels, policy), fresh, wanted, outside(brief))
