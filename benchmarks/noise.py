"""Data of any size that costs nothing to get: uint8 noise, in memory or in a mapped file."""

import os
import shutil
from pathlib import Path

import torch

from course_lib.core.errors import CourseError
from course_lib.data import Dataset

CHUNK = 2**26  # bytes written at a time


def noise(samples: int, size: int, classes: int = 10) -> Dataset:
    """Images of noise, in memory."""
    generator = torch.Generator().manual_seed(1)
    image = torch.randint(0, 256, (samples, 3, size, size), dtype=torch.uint8, generator=generator)
    return dataset(image, classes)


def mapped(samples: int, size: int, file: Path) -> Dataset:
    """The same from a file that is written first and then mapped, so it may exceed the memory."""
    total = samples * 3 * size * size
    if shutil.disk_usage(file.parent).free < 1.1 * total:
        raise CourseError(f"{file.parent} has no room for {total / 1e9:.0f} GB of images.")
    block = os.urandom(CHUNK)
    with file.open("wb") as stream:
        for start in range(0, total, CHUNK):
            stream.write(block[: total - start])
    flat = torch.from_file(str(file), shared=True, size=total, dtype=torch.uint8)
    return dataset(flat.view(samples, 3, size, size), 10)


def dataset(image: torch.Tensor, classes: int) -> Dataset:
    index = torch.arange(len(image))
    columns = {"image": image, "label": index % classes, "index": index}
    return Dataset("noise", "train", {}, columns, tuple(map(str, range(classes))))


def memory() -> int:
    """Bytes of memory of this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
