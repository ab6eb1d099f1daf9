"""The plain view of a batch, for evaluation, and what a batch must be to have views at all."""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.views import color


@torch.no_grad()
def plain(batch: dict, rng: Rng | None = None, size: int = 0) -> dict:
    """One view without augmentation, resized where size asks: float32 (1, B, C, h, h) in [0, 1]."""
    image = checked(batch["image"])
    side = size or image.shape[2]
    view = F.interpolate(image.float() / 255, (side, side), mode="bilinear", antialias=True)
    return {**batch, "image": view.clamp_(0, 1)[None], "rng": rng}


def checked(image: Tensor) -> Tensor:
    """The images, or one sentence on why they cannot be augmented."""
    if image.dtype != torch.uint8 or image.ndim != 4 or image.shape[1] not in color.LUMA:
        these = f"{image.dtype} {tuple(image.shape)}"
        raise CourseError(f"Views need images torch.uint8 (B, 1 or 3, H, W); these are {these}.")
    return image
