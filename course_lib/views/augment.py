"""Views of a batch by SimCLR's recipe."""

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from course_lib.core.randomness import Rng
from course_lib.views import blur, color, crop
from course_lib.views.extras import Extras, Parameters, Steps, hidden, middle, moved
from course_lib.views.plain import checked

CACHE = 2**19  # values; what lies between two operations then stays near the processor


@dataclass(frozen=True)
class Augmentation(Extras):
    """SimCLR's recipe for small images (Chen et al. 2020, arXiv 2002.05709, appendix B.9) with
    larger crops (there from 0.08 of the image), and the settings of `extras`, which are off."""

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


@torch.no_grad()
def augment(batch: dict, rng: Rng, settings: Augmentation) -> dict:
    """`image` uint8 (B, C, H, W) → float32 (V, B, C, h, h) in [0, 1]; the other entries stay.

    View v draws from rng.fold(v), so that a view depends on (seed, step, sample, v) alone.
    """
    image = middle(checked(batch["image"]), settings)
    count, channels = image.shape[:2]
    size = settings.size or batch["image"].shape[2]
    views = torch.empty(settings.views, count, channels, size, size, device=image.device)
    rows = at_once(image)
    drawn = [operations(rng.fold(v), image.shape[1:], size, settings) for v in range(len(views))]
    for start in range(0, count, rows):
        part = slice(start, start + rows)
        for v, steps in enumerate(drawn):
            views[v, part] = one_view(image[part], [(do, some(how, part)) for do, how in steps])
    return {**batch, "image": views, "rng": rng}


def at_once(image: Tensor) -> int:
    """How many rows of a batch make one block: all on a GPU, near CACHE values on a CPU."""
    blocks = max(1, round(image.numel() / CACHE)) if image.device.type == "cpu" else 1
    return max(1, -(-len(image) // blocks))  # equal blocks


def operations(rng: Rng, shape: tuple, size: int, settings: Augmentation) -> Steps:
    """The operations of a view in their order, each with the parameters of every sample."""
    (channels, height, width), area = shape, (settings.area_min, settings.area_max)
    box = crop.sample(rng, height, width, area, settings.aspect, settings.flip)
    tint = color.sample(rng, settings.jitter, settings.strength, settings.gray)
    steps: Steps = [(partial(crop.apply, size=size), box), *moved(rng, size, settings)]
    steps.append((color.apply, tint))
    if settings.blur:
        steps.append((blur.apply, blur.sample(rng, settings.blur)))
    return steps + hidden(rng, channels, size, settings)


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
