"""The operations beside SimCLR's: affine maps, ColorJitter, hidden boxes; each is off by default.

And what settings of any operation may be.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, TypeAlias

from torch import Tensor

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.views import affine, erase, jitter
from course_lib.views.center import center_crop

Parameters: TypeAlias = Tensor | tuple[Tensor, ...]  # of one operation, every field (B, ...)
Steps: TypeAlias = list[tuple[Callable[[Tensor, Any], Tensor], Parameters]]
LIMITS: dict[str, tuple[float, float]] = {"views": (0, 16), "size": (0, 4096), "aspect": (1, 10)}
LIMITS |= dict.fromkeys(("flip", "jitter", "gray", "blur"), (0.0, 1.0))
LIMITS |= {"area_min": (0.001, 1), "area_max": (0.001, 1), "strength": (0, 2.5)}
LIMITS |= {
    "center": (0, 4096),
    "shift": (0, 1),
    "angle_from": (-180, 180),
    "angle_to": (-180, 180),
    "zoom_from": (0.05, 20),
    "zoom_to": (0.05, 20),
    "shear": (0, 60),
    "brightness": (0, 10),
    "contrast": (0, 10),
    "saturation": (0, 10),
    "hue": (0, 0.5),
    "cutout": (0, 4096),
    "cutout_clip": (False, True),
    "erase": (0, 1),
    "erase_min": (0.001, 1),
    "erase_max": (0.001, 1),
    "erase_aspect": (1, 10),
}
KINDS: dict[str, type] = {"center": int, "cutout": int, "cutout_clip": bool}
WORDS = {int: "a whole number from {} to {}", bool: "{} or {}", float: "a number from {} to {}"}


@dataclass(frozen=True, kw_only=True)
class Extras:
    """Settings that every augmentation also has. A box is hidden after all else."""

    center: int = 0  # pixels of the middle that stay, before all else, then resized; 0: all
    shift: float = 0.0  # most, a share of the width to the sides and of the height up and down
    angle_from: float = 0.0  # degrees, uniform between the two; 30 to 70 leaves no image upright
    angle_to: float = 0.0
    zoom_from: float = 1.0  # enlarged by, uniform between the two; 0.5 to 0.75 only ever shrinks
    zoom_to: float = 1.0
    shear: float = 0.0  # degrees along x, to either side
    brightness: float = 0.0  # of ColorJitter: factors within 1 ± this
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0  # turns, to either side
    cutout: int = 0  # side of Cutout's square in pixels
    cutout_clip: bool = True  # whether the border may cut it
    erase: float = 0.0  # chance of Random Erasing
    erase_min: float = 0.02  # smallest box, a share of the image
    erase_max: float = 0.4  # the paper's; torchvision has 0.33
    erase_aspect: float = 10 / 3  # most stretched box
    fill: str = "zero"  # of both boxes: zero, mean or noise; Random Erasing's paper has noise

    def __post_init__(self):
        settings = {field.name: getattr(self, field.name) for field in fields(self)}
        for name, value in settings.items():
            check(name, value)
        for name, low in settings.items():
            high = name.replace("_min", "_max")
            if high != name and low > settings[high]:
                raise CourseError(f"Lower {name}={low}: it exceeds {high}={settings[high]}.")

    @property
    def moves(self) -> bool:
        """Whether there is an affine map."""
        still = (self.shift, self.angle_from, self.angle_to, self.shear) == (0, 0, 0, 0)
        return not still or (self.zoom_from, self.zoom_to) != (1, 1)


def check(name: str, value: Any) -> None:
    """One sentence for a value that makes no sense."""
    if name == "fill":
        return erase.check_fill(str(value))
    low, high = LIMITS[name]
    kind = KINDS.get(name, float)
    of_kind = isinstance(value, int | float if kind is float else kind)
    if not of_kind or not low <= value <= high:
        raise CourseError(f"{name}={value!r} must be {WORDS[kind].format(low, high)}.")


def middle(image: Tensor, settings: Extras) -> Tensor:
    """Before the crop: uint8 (B, C, H, W), all of it or its middle."""
    return center_crop(image, settings.center) if settings.center else image


def moved(rng: Rng, size: int, settings: Extras) -> Steps:
    """After the crop, on views of size x size: the affine map, then ColorJitter."""
    steps: Steps = []
    if settings.moves:
        maps = affine.sample(
            rng,
            size,
            size,
            angle=(settings.angle_from, settings.angle_to),
            scale=(settings.zoom_from, settings.zoom_to),
            shear=settings.shear,
            shift=(settings.shift, settings.shift),
        )
        steps.append((affine.apply, maps))
    ranges = (settings.brightness, settings.contrast, settings.saturation, settings.hue)
    if any(ranges):
        steps.append((jitter.apply, jitter.sample(rng, *ranges)))
    return steps


def hidden(rng: Rng, channels: int, size: int, settings: Extras) -> Steps:
    """After all else: Cutout, then Random Erasing."""
    boxes = []
    if settings.cutout:
        boxes.append(erase.cutout(rng, size, size, settings.cutout, settings.cutout_clip))
    if settings.erase:
        area = (settings.erase_min, settings.erase_max)
        boxes.append(erase.erasing(rng, size, size, settings.erase, area, settings.erase_aspect))
    if settings.fill == "noise":
        boxes = [box.noisy(rng.fold(i), channels * size**2) for i, box in enumerate(boxes)]
    return [(partial(erase.apply, fill=settings.fill), box) for box in boxes]
