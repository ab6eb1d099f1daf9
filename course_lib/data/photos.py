"""Photos: natural photographs, each with author and licence, split by place. Far too few classes
and images for a classifier; made for crops, and as backgrounds of `scenes`."""

import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng, key
from course_lib.data.cache import cached
from course_lib.data.dataset import Dataset, with_index
from course_lib.data.pack import Pack

SIDE = 256
SMALLEST = 0.4  # side of the smallest random crop, as a share of the photograph's shorter side
Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels


def load(split: str, *, size: int = 64, crops: int | None = None, seed: int = 0) -> Dataset:
    """One centre square a photograph, or `crops` random squares of each, photograph by photograph.

    Gives `image` (N, 3, size, size), `label` the topic, `photo` int64 (N,) the photograph's number
    in the pack. A crop depends on seed, photograph and its own number, not on how many there are.
    text: "file", "author", "licence". size: 16 to 256 px. crops: 1 to 1000.
    """
    if not isinstance(size, int) or not 16 <= size <= SIDE:
        raise CourseError(f"photos come at a whole size from 16 to {SIDE} px, not {size!r}.")
    if crops is not None and not (isinstance(crops, int) and 1 <= crops <= 1000):
        raise CourseError(f"photos gives 1 to 1000 crops of each photograph, not {crops!r}.")
    pack = Pack("photos")
    photos = pack.card["photos"]
    chosen = [k for k, photo in enumerate(photos) if photo["split"] == split]
    number = torch.tensor(chosen).repeat_interleave(crops or 1)
    topics = tuple(pack.card["topics"])

    def boxes(k: int, width: int, height: int) -> list[Box]:
        return random_squares(k, crops, seed, width, height) if crops else [centre(width, height)]

    spec = {"size": size, "crops": crops, "seed": seed}
    columns = cached(
        f"photos {split} {spec} {pack.digest}", lambda: {"image": cut(pack, chosen, boxes, size)}
    )
    columns["label"] = torch.tensor([topics.index(photos[k]["topic"]) for k in number.tolist()])
    columns["photo"] = number
    fields = ("file", "author", "licence")
    text = {field: [photos[k][field] for k in number.tolist()] for field in fields}
    return Dataset("photos", split, spec, with_index(columns), topics, text, pack.card)


def backgrounds(split: str, size: int) -> Tensor:
    """Centre squares of the photographs that scenes may use, uint8 (P, 3, size, size).

    Their licence may be combined with the stamps' (see the card), and none shows an object on a
    plain backdrop.
    """
    pack = Pack("photos")
    chosen = [
        k
        for k, photo in enumerate(pack.card["photos"])
        if photo["split"] == split and photo["scene_ok"] and photo["background_ok"]
    ]

    def boxes(k: int, width: int, height: int) -> list[Box]:
        return [centre(width, height)]

    name = f"backgrounds {split} {size} {pack.digest}"
    return cached(name, lambda: {"image": cut(pack, chosen, boxes, size)})["image"]


def centre(width: int, height: int) -> Box:
    """The largest square about the middle."""
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    return left, top, left + side, top + side


def random_squares(photo: int, crops: int, seed: int, width: int, height: int) -> list[Box]:
    """`crops` squares anywhere in a photograph; sides uniform from SMALLEST to all of it."""
    rng = Rng(key("photos", seed, photo), 0, torch.arange(crops))
    size, x, y = rng.uniform("square", 3).T  # (crops,) each
    side = (SMALLEST + (1 - SMALLEST) * size) * min(width, height)
    left, top = x * (width - side), y * (height - side)
    return list(map(tuple, torch.stack([left, top, left + side, top + side], 1).tolist()))


def cut(
    pack: Pack, chosen: list[int], boxes: Callable[[int, int, int], list[Box]], size: int
) -> Tensor:
    """The squares boxes(photo, width, height) of each photograph, uint8 (N, 3, size, size)."""

    def squares(k: int) -> list[np.ndarray]:
        with Image.open(io.BytesIO(pack.read(pack.card["photos"][k]["file"]))) as opened:
            image = opened.convert("RGB")
        bilinear = Image.Resampling.BILINEAR  # Pillow's widens with the scale: no aliasing
        shape = (size, size)
        return [np.array(image.resize(shape, bilinear, box)) for box in boxes(k, *image.size)]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        pixels = [square for group in pool.map(squares, chosen) for square in group]
    return torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).contiguous()
