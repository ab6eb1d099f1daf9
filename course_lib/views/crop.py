"""Random resized crop and flip: as bilinear resampling is linear and separable, a crop, its resize
and its flip are one matrix for the rows and one for the columns of each image."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from course_lib.core.randomness import Rng


class Crop(NamedTuple):
    """One box a sample, in whole pixels; every field is (B,), `flip` is bool, the rest float32."""

    top: Tensor
    left: Tensor
    height: Tensor
    width: Tensor
    flip: Tensor


def sample(rng: Rng, height: int, width: int, area: tuple, aspect: float, flip: float) -> Crop:
    """Boxes for images of height x width pixels.

    area: smallest and largest share of the image, drawn uniformly. aspect: width over height is
    log-uniform in [1/aspect, aspect]. flip: chance of a mirror image. Where torchvision draws both
    again until the box fits, which makes large crops rarer than `area` says, here the aspect comes
    from the part of its range that fits (or the nearest that does): the area stays uniform.
    """
    draw = rng.uniform("crop", 5)  # (B, 5)
    pixels = height * width * (area[0] + (area[1] - area[0]) * draw[:, 0])
    least, most = (pixels / height**2).log(), (width**2 / pixels).log()  # log aspects that fit
    bound = math.log(aspect)
    low = torch.minimum(least.clamp_min(-bound), most)
    high = torch.maximum(most.clamp_max(bound), least)
    ratio = torch.exp(low + (high - low) * draw[:, 1])
    box_height = (pixels / ratio).sqrt().round().clamp(1, height)
    box_width = (pixels * ratio).sqrt().round().clamp(1, width)
    top = (draw[:, 2] * (height - box_height + 1)).floor()
    left = (draw[:, 3] * (width - box_width + 1)).floor()
    return Crop(top, left, box_height, box_width, draw[:, 4] < flip)


def apply(image: Tensor, crop: Crop, size: int) -> Tensor:
    """Crop, resize (antialiased bilinear) and flip: uint8 or float (B, C, H, W) → (B, C, h, h)."""
    image = image.float().div_(255) if image.dtype == torch.uint8 else image
    rows = weights(crop.top, crop.height, image.shape[2], size, torch.zeros_like(crop.flip))
    columns = weights(crop.left, crop.width, image.shape[3], size, crop.flip)  # (B, h, W)
    return separable(image, rows, columns)


def weights(start: Tensor, length: Tensor, source: int, size: int, flip: Tensor) -> Tensor:
    """What each of `source` pixels of a line gives to each of `size`: (B,) three times → (B, h, H).

    A triangle as wide as the step between output pixels, never narrower than one input pixel;
    pixels outside the box give nothing. Each row sums to 1. flip: the line from its end.
    """
    start, length = start[:, None, None], length[:, None, None]
    step = length / size
    pixel = torch.arange(source, device=start.device) + 0.5  # (H,) centres
    place = torch.arange(size, device=start.device)[:, None] + 0.5  # (h, 1)
    centre = start + step * torch.where(flip[:, None, None], size - place, place)  # (B, h, 1)
    inside = ((pixel > start) & (pixel < start + length)).float()  # (B, 1, H)
    less = (pixel - centre).abs_().div_(step.clamp_min(1)).sub_(1).clamp_max_(0).mul_(inside)
    return less.div_(less.sum(-1, keepdim=True))  # the minus of both goes


def separable(image: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Mixes lines, then columns: (B, C, H, W), (B, h, H), (B, w, W) → (B, C, h, w) in [0, 1]."""
    # a channel at a time, since a product over all would first copy both matrices for each
    mixed = [torch.bmm(torch.bmm(rows, channel), columns.mT) for channel in image.unbind(1)]
    return torch.stack(mixed, 1).clamp_(0, 1)
