"""A shard's inside: members of a tar as samples, and their bytes as images and labels.

Members that stand together and share a name up to its first dot are one sample, and what follows
the dot says what a member is: `000123.png`, `000123.cls`. That is WebDataset's convention. Read
with Python's tarfile, and not with the webdataset library: that one reads a shard as a stream whose
shuffle buffer has no position to come back to, so its order is no function of the step, and a
shard that is cut off ends early there without a word.
"""

import io
import re
import tarfile
from dataclasses import dataclass, field
from mmap import mmap
from typing import BinaryIO

import numpy as np
import torch
from PIL import Image
from torch import Tensor

IMAGES = ("png", "jpg", "jpeg", "webp", "bmp", "ppm", "pgm", "npy")
Content = bytes | mmap  # of a whole shard
MODES = {1: "L", 3: "RGB", 4: "RGBA"}  # Pillow's, by channels


@dataclass
class Sample:
    """key: its name in the shard. members: extension → (offset, bytes)."""

    key: str
    members: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def image(self) -> str:
        """The extension of its first image, "" where it has none."""
        return next((name for name in self.members if name in IMAGES), "")


def scan(stream: BinaryIO | mmap, size: int) -> tuple[list[Sample], str]:
    """The samples of a tar of `size` bytes, as far as it can be read, and what is wrong with it.

    tarfile takes a damaged header for the end, so the end is looked at: it must be a zero block.
    """
    found: list[Sample] = []
    try:
        with tarfile.open(fileobj=stream, mode="r:") as tar:
            for member in tar:
                if member.offset_data + member.size > size:
                    return found, f"is cut off after {len(found):,} samples"
                add(found, member)
            end = tar.offset
    except (tarfile.TarError, ValueError, OSError, EOFError):
        return found, f"is cut off after {len(found):,} samples" if found else "is no tar file"
    stream.seek(end)
    mark = stream.read(512)
    if len(mark) < 512:
        return found, f"is cut off after {len(found):,} samples"
    return found, f"is damaged after {len(found):,} samples, at byte {end:,}" if any(mark) else ""


def add(found: list[Sample], member: tarfile.TarInfo) -> None:
    """Puts a member with its sample, the last one or a new one."""
    folder, slash, name = member.name.rpartition("/")
    base, dot, extension = name.partition(".")
    if not (member.isreg() and base and dot) or re.match(r"__[^/]*__($|/)", member.name):
        return
    if not found or found[-1].key != folder + slash + base:
        found.append(Sample(folder + slash + base))
    found[-1].members[extension.lower()] = (member.offset_data, member.size)


def part(content: Content, place: tuple[int, int]) -> bytes:
    """The bytes of a member of a shard that was read whole."""
    return bytes(content[place[0] : place[0] + place[1]])


def pixels(extension: str, content: bytes, channels: int | None, size: int | None) -> Tensor:
    """An encoded image → uint8 (C, H, W). channels: 1, 3 or 4, None for the file's own. size: scale
    and crop the centre to size x size. Raises whatever Pillow or numpy say of a damaged one."""
    if extension == "npy":
        array = np.load(io.BytesIO(content), allow_pickle=False)
        if array.dtype != np.uint8 or array.ndim != 3:
            raise ValueError(f"{array.dtype} {array.shape} instead of uint8 (C, H, W)")
        if size is None:
            return torch.from_numpy(array)
        image = picture(torch.from_numpy(array))
    else:
        if extension == "png":
            Image.open(io.BytesIO(content)).verify()  # decoding does not look at the checksums
        image = Image.open(io.BytesIO(content))
        own = image.mode if image.mode in MODES.values() else "RGB"
        image = image.convert(own if channels is None else MODES[channels])
    if size is not None:
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        square = (left, top, left + side, top + side)
        image = image.resize((size, size), Image.Resampling.BILINEAR, square)
    array = np.array(image)
    return torch.from_numpy(array[None] if array.ndim == 2 else array.transpose(2, 0, 1).copy())


def picture(image: Tensor) -> Image.Image:
    """uint8 (C, H, W) with 1, 3 or 4 channels → Pillow's image."""
    return Image.fromarray((image[0] if len(image) == 1 else image.permute(1, 2, 0)).numpy())


def encoded(image: Tensor, kind: str) -> bytes:
    """uint8 (C, H, W) → the bytes of a png or npy member; both lose nothing."""
    stream = io.BytesIO()
    if kind == "npy":
        np.save(stream, image.numpy())
    else:
        picture(image).save(stream, "png")
    return stream.getvalue()


def put(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    """Adds a member whose header holds nothing of this machine or moment."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o444
    tar.addfile(member, io.BytesIO(content))
