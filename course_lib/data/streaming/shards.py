"""Shards on disk: written from a data set, or found by a pattern, with an index beside them.

The index is JSON in the form of WebDataset's wids ("shardlist" with url, nsamples, filesize) and
says two things more: the shape of an image and the names of the classes. Order and resume are
arithmetic on its counts, so that no shard is opened before it is needed.
"""

import contextlib
import glob
import json
import os
import re
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path

import torch
from torch import Tensor

from course_lib.core.errors import CourseError
from course_lib.core.files import write_whole
from course_lib.data.dataset import Dataset
from course_lib.data.streaming.order import permutation
from course_lib.data.streaming.tar import (
    IMAGES,
    MODES,
    Content,
    Sample,
    encoded,
    part,
    pixels,
    put,
    scan,
)

KIND = "wids-shard-index-v1"
COMMAND = "python -m course_lib.data.streaming index 'FOLDER/*.tar'"


@dataclass(frozen=True)
class Index:
    """What an index file says. files: the shards. counts: samples of each, int64 (S,). sizes: their
    bytes. shape: of an image, (C, H, W). classes: names; none where samples have no label."""

    file: Path
    files: tuple[Path, ...]
    counts: Tensor
    sizes: tuple[int, ...]
    shape: tuple[int, int, int]
    classes: tuple[str, ...]

    @staticmethod
    def read(file: str | Path) -> "Index":
        """Raises CourseError where there is none, or one that says too little."""
        file = Path(file)
        try:
            stored = json.loads(file.read_bytes())
            rows, (c, h, w) = stored["shardlist"], stored["image"]
            counts = [int(row["nsamples"]) for row in rows]
            sizes, urls = [int(row["filesize"]) for row in rows], [row["url"] for row in rows]
            classes = tuple(stored["classes"])
            if stored["__kind__"] != KIND or min(counts, default=0) < 1:
                raise ValueError
        except OSError:
            raise CourseError(f"There is no index {file}: `{COMMAND}` makes one.") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise CourseError(
                f"{file} does not say what an index of shards must (shardlist with url, nsamples "
                f"and filesize, image, classes): `{COMMAND}` makes one that does."
            ) from None
        files = tuple(file.parent / url for url in urls)
        return Index(file, files, torch.tensor(counts), tuple(sizes), (c, h, w), classes)

    def absent(self) -> list[int]:
        """The shards that are not there; asks each folder once."""
        folders = {file.parent for file in self.files}
        names = {folder: set(os.listdir(folder)) for folder in folders if folder.is_dir()}
        return [k for k, f in enumerate(self.files) if f.name not in names.get(f.parent, ())]


def save_index(
    file: Path,
    shards: Sequence[Path],
    counts: Sequence[int],
    shape: Sequence[int],
    classes: Sequence[str],
) -> Path:
    """Writes an index; shards are named relative to its folder."""
    rows = [
        {
            "url": Path(os.path.relpath(shard, file.parent)).as_posix(),
            "nsamples": count,
            "filesize": shard.stat().st_size,
        }
        for shard, count in zip(shards, counts, strict=True)
    ]
    stored = {"__kind__": KIND, "wids_version": 1, "name": file.stem, "shardlist": rows}
    stored |= {"image": list(shape), "classes": list(classes)}
    write_whole(file, (json.dumps(stored, indent=1) + "\n").encode())
    return file


