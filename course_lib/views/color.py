"""Colour jitter and grayscale: brightness, contrast, saturation, hue, each with a factor a sample.

Grey images (C = 1) have no saturation and no hue: those two, and grayscale, leave them as they are.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from course_lib.core.randomness import Rng

LUMA = {3: (0.2989, 0.587, 0.114), 1: (1.0,)}  # torchvision's weights, by number of channels


class Color(NamedTuple):
    """What happens to each sample; factors of 1, hue 0 and gray False change nothing."""

    factors: Tensor  # (B, 3) brightness, contrast, saturation
    order: Tensor  # (B, 3) in which of them come: a permutation of 0, 1, 2
    hue: Tensor  # (B,) turns of the colour circle, -0.5 to 0.5
    gray: Tensor  # (B,) bool


def sample(rng: Rng, jitter: float, strength: float, gray: float) -> Color:
    """SimCLR's jitter (Chen et al. 2020, arXiv 2002.05709, appendix A) with chance `jitter`.

    Factors are uniform in 1 ± 0.8 strength (not below 0), hue in ± 0.2 strength. gray: chance of
    losing all colour. Each sample has its own order of the three factors; hue comes fourth, where
    torchvision and SimCLR shuffle all four.
    """
    draw = rng.uniform("color", 9)  # (B, 9)
    on = draw[:, :1] < jitter
    low, high = max(0.0, 1 - 0.8 * strength), 1 + 0.8 * strength
    factors = torch.where(on, low + (high - low) * draw[:, 1:4], 1.0)  # (B, 3)
    hue = torch.where(on[:, 0], 0.2 * strength * (2 * draw[:, 4] - 1), 0.0)
    return Color(factors, draw[:, 5:8].argsort(1), hue, draw[:, 8] < gray)


def apply(image: Tensor, color: Color) -> Tensor:
    """(B, C, H, W) in [0, 1], C = 1 or 3 → the same shape and range."""
    operation = torch.cat([color.order, torch.full_like(color.order[:, :1], 2)], 1)  # (B, 4)
    factor = torch.cat([color.factors.gather(1, color.order), 1 - color.gray[:, None].float()], 1)
    matrix, share = blending(factor, operation, image.shape[1])
    for turn in range(3):  # what each sample does first, second and third
        image = mixed(image, matrix[:, turn], share[:, turn])
    if image.shape[1] == 3:
        image = shift_hue(image, color.hue)
    return mixed(image, matrix[:, 3])


def blend(image: Tensor, factor: Tensor, operation: Tensor) -> Tensor:
    """factor · image + (1 - factor) · other, cut to [0, 1]; factor and operation are (B,).

    `other` is black (0, brightness), the gray image's mean (1, contrast) or itself (2, saturation).
    """
    return mixed(image, *blending(factor, operation, image.shape[1]))


def blending(factor: Tensor, operation: Tensor, channels: int) -> tuple[Tensor, Tensor]:
    """All three as a colour matrix (..., C, C) and a share of the gray image's mean (...)."""
    luma, rest = torch.tensor(LUMA[channels], device=factor.device), 1 - factor
    to_gray = (rest * (operation == 2))[..., None, None] * luma.expand(channels, -1)
    eye = torch.eye(channels, device=factor.device)
    return factor[..., None, None] * eye + to_gray, rest * (operation == 1)


def mixed(image: Tensor, matrix: Tensor, share: Tensor | None = None) -> Tensor:
    """The image (B, C, H, W) by `blending`'s matrix and share, None for no share, in [0, 1]."""
    pixels = image.flatten(2)  # (B, C, H W)
    if share is None:
        colours = torch.bmm(matrix, pixels)
    else:
        gray = (image.mean((2, 3)) * image.new_tensor(LUMA[image.shape[1]])).sum(1)  # (B,)
        colours = torch.baddbmm((share * gray)[:, None, None], matrix, pixels)
    return colours.clamp_(0, 1).view(image.shape)


def shift_hue(image: Tensor, turn: Tensor) -> Tensor:
    """Turns the hue of HSV, keeping value and saturation: (B, 3, H, W), (B,) → (B, 3, H, W).

    image: float32 in [0, 1]. turn: of the circle, from -0.5 up; 1 is a full turn.

    Every channel is value - chroma · ramp, where the ramp climbs from 0 to 1 between one and two
    sixths of the circle from the channel's own hue. `lerp`, exact at 0 and 1, is a quick `where`.
    """
    red, green, blue = image.unbind(1)  # (B, H, W)
    value = torch.maximum(torch.maximum(red, green), blue)
    chroma = value - torch.minimum(torch.minimum(red, green), blue)
    most_red, most_green = value.clone().eq_(red), value.clone().eq_(green)  # 1 or 0
    from_green, from_blue = (blue - red).add_(chroma, alpha=2), (red - green).add_(chroma, alpha=4)
    sixths = from_blue.lerp_(from_green, most_green).lerp_(green - blue, most_red)  # x 6 chroma
    hue = sixths.div_((6 * chroma).clamp_min_(1e-8)).add_(turn[:, None, None] + 1.5)
    own = torch.arange(3, device=image.device)[:, None, None] / 3  # (3, 1, 1), the channels' hues
    away = (hue[:, None] - own).frac_().sub_(0.5).abs_()  # (B, 3, H, W) from there, 0 to 0.5
    ramp = away.mul_(6).sub_(1).clamp_(0, 1)
    return torch.addcmul(value[:, None], chroma[:, None], ramp, value=-1)
