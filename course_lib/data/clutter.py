"""Clutter: a Fashion item at a random place among distractors, so that position and background
change and only the item decides the class. Generated; a pure function of seed and index.

On plain Fashion-MNIST raw pixels are nearly as good as a trained net, so nothing can be learnt
about representations there. The construction follows the cluttered MNIST of Mnih, Heess, Graves
and Kavukcuoglu (2014, arXiv 1406.6247).
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng, key
from course_lib.data import fashion
from course_lib.data.cache import cached
from course_lib.data.dataset import Dataset, with_index

SIZES = {"train": 20_000, "val": 4_000, "test": 4_000}
ITEM, PATCH, DISTRACTORS, COARSE = 28, 8, 4, 5


def load(split: str, *, n: int | None = None, size: int = 40, seed: int = 0) -> Dataset:
    """Image i shows item i of Fashion-MNIST's split on a background of its own.

    n: how many (default 20,000 / 4,000 / 4,000; at most the items of the split). size: 32 to 64 px.
    Gives `image` (N, 1, size, size) and `label`, the item's class.
    """
    items = fashion.load(split)
    n = SIZES[split] if n is None else n
    if not 1 <= n <= len(items):
        raise CourseError(
            f"clutter/{split} has one image an item: n is 1 to {len(items):,}, not {n}."
        )
    if not 32 <= size <= 64:
        raise CourseError(f"clutter is drawn at size 32 to 64, not {size}.")

    def make() -> dict[str, Tensor]:
        index = torch.arange(n)
        parts = [
            render(items.image[:, 0], rows, size, key(seed, split)) for rows in index.split(512)
        ]
        return {"image": torch.cat(parts)[:, None], "label": items.label[:n]}

    spec = {"n": n, "size": size, "seed": seed}
    columns = cached(f"clutter {split} {spec}", make)
    return Dataset("clutter", split, spec, with_index(columns), items.classes, card=items.card)


def render(items: Tensor, index: Tensor, size: int, seed: int) -> Tensor:
    """items uint8 (M, 28, 28); index (B,) of the images to draw → uint8 (B, size, size)."""
    rng = Rng(seed, 0, index)
    coarse = rng.uniform("background", COARSE * COARSE).view(-1, 1, COARSE, COARSE)
    canvas = F.interpolate(coarse, (size, size), mode="bicubic", align_corners=True)[:, 0] * 180
    place = (rng.uniform("place", 2) * (size - ITEM + 1)).long()
    lighten(canvas, items[index].float(), place)
    for distractor in range(DISTRACTORS):
        draw = rng.fold(distractor)
        source = (draw.uniform("source", 1)[:, 0] * len(items)).long()
        start = 4 + (draw.uniform("start", 2) * (ITEM - PATCH - 7)).long()  # off the empty border
        place = (draw.uniform("place", 2) * (size - PATCH + 1)).long()
        patch = window(items[source].float(), start)
        lighten(canvas, patch, place)
    return canvas.clamp_(0, 255).round_().to(torch.uint8)


def window(images: Tensor, start: Tensor) -> Tensor:
    """images (B, H, W), start (B, 2) → the PATCH x PATCH windows that begin there."""
    span = torch.arange(PATCH)
    rows = start[:, 0, None, None] + span[:, None]
    columns = start[:, 1, None, None] + span
    return images[torch.arange(len(images))[:, None, None], rows, columns]


def lighten(canvas: Tensor, patch: Tensor, place: Tensor) -> None:
    """Puts patch (B, h, w) on canvas (B, H, W) at place (B, 2), in place, where it is lighter."""
    rows = place[:, 0, None, None] + torch.arange(patch.shape[1])[:, None]
    columns = place[:, 1, None, None] + torch.arange(patch.shape[2])
    at = (torch.arange(len(canvas))[:, None, None], rows, columns)
    canvas[at] = torch.maximum(canvas[at], patch)
