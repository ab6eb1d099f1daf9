"""The boxes and labels of `cutmix`: its right answer, by rules that can be replaced."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Pair = tuple[Tensor, Tensor]
Box = tuple[int, int, int, int]  # top, bottom, left, right; the end is not in it
Size = tuple[int, int]  # rows, columns
Rule = Callable[[Size, float, list[int]], Box]
Weight = Callable[[Size, float, Box], float]  # of the image's own label


def sides(size: Size, lam: float) -> Size:
    """Rows and columns of a box before it is clipped."""
    return int(size[0] * math.sqrt(1 - lam)), int(size[1] * math.sqrt(1 - lam))


def around(size: Size, centre: list[int], high: int, wide: int) -> Box:
    """The clipped box of these sides."""
    top, left = centre[0] - high // 2, centre[1] - wide // 2
    return max(top, 0), min(top + high, size[0]), max(left, 0), min(left + wide, size[1])


def box(size: Size, lam: float, centre: list[int]) -> Box:
    """The right box."""
    return around(size, centre, *sides(size, lam))


def kept(size: Size, lam: float, found: Box) -> float:
    """The share of the pixels outside a box."""
    top, bottom, left, right = found
    return 1 - max(bottom - top, 0) * max(right - left, 0) / (size[0] * size[1])


def soft(labels: Tensor, partner: Tensor, weight: Tensor, classes: int) -> Tensor:
    """Labels (B, K) with `weight` (B,) for the own one, the rest for the partner's."""
    own, other = F.one_hot(labels, classes), F.one_hot(labels[partner], classes)
    return (weight[:, None] * own + (1 - weight[:, None]) * other).float()


def mixed(
    images: Tensor,
    labels: Tensor,
    partner: Tensor,
    lam: Tensor,
    centre: Tensor,
    classes: int,
    rule: Rule = box,
    weigh: Weight = kept,
) -> Pair:
    """What is asked, by rules that may be wrong."""
    size = (images.shape[1], images.shape[2])
    out, weights = images.clone(), []
    for n, (share, place) in enumerate(zip(lam.tolist(), centre.tolist(), strict=True)):
        found = rule(size, share, place)
        rows, columns = slice(*found[:2]), slice(*found[2:])
        out[n, rows, columns] = images[partner[n], rows, columns]
        weights.append(weigh(size, share, found))
    return out, soft(labels, partner, torch.tensor(weights, dtype=torch.float64), classes)


def cutmix(images, labels, partner, lam, centre, classes):
    return mixed(images, labels, partner, lam, centre, classes)
