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
    for operation in color.order.split(1, 1):  # (B, 1) what each sample does now
        image = blend(image, color.factors.gather(1, operation)[:, 0], operation[:, 0])
    if image.shape[1] == 3:
        image = shift_hue(image, color.hue)
    return blend(image, 1 - color.gray.float(), torch.full_like(color.order[:, 0], 2))


def blend(image: Tensor, factor: Tensor, operation: Tensor) -> Tensor:
    """factor · image + (1 - factor) · other, cut to [0, 1]; factor and operation are (B,).

    `other` is black (0, brightness), the mean of the gray image (1, contrast) or the gray image
    itself (2, saturation). All three are one colour matrix and one constant a sample.
    """
    channels = image.shape[1]
    luma = image.new_tensor(LUMA[channels])  # (C,)
    rest = 1 - factor
    to_gray = (rest * (operation == 2))[:, None, None] * luma.expand(channels, -1)
    matrix = factor[:, None, None] * torch.eye(channels, device=image.device) + to_gray  # (B, C, C)
    mean = (image.mean((2, 3)) * luma).sum(1)  # (B,)
    constant = (rest * (operation == 1) * mean)[:, None, None]
    return torch.baddbmm(constant, matrix, image.flatten(2)).clamp_(0, 1).view_as(image)


def shift_hue(image: Tensor, turn: Tensor) -> Tensor:
    """Turns the hue of HSV, keeping value and saturation: (B, 3, H, W), (B,) → (B, 3, H, W).

    image: float32 in [0, 1]. turn: of the circle, from -0.5 up; 1 is a full turn.

    Every channel is value - chroma · ramp; the ramp climbs from 0 to 1 as the hue moves from one
    to two sixths of the circle away from the channel's own hue (0, 1/3, 2/3). So the six cases of
    the usual conversion back to RGB become one expression.
    """
    red, green, blue = image.unbind(1)  # (B, H, W)
    value = torch.maximum(torch.maximum(red, green), blue)
    chroma = value - torch.minimum(torch.minimum(red, green), blue)
    other = torch.where(value == green, blue - red + 2 * chroma, red - green + 4 * chroma)
    sixths = torch.where(value == red, green - blue, other)  # hue times 6 chroma
    hue = (sixths / (6 * chroma).clamp_min(1e-8)).add_(turn[:, None, None] + 1.5)
    turned = torch.empty_like(image)
    for channel in range(3):  # in place: on a CPU, fresh memory costs more than the arithmetic
        away = (hue - channel / 3).frac_().sub_(0.5).abs_()  # from the channel's own hue, 0 to 0.5
        ramp = away.mul_(6).sub_(1).clamp_(0, 1)
        torch.addcmul(value, chroma, ramp, value=-1, out=turned[:, channel])
    return turned