def write(
    data: Dataset, folder: str | Path, samples: int = 1000, kind: str = "png", seed: int = 0
) -> Path:
    """Writes a data set's images and labels as shards of so many samples, and their index.

    folder: gets `train-000000.tar` … and `train.json` for the split train. kind: "png" for images
    of 1, 3 or 4 channels, or "npy" for any. Samples are shuffled by the seed first, so that each
    shard is a fair part of the data. A sample is called by its index. Returns the index file.
    """
    if kind not in ("png", "npy") or (kind == "png" and data.image.shape[1] not in MODES):
        raise CourseError(
            f"kind={kind!r} cannot hold {data.image.shape[1]} channels: npy holds any number, png "
            "1, 3 or 4."
        )
    if samples < 1:
        raise CourseError(f"samples={samples} a shard must be 1 or more.")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    parts = permutation(("write", seed), len(data)).split(samples)
    shards = [folder / f"{data.split}-{number:06d}.tar" for number in range(len(parts))]
    for shard, rows in zip(shards, parts, strict=True):
        unfinished = shard.with_suffix(".part")
        with tarfile.open(unfinished, "w", format=tarfile.USTAR_FORMAT) as tar:
            for row in rows.tolist():
                name = f"{int(data.index[row]):09d}"
                put(tar, f"{name}.{kind}", encoded(data.image[row], kind))
                if data.classes:
                    put(tar, f"{name}.cls", str(int(data.label[row])).encode())
        unfinished.replace(shard)
    counts = [len(rows) for rows in parts]
    return save_index(
        folder / f"{data.split}.json", shards, counts, data.image.shape[1:], data.classes
    )


def build_index(
    pattern: str,
    file: str | Path | None = None,
    classes: Sequence[str] = (),
    channels: int | None = None,
) -> Path:
    """Reads every header of the shards that a pattern names, once, and writes their index.

    pattern: with *, or with {000..099}. file: by default index.json beside the first. classes:
    names; by default the numbers up to the largest in a .cls member. channels: 1, 3 or 4; by
    default, like height and width, those of the first image. Raises CourseError for a shard that is
    missing, cut off, damaged or empty, so that an index is right when it is made.
    """
    shards = expand(pattern)
    surveys = [survey(shard, channels) for shard in shards]
    counts, largest, shapes = zip(*surveys, strict=True)
    shape = next((shape for shape in shapes if shape), None)
    if shape is None:
        raise CourseError(f"No sample of {pattern} holds an image: {', '.join(IMAGES)} are read.")
    names = list(classes) or [str(number) for number in range(max(largest) + 1)]
    return save_index(Path(file or shards[0].parent / "index.json"), shards, counts, shape, names)


def survey(shard: Path, channels: int | None) -> tuple[int, int, tuple[int, ...]]:
    """How many samples a shard holds, its largest label or -1, and its first image's (C, H, W)."""
    try:
        with shard.open("rb") as stream, mmap(stream.fileno(), 0, access=ACCESS_READ) as content:
            samples, wrong = scan(content, len(content))  # touches the headers only
            labels = [part(content, s.members["cls"]) for s in samples if "cls" in s.members]
            shape = first_shape(samples, content, channels)
    except OSError:
        raise CourseError(f"{shard} is missing or cannot be opened.") from None
    except ValueError:  # an empty file cannot be mapped
        samples, wrong = [], "is empty"
    if wrong or not samples:
        raise CourseError(
            f"{shard} {wrong or 'holds no samples'}: copy or write it again, or leave it out."
        )
    numbers = [int(label) for label in labels if label.strip().isdigit()]
    return len(samples), max(numbers, default=-1), shape


def first_shape(samples: Sequence[Sample], content: Content, channels: int | None) -> tuple:
    """Of the first image that can be decoded, (C, H, W)."""
    for sample in samples:
        with contextlib.suppress(Exception):  # whatever a damaged image raises
            image = part(content, sample.members[sample.image])
            return tuple(pixels(sample.image, image, channels, None).shape)
    return ()


def expand(pattern: str) -> list[Path]:
    """The files that a pattern names, in order."""
    numbered = re.fullmatch(r"(.*)\{(\d+)\.\.(\d+)\}(.*)", pattern)
    if numbered:
        head, first, last, tail = numbered.groups()
        numbers = range(int(first), int(last) + 1)
        found = [f"{head}{number:0{len(first)}d}{tail}" for number in numbers]
    else:
        found = sorted(glob.glob(pattern))
    if not found:
        raise CourseError(f"No shard is called {pattern}: give a pattern as in {COMMAND}.")
    return [Path(name) for name in found]
