"""Gaussian blur with a width a sample, as a banded matrix for the rows and one for the columns."""

import torch
from torch import Tensor

from course_lib.core.randomness import Rng
from course_lib.views.crop import separable


def sample(rng: Rng, chance: float, low: float = 0.1, high: float = 2.0) -> Tensor:
    """sigma in pixels, (B,): uniform in [low, high] with that chance, else 0, which is no blur."""
    draw = rng.uniform("blur", 2)
    return torch.where(draw[:, 0] < chance, low + (high - low) * draw[:, 1], 0.0)


def apply(image: Tensor, sigma: Tensor) -> Tensor:
    """(B, C, H, W), (B,) → (B, C, H, W). As in SimCLR the kernel spans a tenth of the height."""
    radius = max(1, image.shape[2] // 20)
    height, width = image.shape[2:]
    rows = weights(sigma, radius, height)
    return separable(image, rows, rows if width == height else weights(sigma, radius, width))


def weights(sigma: Tensor, radius: int, side: int) -> Tensor:
    """(B,) → (B, side, side): a Gaussian of 2 radius + 1 taps, reflected at the two ends."""
    offset = torch.arange(-radius, radius + 1, device=sigma.device)
    kernel = torch.exp(-0.5 * (offset / sigma[:, None].clamp_min(1e-3)) ** 2)  # (B, taps)
    kernel = kernel / kernel.sum(1, keepdim=True)
    pixel = torch.arange(side, device=sigma.device)
    source = (pixel[:, None] + offset).abs()  # (side, taps) before 0: reflected
    source = side - 1 - (side - 1 - source).abs()  # beyond the end: reflected
    hit = torch.nn.functional.one_hot(source, side).float()  # (side, taps, side)
    return torch.einsum("bk,ikj->bij", kernel, hit)
