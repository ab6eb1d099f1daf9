"""ColorJitter as torchvision has it: brightness, contrast, saturation and hue in any order.

`color` is SimCLR's jitter, whose four ranges follow from one strength and whose hue comes last,
which is faster. Here each kind has a range of its own, and all four are shuffled for each sample.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from course_lib.core.randomness import Rng
from course_lib.views.color import blend, shift_hue

HUE = 3


class Jitter(NamedTuple):
    """Factors of 1 and hue 0 change nothing. Grey images (C = 1) have no saturation and no hue."""

    factors: Tensor  # (B, 3) brightness, contrast, saturation
    hue: Tensor  # (B,) turns of the colour circle; 1 is a full turn, the identity
    order: Tensor  # (B, 4) a permutation of 0 to 3: which comes first, second, third, last


def sample(rng: Rng, brightness: float, contrast: float, saturation: float, hue: float) -> Jitter:
    """Factors are uniform in [max(0, 1 - b), 1 + b], hue in ± hue; 0 switches a kind off."""
    draw = rng.uniform("jitter", 8)  # (B, 8)
    reach = torch.tensor([brightness, contrast, saturation], device=draw.device)
    low = (1 - reach).clamp_min(0)
    factors = low + (1 + reach - low) * draw[:, :3]
    return Jitter(factors, hue * (2 * draw[:, 3] - 1), draw[:, 4:].argsort(1))


def apply(image: Tensor, jitter: Jitter) -> Tensor:
    """float (B, C, H, W) in [0, 1], C = 1 or 3 → the same shape and range."""
    for operation in jitter.order.unbind(1):  # (B,) what each sample does now
        factor = jitter.factors.gather(1, operation.clamp_max(2)[:, None])[:, 0]
        image = blend(image, torch.where(operation == HUE, 1.0, factor), operation)
        if image.shape[1] == 3:
            rows = (operation == HUE).nonzero()[:, 0]
            image[rows] = shift_hue(image[rows], jitter.hue[rows])
    return image
