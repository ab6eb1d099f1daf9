"""Views of a batch: the SimCLR recipe, and the plain view for evaluation."""

from dataclasses import dataclass

import torch
from torch import Tensor

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.views import blur, color, crop

LIMITS = {
    "views": (1, 16),
    "size": (1, 4096),
    "area_min": (0.001, 1),
    "area_max": (0.001, 1),
    "aspect": (1, 10),
    "flip": (0, 1),
    "jitter": (0, 1),
    "strength": (0, 2.5),  # beyond it, hue would turn by more than half the circle
    "gray": (0, 1),
    "blur": (0, 1),
}


@dataclass(frozen=True)
class Augmentation:
    """SimCLR's augmentation for small images (Chen et al. 2020, arXiv 2002.05709, appendix B.9).

    flip, jitter, gray and blur are chances; blur is for larger images (the paper's is 0.5).
    """

    views: int = 2
    size: int | None = None  # pixels; None keeps the height of the images
    area_min: float = 0.3  # smallest crop, a share of the image
    area_max: float = 1.0
    aspect: float = 4 / 3
    flip: float = 0.5
    jitter: float = 0.8
    strength: float = 0.5
    gray: float = 0.2
    blur: float = 0.0

    def __post_init__(self):
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if not (value is None and name == "size") and not low <= value <= high:
                raise CourseError(f"views: {name}={value} must lie between {low} and {high}.")
        if self.area_min > self.area_max:
            raise CourseError(
                f"views: area_min={self.area_min} is above area_max={self.area_max}; lower it."
            )


@torch.no_grad()
def augment(batch: dict, rng: Rng, settings: Augmentation) -> dict:
    """`image` uint8 (B, C, H, W) → float32 (V, B, C, h, h) in [0, 1]; the other entries stay.

    View v draws from rng.fold(v), so that a view depends on (seed, step, sample, v) alone.
    """
    image = checked(batch["image"])
    views = [one_view(image, rng.fold(v), settings) for v in range(settings.views)]
    return {**batch, "image": torch.stack(views), "rng": rng}


def one_view(image: Tensor, rng: Rng, settings: Augmentation) -> Tensor:
    """uint8 (B, C, H, W) → float32 (B, C, h, h): crop, flip, jitter, gray, blur."""
    height, width = image.shape[2:]
    area = (settings.area_min, settings.area_max)
    box = crop.sample(rng, height, width, area, settings.aspect, settings.flip)
    view = crop.apply(image, box, settings.size or height)
    view = color.apply(view, color.sample(rng, settings.jitter, settings.strength, settings.gray))
    return blur.apply(view, blur.sample(rng, settings.blur)) if settings.blur else view


@torch.no_grad()
def plain(batch: dict, rng: Rng | None = None, size: int | None = None) -> dict:
    """One view without augmentation, resized where size asks: float32 (1, B, C, h, h) in [0, 1]."""
    image = checked(batch["image"])
    view = crop.apply(image, crop.whole(image), size or image.shape[2])
    return {**batch, "image": view[None], "rng": rng}


def checked(image: Tensor) -> Tensor:
    """The images, or one sentence on why they cannot be augmented."""
    if image.dtype != torch.uint8 or image.ndim != 4 or image.shape[1] not in color.LUMA:
        raise CourseError(
            f"Views need uint8 images (B, C, H, W) with 1 or 3 channels; "
            f"these are {image.dtype} of shape {tuple(image.shape)}."
        )
    return image
