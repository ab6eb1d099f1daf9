"""Random affine maps: rotation, scale, shear and translation, with parameters of each sample.

A map works on places relative to the image's middle, in pixels, x to the right and y down:

    p' = scale · R(angle) · Y(shear_y) · X(shear_x) · p + shift

as torchvision composes it. A pixel is a square whose centre lies half a pixel from its edges
(`align_corners=False`), where the middle of the image is the middle of its outer edges: a turn by
90 degrees is then `rot90`. To place the first and last *centres* at -1 and 1 for the grid and the
edges there for the resampling is the usual mistake, and moves the content by up to half a pixel.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.core.randomness import Rng


class Affine(NamedTuple):
    """One map a sample; angles 0, scale 1 and shift 0 are the identity."""

    angle: Tensor  # (B,) degrees, clockwise as one sees it
    scale: Tensor  # (B,) above 1 enlarges
    shear: Tensor  # (B, 2) degrees along x and along y
    shift: Tensor  # (B, 2) pixels to the right and down


def sample(
    rng: Rng,
    height: int,
    width: int,
    *,
    angle: tuple[float, float] = (0.0, 0.0),
    scale: tuple[float, float] = (1.0, 1.0),
    shear: float = 0.0,
    shift: tuple[float, float] = (0.0, 0.0),
) -> Affine:
    """Uniform draws: angle and scale between their two bounds, shear along x in ± shear degrees.

    shift: the most to the right and the most down, as shares of the width and of the height; whole
    pixels, all equally likely, so that a translation alone resamples nothing. (torchvision rounds a
    uniform number, which makes the two outermost shifts half as likely.)
    """
    draw = rng.uniform("affine", 5)  # (B, 5)
    most = [int(share * side + 1e-6) for share, side in zip(shift, (width, height), strict=True)]
    reach = torch.tensor(most, device=draw.device)
    return Affine(
        angle[0] + (angle[1] - angle[0]) * draw[:, 0],
        scale[0] + (scale[1] - scale[0]) * draw[:, 1],
        torch.stack([shear * (2 * draw[:, 2] - 1), torch.zeros_like(draw[:, 2])], 1),
        ((2 * reach + 1) * draw[:, 3:]).floor() - reach,
    )


def matrix(affine: Affine) -> Tensor:
    """(B, 2, 3): the linear part, and the shift as the last column; the docstring's equation."""
    angle, shear = affine.angle.deg2rad(), affine.shear.deg2rad().tan()
    one, zero = torch.ones_like(angle), torch.zeros_like(angle)
    turn = square(angle.cos(), -angle.sin(), angle.sin(), angle.cos())
    along_y = square(one, zero, -shear[:, 1], one)
    along_x = square(one, -shear[:, 0], zero, one)
    linear = affine.scale[:, None, None] * turn @ along_y @ along_x
    return torch.cat([linear, affine.shift[:, :, None]], 2)


def square(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
    """Four times (B,) → (B, 2, 2), row after row."""
    return torch.stack([a, b, c, d], 1).view(-1, 2, 2)


def invert(matrix: Tensor) -> Tensor:
    """(B, 2, 3) → (B, 2, 3): the map that undoes each."""
    a, b, c, d = matrix[:, :, :2].flatten(1).unbind(1)
    linear = square(d, -b, -c, a) / (a * d - b * c)[:, None, None]
    return torch.cat([linear, -linear @ matrix[:, :, 2:]], 2)


def warp(image: Tensor, matrix: Tensor, mode: str = "bilinear") -> Tensor:
    """The image with its content moved by the maps; black where nothing comes from.

    image: float (B, C, H, W); matrix: (B, 2, 3) → (B, C, H, W). Each output pixel asks the inverse
    map where it comes from, in the matrix's precision. mode: "bilinear" or "nearest".
    """
    height, width = image.shape[2:]
    back = invert(matrix)
    x, y = (torch.arange(n).to(back) + 0.5 - n / 2 for n in (width, height))
    place = torch.stack(torch.meshgrid(x, y, indexing="xy"), 2).flatten(0, 1)  # (H W, 2)
    source = place @ back[:, :, :2].mT + back[:, None, :, 2]  # (B, H W, 2) pixels from the middle
    grid = source / back.new_tensor([width / 2, height / 2])  # edges at ± 1
    grid = grid.unflatten(1, (height, width)).to(image.dtype)
    return F.grid_sample(image, grid, mode=mode, align_corners=False)


def apply(image: Tensor, affine: Affine, mode: str = "bilinear") -> Tensor:
    """float (B, C, H, W) in [0, 1] → the same shape and range."""
    return warp(image, matrix(affine), mode)
