"""Linear augmentations of small images: finitely many linear maps, each with its chance.

t(x) = T_k x with chance p_k. Then every mean over t is a finite sum, exact to rounding, which is
what `course_lib.views.moments` computes. Linear in x are shifts, blurs, erasing in black, flips,
rotations with bilinear interpolation, gray and gain, as long as nothing is clamped; a jitter that
clamps is not. What leaves the image at one side is lost (padding "zero") or comes back at the other
("circular"), and every result depends on which.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.core.errors import CourseError, nearest
from course_lib.views import blur as soft
from course_lib.views.color import LUMA

PADDINGS = ("zero", "circular")


@dataclass(frozen=True)
class Family:
    """chances: (K,) of sum 1, kept in float64. at: number k, images (B, C, H, W) → T_k of each."""

    name: str
    chances: Tensor
    at: Callable[[int, Tensor], Tensor]

    def __post_init__(self):
        object.__setattr__(self, "chances", shares(self.chances))

    def __len__(self) -> int:
        return len(self.chances)

    def every(self, images: Tensor) -> Tensor:
        """(B, C, H, W) → (K, B, C, H, W)."""
        return torch.stack([self.at(k, images) for k in range(len(self))])

    def matrices(self, shape: Sequence[int]) -> Tensor:
        """The maps as matrices for images of `shape` (C, H, W): (K, P, P), float64.

        Not those of `mixing`, which adds a part of another image and so is no matrix.
        """
        size = math.prod(shape)
        basis = torch.eye(size, dtype=torch.float64).view(size, *shape)
        return self.every(basis).flatten(2).mT  # column j is what becomes of pixel j

    def pick(self, draws: Tensor) -> Tensor:
        """Draws uniform in [0, 1), (N,) → numbers of maps, int64 (N,)."""
        edges = self.chances.cumsum(0)[:-1].contiguous()
        return torch.searchsorted(edges, draws.double(), right=True)

    def sampled(self, images: Tensor, draws: Tensor) -> Tensor:
        """One map an image: (B, C, H, W) and draws (B,) → (B, C, H, W)."""
        which, out = self.pick(draws), torch.empty_like(images)
        for k in which.unique().tolist():
            out[which == k] = self.at(k, images[which == k])
        return out


def shares(chances: Tensor) -> Tensor:
    """Chances in float64, their rounding to a sum of 1 undone; CourseError for what are none."""
    total = chances.double().sum()
    if chances.min() < 0 or abs(total.item() - 1) > 1e-6:
        raise CourseError(
            f"Chances must not be negative and must sum to 1; these sum to {total.item():.6g}."
        )
    return chances.double() / total


def even(count: int) -> Tensor:
    return torch.full((count,), 1 / count, dtype=torch.float64)


def moved(images: Tensor, down: int, right: int, padding: str = "zero") -> Tensor:
    """Images (B, C, H, W) shifted by whole pixels."""
    if padding not in PADDINGS:
        raise CourseError(f"There is no padding {padding!r}: {nearest(padding, PADDINGS)}")
    if padding == "circular":
        return images.roll((down, right), dims=(-2, -1))
    return F.pad(images, (right, -right, down, -down))


def identity() -> Family:
    """Nothing happens."""
    return Family("identity", even(1), lambda k, images: images)


def shift(down: int, right: int, padding: str = "zero", density: Tensor | None = None) -> Family:
    """Shifts by -down … down and -right … right pixels.

    density: their chances, (2 down + 1, 2 right + 1); all alike without it.
    """
    rows, columns = 2 * down + 1, 2 * right + 1
    chances = even(rows * columns) if density is None else density.flatten()
    if len(chances) != rows * columns:
        raise CourseError(f"The density of these shifts is ({rows}, {columns}) numbers.")

    def at(k: int, images: Tensor) -> Tensor:
        return moved(images, k // columns - down, k % columns - right, padding)

    return Family("shift", chances, at)


def blur(sigmas: Sequence[float], chances: Tensor | None = None) -> Family:
    """Gaussian blur as `views.blur` does it, one sigma in pixels a map; 0 is no blur."""

    def at(k: int, images: Tensor) -> Tensor:
        if not sigmas[k]:
            return images
        sigma, radius = torch.tensor([sigmas[k]]), max(1, math.ceil(3 * sigmas[k]))
        lines = [
            soft.weights(sigma, min(radius, n - 1), n)[0].to(images) for n in images.shape[-2:]
        ]
        return lines[0] @ images @ lines[1].mT

    return Family("blur", even(len(sigmas)) if chances is None else chances, at)


def erase(side: int, height: int, width: int) -> Family:
    """Cutout: a black square whose middle lies at any pixel of height × width, cut at the border.

    DeVries and Taylor 2017 (arXiv 1708.04552); the square is that of `views.erase.cutout`.
    """

    def at(k: int, images: Tensor) -> Tensor:
        top, left = k // width - side // 2, k % width - side // 2
        mask = torch.ones_like(images[0, 0])
        mask[max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)] = 0
        return images * mask

    return Family("erase", even(height * width), at)


def flip(chance: float = 0.5) -> Family:
    """Left and right exchanged with that chance."""
    chances = torch.tensor([1 - chance, chance], dtype=torch.float64)
    return Family("flip", chances, lambda k, images: images.flip(-1) if k else images)


def rotate(degrees: Sequence[float], chances: Tensor | None = None) -> Family:
    """Rotation about the middle, counter-clockwise, bilinear, black outside; an angle a map."""

    def at(k: int, images: Tensor) -> Tensor:
        angle = math.radians(degrees[k])
        if not angle:
            return images
        height, width = images.shape[-2:]
        turn = [
            [math.cos(angle), -math.sin(angle) * height / width, 0],
            [math.sin(angle) * width / height, math.cos(angle), 0],
        ]
        matrix = images.new_tensor(turn).expand(len(images), 2, 3)
        grid = F.affine_grid(matrix, list(images.shape), align_corners=False)
        return F.grid_sample(images, grid, align_corners=False)

    return Family("rotate", even(len(degrees)) if chances is None else chances, at)


def gray(chance: float = 0.2) -> Family:
    """Gray with that chance: all three channels are 0.2989 R + 0.587 G + 0.114 B."""

    def at(k: int, images: Tensor) -> Tensor:
        luma = images.new_tensor(LUMA[images.shape[1]]).view(1, -1, 1, 1)
        return (images * luma).sum(1, keepdim=True).expand_as(images) if k else images

    return Family("gray", torch.tensor([1 - chance, chance], dtype=torch.float64), at)


def gain(factors: Sequence[float], chances: Tensor | None = None) -> Family:
    """Brightness without a clamp: the image times one of `factors`."""
    chances = even(len(factors)) if chances is None else chances
    return Family("gain", chances, lambda k, images: images * factors[k])


def mixing(partners: Tensor, shares: Sequence[float], chances: Tensor | None = None) -> Family:
    """share · x + (1 - share) · partner, with partners (M, C, H, W) all alike: affine in x.

    shares: of x, as Mixup draws them, here finitely many.
    """
    each = even(len(shares)) if chances is None else chances
    both = (each[:, None] / len(partners)).expand(-1, len(partners)).flatten()

    def at(k: int, images: Tensor) -> Tensor:
        share, partner = shares[k // len(partners)], partners[k % len(partners)].to(images)
        return share * images + (1 - share) * partner

    return Family("mixing", both, at)


def compose(first: Family, then: Family) -> Family:
    """One after the other, drawn independently: the chances multiply."""

    def at(k: int, images: Tensor) -> Tensor:
        return then.at(k % len(then), first.at(k // len(then), images))

    chances = (first.chances[:, None] * then.chances).flatten()
    return Family(f"{first.name}, then {then.name}", chances, at)


def choose(parts: Sequence[tuple[float, Family]]) -> Family:
    """One of several families, each with its weight; what is left of 1 leaves the image alone."""
    rest = 1 - sum(weight for weight, _ in parts)
    if rest < -1e-9 or any(weight < 0 for weight, _ in parts):
        raise CourseError("The weights of a choice must not be negative and sum to at most 1.")
    every = [*parts, (max(rest, 0.0), identity())]
    owner = [(family, k) for _, family in every for k in range(len(family))]

    def at(k: int, images: Tensor) -> Tensor:
        family, own = owner[k]
        return family.at(own, images)

    chances = torch.cat([weight * family.chances for weight, family in every])
    return Family(" or ".join(family.name for _, family in every), chances, at)
