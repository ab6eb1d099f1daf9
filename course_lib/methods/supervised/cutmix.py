"""CutMix: a box of one image pasted into another, and labels in proportion to the areas.

Yun, Han, Oh, Chun, Choe and Yoo 2019, arXiv 1905.04899. With a binary mask M, 0 inside the box,

    x = M * x_A + (1 - M) * x_B,   y = λ y_A + (1 - λ) y_B
    box: height H sqrt(1 - λ), width W sqrt(1 - λ), centre uniform in the image, λ ~ Beta(1, 1)
    then λ <- 1 - (area of the box inside the image) / (H W)

The last line matters: a box that hangs over the border is clipped, and of the half of the image
that λ means on average only 0.32 is pasted. A widely copied version of the training code lacks that
line; corrected=false is that mistake, for comparison.

Departures: one box a sample, where the released code has one a batch (shared=true); partners as
`mixing` says; the box's edges are rounded to whole pixels, where the released code makes sides even
by rounding down (0.30 is then pasted at 28 px). It mixes every batch on ImageNet and half of
them on CIFAR (probability=0.5). Shapes: images (B, C, H, W), boxes (B, 4), M (B, 1, H, W).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from course_lib.methods.supervised.mixing import Mixing, MixingRecipe


@dataclass(frozen=True)
class CutMixRecipe(MixingRecipe):
    """corrected: whether the label's weight is the area that was really kept, or λ as drawn."""

    corrected: bool = True


class CutMix(Mixing):
    recipe: CutMixRecipe

    def mix(self, x: Tensor, views: dict) -> tuple[Tensor, Tensor]:
        where = box(views["lam"], views["place"], *x.shape[2:])
        pasted = inside(where, *x.shape[2:])  # (B, 1, H, W), the 1 - M above
        mixed = torch.where(pasted, x[views["partner"]], x)
        return mixed, kept_share(pasted) if self.recipe.corrected else views["lam"]


def box(lam: Tensor, centre: Tensor, height: int, width: int) -> Tensor:
    """Boxes in an image or a feature grid, int64 (B, 4): top, bottom, left, right.

    lam: (B,), of which sqrt(1 - λ) is the side as a share of the image's. centre: (B, 2) in [0, 1],
    down and across. bottom and right are the first beyond; an empty box has top = bottom.
    """
    half = (1 - lam).sqrt()[:, None] / 2  # (B, 1)
    first, last = ((centre + side).clamp(0, 1) for side in (-half, half))  # (B, 2) each
    size = torch.tensor([height, width], device=lam.device)
    first, last = (first * size).round().long(), (last * size).round().long()
    return torch.stack([first, last], dim=2).flatten(1)


def inside(box: Tensor, height: int, width: int) -> Tensor:
    """Boxes (B, 4) → which places lie inside, bool (B, 1, H, W)."""
    top, bottom, left, right = box[:, :, None].unbind(1)  # (B, 1) each
    row, column = (torch.arange(n, device=box.device) for n in (height, width))
    rows, columns = (row >= top) & (row < bottom), (column >= left) & (column < right)
    return (rows[:, :, None] & columns[:, None])[:, None]


def kept_share(pasted: Tensor) -> Tensor:
    """The share of places that are not pasted: bool (B, 1, H, W) → float64 (B,)."""
    return 1 - pasted.double().mean(dim=(1, 2, 3))
