"""Views of a batch: the SimCLR recipe, and the plain view for evaluation."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.views import blur, color, crop

LIMITS: dict[str, tuple[float, float]] = {"views": (0, 16), "size": (0, 4096), "aspect": (1, 10)}
LIMITS |= dict.fromkeys(("flip", "jitter", "gray", "blur"), (0.0, 1.0))
LIMITS |= {"area_min": (0.001, 1), "area_max": (0.001, 1), "strength": (0, 2.5)}
Parameters = Tensor | tuple[Tensor, ...]  # of one operation, every field (B, ...)
Steps = list[tuple[Callable[[Tensor, Parameters], Tensor], Parameters]]
CACHE = 2**19  # values handled at once on a CPU, so that what lies between two operations is near


@dataclass(frozen=True)
class Augmentation:
    """SimCLR's recipe for small images (Chen et al. 2020, arXiv 2002.05709, appendix B.9)."""

    views: int = 2
    size: int = 0  # pixels; 0 keeps the height of the images
    area_min: float = 0.3  # smallest crop, a share of the image
    area_max: float = 1.0
    aspect: float = 4 / 3  # most stretched crop
    flip: float = 0.5  # chance
    jitter: float = 0.8  # chance
    strength: float = 0.5  # of the jitter
    gray: float = 0.2  # chance
    blur: float = 0.0  # chance; for larger images, where the paper has 0.5

    def __post_init__(self):
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if not isinstance(value, int | float) or not low <= value <= high:
                raise CourseError(f"{name}={value!r} must be a number from {low} to {high}.")
        if self.area_min > self.area_max:
            raise CourseError(
                f"Lower area_min={self.area_min}: it exceeds area_max={self.area_max}."
            )


@torch.no_grad()
def augment(batch: dict, rng: Rng, settings: Augmentation) -> dict:
    """`image` uint8 (B, C, H, W) → float32 (V, B, C, h, h) in [0, 1]; the other entries stay.

    View v draws from rng.fold(v), so that a view depends on (seed, step, sample, v) alone.
    """
    image = checked(batch["image"])
    count, channels, height, width = image.shape
    size = settings.size or height
    views = torch.empty(settings.views, count, channels, size, size, device=image.device)
    rows = max(1, CACHE // image[0].numel()) if image.device.type == "cpu" else count
    drawn = [operations(rng.fold(v), height, width, size, settings) for v in range(len(views))]
    for start in range(0, count, rows):
        part = slice(start, start + rows)
        for v, steps in enumerate(drawn):
            views[v, part] = one_view(image[part], [(do, some(how, part)) for do, how in steps])
    return {**batch, "image": views, "rng": rng}


def operations(rng: Rng, height: int, width: int, size: int, settings: Augmentation) -> Steps:
    """The operations of a view in their order, each with the parameters of every sample."""
    area = (settings.area_min, settings.area_max)
    box = crop.sample(rng, height, width, area, settings.aspect, settings.flip)
    tint = color.sample(rng, settings.jitter, settings.strength, settings.gray)
    steps: Steps = [(partial(crop.apply, size=size), box), (color.apply, tint)]
    if settings.blur:
        steps.append((blur.apply, blur.sample(rng, settings.blur)))
    return steps


def some(parameters: Parameters, part: slice) -> Parameters:
    """The parameters of some of the samples."""
    if isinstance(parameters, Tensor):
        return parameters[part]
    return type(parameters)(*(field[part] for field in parameters))


def one_view(image: Tensor, steps: Steps) -> Tensor:
    """uint8 (B, C, H, W) → float32 (B, C, h, h): each operation on what the one before it made."""
    for operation, parameters in steps:
        image = operation(image, parameters)
    return image


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
