"""Fashion-MNIST, 70,000 grey pictures of clothes in ten classes (Xiao, Rasul and Vollgraf 2017,
arXiv 1708.07747); the published pixels. Raw pixels do well on it: probe on `clutter` instead."""

import lzma
import os
from concurrent.futures import ThreadPoolExecutor

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.core.errors import CourseError
from course_lib.data.cache import cached
from course_lib.data.dataset import Dataset, with_index
from course_lib.data.pack import Pack

SIDE = 28


def load(split: str, *, size: int = SIDE) -> Dataset:
    """50,000 / 10,000 / 10,000 images: `image` (N, 1, size, size), `label` (N,) 0 to 9.

    size: 8 to 96 px; any other than 28 is resized (bilinear, antialiased). test is the official
    test set, val the last 10,000 of the official training set. CourseError for another size.
    """
    if not isinstance(size, int) or not 8 <= size <= 96:
        raise CourseError(f"fashion comes at a whole size from 8 to 96 px, not {size!r}.")
    pack = Pack("fashion")
    columns = cached(f"fashion {split} {size} {pack.digest}", lambda: decode(pack, split, size))
    classes = tuple(pack.card["classes"])
    return Dataset("fashion", split, {"size": size}, with_index(columns), classes, card=pack.card)


def decode(pack: Pack, split: str, size: int) -> dict[str, Tensor]:
    """The columns of one split. Threads help: lzma releases Python's lock while it unpacks."""
    files = [*pack.card["images"][split], f"label-{split}.xz"]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        *parts, label = pool.map(lambda file: lzma.decompress(pack.read(file)), files)
    image = torch.frombuffer(bytearray().join(parts), dtype=torch.uint8).view(-1, 1, SIDE, SIDE)
    if size != SIDE:
        image = torch.cat([resize(chunk, size) for chunk in image.split(1000)])
    return {"image": image, "label": torch.frombuffer(bytearray(label), dtype=torch.uint8).long()}


def resize(image: Tensor, size: int) -> Tensor:
    """uint8 (N, C, H, W) → uint8 (N, C, size, size)."""
    scaled = F.interpolate(image.float(), (size, size), mode="bilinear", antialias=True)
    return scaled.round().clamp(0, 255).byte()
