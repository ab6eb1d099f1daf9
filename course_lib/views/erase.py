"""Cutout and Random Erasing: one box a sample is hidden, and the label stays.

Cutout: a square of fixed side (DeVries and Taylor 2017, arXiv 1708.04552). Random Erasing: a
rectangle of random area and aspect, with a chance (Zhong et al. 2017, arXiv 1708.04896). Views are
not normalised yet, so "zero" is black; the released Cutout comes after normalisation, where zero
is the data set's mean. "mean" comes nearest to that, with the mean colour of the image itself.
"""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from course_lib.core.errors import CourseError, nearest
from course_lib.core.randomness import Rng
from course_lib.views import crop

FILLS = ("zero", "mean", "noise")
DEFAULTS: Mapping[str, dict] = {  # of Random Erasing: torchvision erases less, and in black
    "paper": {"chance": 0.5, "area": (0.02, 0.4), "aspect": 1 / 0.3, "fill": "noise"},
    "torchvision": {"chance": 0.5, "area": (0.02, 0.33), "aspect": 3.3, "fill": "zero"},
}


class Box(NamedTuple):
    """What is hidden of each sample, in whole pixels, float32 (B,); height 0 hides nothing."""

    top: Tensor
    left: Tensor
    height: Tensor
    width: Tensor
    noise: Tensor  # (B, C H W), what stands there if the fill is noise; else (B, 0)

    def noisy(self, rng: Rng, values: int) -> "Box":
        """The same box with so many values of noise, uniform in [0, 1)."""
        return self._replace(noise=rng.uniform("noise", values))


def cutout(rng: Rng, height: int, width: int, side: int, clip: bool = True) -> Box:
    """Squares of `side` pixels for images of height x width.

    clip: as in the paper the middle may lie at any pixel, so that the border cuts some squares, and
    less is hidden on average; without it they lie within. The released code makes an odd side one
    pixel shorter; this one does not. Raises CourseError for a side beyond the image.
    """
    if not 0 <= side <= min(height, width):
        raise CourseError(
            f"cutout={side} does not fit into views of {height}x{width} pixels: set it to at most "
            f"{min(height, width)}."
        )
    draw = rng.uniform("cutout", 2)  # (B, 2)
    ends = []
    for which, length in enumerate((height, width)):
        places = length if clip else length - side + 1
        start = (draw[:, which] * places).floor() - (side // 2 if clip else 0)
        ends.append((start.clamp_min(0), (start + side).clamp_max(length)))
    (top, bottom), (left, right) = ends
    return Box(top, left, bottom - top, right - left, draw[:, :0])


def erasing(
    rng: Rng, height: int, width: int, chance: float, area: tuple[float, float], aspect: float
) -> Box:
    """Rectangles as `crop.sample` draws them, each with that chance; sides rounded to whole pixels.

    area: smallest and largest share of the image, uniform between them. aspect: width over height
    is log-uniform in [1/aspect, aspect], or in the part of it that fits. (The released code draws
    until a box fits, and the aspect, there height over width, uniformly, which makes tall boxes
    likelier than wide ones.)
    """
    box = crop.sample(rng.fold("erase"), height, width, area, aspect, 0.0)
    draw = rng.uniform("erase", 1)
    tall = torch.where(draw[:, 0] < chance, box.height, 0.0)
    return Box(box.top, box.left, tall, box.width, draw[:, :0])


def inside(box: Box, height: int, width: int) -> Tensor:
    """Which pixels the boxes hold: bool (B, H, W)."""
    row, column = (torch.arange(n, device=box.top.device) for n in (height, width))
    top, left, tall, wide = (field[:, None] for field in box[:4])
    rows = (row >= top) & (row < top + tall)  # (B, H)
    columns = (column >= left) & (column < left + wide)  # (B, W)
    return rows[:, :, None] & columns[:, None]


def check_fill(kind: str) -> None:
    """One sentence for a filling that there is not."""
    if kind not in FILLS:
        raise CourseError(f"There is no fill {kind!r}: {nearest(str(kind), FILLS)}")


def apply(image: Tensor, box: Box, fill: str = "zero") -> Tensor:
    """float (B, C, H, W) → the same with something else in the boxes, every other pixel untouched.

    fill: "zero" is black, "mean" the image's own mean colour, "noise" what the box brings.
    """
    check_fill(fill)
    value = image.new_zeros(())
    if fill == "mean":
        value = image.mean((2, 3), keepdim=True)
    elif fill == "noise":
        value = box.noise.view_as(image).to(image.dtype)
    return torch.where(inside(box, *image.shape[2:])[:, None], value, image)
