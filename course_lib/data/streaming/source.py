"""Samples by their number: shards are read whole, a few kept, and what is damaged is counted.

A sample that cannot be read is named, counted and replaced by the next one that can, so that
batches stay full and all others keep their places; beyond `skip` of them reading stops with a
sentence. A shard that is missing or cut off counts with as many samples as are lost.
"""

import io
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor

from course_lib.core.errors import CourseError
from course_lib.data.streaming.shards import COMMAND, Index
from course_lib.data.streaming.tar import IMAGES, Sample, part, pixels, scan

Row = tuple[int, Tensor, int]  # number, image uint8 (C, H, W), label or -1


@dataclass(frozen=True)
class Shard:
    """A shard in memory, as it lies on disk, with what could be read of it."""

    content: bytes
    samples: list[Sample]


class Unreadable(Exception):
    """One sample; the message ends a sentence that begins with its name."""


def tell(line: str) -> None:
    print(line, file=sys.stderr)


class Source:
    """size: of images, None for as they are. keep: shards in memory. skip: samples that may be
    unreadable, each counted once by each process. threads: that decode. say: where names go."""

    def __init__(
        self,
        index: Index,
        size: int | None,
        keep: int,
        skip: int,
        threads: int,
        say: Callable[[str], object],
    ):
        self.index, self.size, self.keep, self.skip, self.say = index, size, keep, skip, say
        channels, height, width = index.shape
        self.shape = (channels, size or height, size or width)
        self.first = index.counts.cumsum(0) - index.counts  # (S,), number of its first sample
        self.shards: OrderedDict[int, Shard] = OrderedDict()
        self.bad: dict[str, str] = {}  # name → what is wrong with it
        self.lost = 0
        self.lock = threading.Lock()  # for who asks while a run reads ahead
        self.pool = ThreadPoolExecutor(threads)
        for shard in index.absent():
            self.count(str(index.files[shard]), "is missing", int(index.counts[shard]))

    def rows(self, numbers: Tensor) -> dict[str, Tensor]:
        """int64 (B,) → image uint8 (B, C, H, W), index (B,) and, where there are classes, label
        (B,). Where a sample was replaced, index and label are those of the other one."""
        with self.lock:
            return self.found(numbers)

    def found(self, numbers: Tensor) -> dict[str, Tensor]:
        shards = torch.searchsorted(self.first, numbers, right=True) - 1
        places = (numbers - self.first[shards]).tolist()
        found: dict[int, Row] = {}
        for shard in dict.fromkeys(shards.tolist()):  # each is opened once
            wanted = (shards == shard).nonzero().flatten().tolist()
            self.open(shard)
            tried = self.pool.map(lambda k, shard=shard: self.attempt(shard, places[k]), wanted)
            for k, row in zip(wanted, list(tried), strict=True):
                found[k] = self.instead(shard, places[k], row) if isinstance(row, str) else row
        index, image, label = zip(*(found[k] for k in range(len(places))), strict=True)
        columns = {"image": torch.stack(image), "index": torch.tensor(index)}
        return columns | ({"label": torch.tensor(label)} if self.index.classes else {})

    def open(self, shard: int) -> Shard:
        """A shard's bytes and samples; one that is damaged is named and holds what is left."""
        if shard in self.shards:
            self.shards.move_to_end(shard)
            return self.shards[shard]
        file, count = self.index.files[shard], int(self.index.counts[shard])
        try:
            content = file.read_bytes()
            samples, wrong = scan(io.BytesIO(content), len(content))
        except OSError:
            content, samples, wrong = b"", [], "cannot be opened"
        stated, found = (count, self.index.sizes[shard]), (len(samples), len(content))
        if len(samples) > count or (found != stated and not wrong):
            raise CourseError(
                f"{file} holds {found[0]:,} samples in {found[1]:,} bytes where {self.index.file} "
                f"says {stated[0]:,} in {stated[1]:,}: `{COMMAND}` makes an index that fits."
            )
        if wrong:
            self.count(str(file), wrong, count - len(samples))
        self.shards[shard] = Shard(content, samples)
        while len(self.shards) > self.keep:
            self.shards.popitem(last=False)
        return self.shards[shard]

    def attempt(self, shard: int, place: int) -> Row | str:
        """A sample of an open shard, or what is wrong with it ("" for one that was lost with a part
        of its shard)."""
        opened = self.shards[shard]
        if place >= len(opened.samples):
            return ""
        try:
            image, label = self.decode(opened.content, opened.samples[place])
            return int(self.first[shard]) + place, image, label
        except MemoryError:
            raise
        except Unreadable as error:
            return str(error)
        except Exception as error:  # whatever a damaged image raises
            why = str(error).partition("\n")[0] or type(error).__name__
            return f"cannot be decoded ({why})"

    def decode(self, content: bytes, sample: Sample) -> tuple[Tensor, int]:
        """Image uint8 (C, H, W) and label, -1 where there are no classes."""
        if not sample.image:
            raise Unreadable(f"has no image ({', '.join(IMAGES)})")
        image = part(content, sample.members[sample.image])
        decoded = pixels(sample.image, image, self.shape[0], self.size)
        if tuple(decoded.shape) != self.shape:
            shapes = ["x".join(map(str, shape)) for shape in (decoded.shape, self.shape)]
            raise Unreadable(f"is {shapes[0]} instead of {shapes[1]} (size= would scale all)")
        classes = len(self.index.classes)
        if not classes:
            return decoded, -1
        label = part(content, sample.members.get("cls", (0, 0))).strip()
        if not label.isdigit() or int(label) >= classes:
            raise Unreadable(f"has no label from 0 to {classes - 1} in .cls")
        return decoded, int(label)

    def instead(self, shard: int, place: int, wrong: str) -> Row:
        """Counts a sample that cannot be read and returns the next one that can: after it in its
        shard, or where nothing of that is left, at its place in the next shard."""
        if wrong:
            self.count(f"{self.index.files[shard]}: {self.open(shard).samples[place].key}", wrong)
        total = len(self.index.files)
        for other in (k % total for k in range(shard, shard + total)):
            samples = len(self.open(other).samples)
            for k in range(samples):
                row = self.attempt(other, (place + k) % samples)
                if not isinstance(row, str):
                    return row
        raise CourseError(f"No sample of {self.index.file} can be read.")

    def count(self, name: str, wrong: str, samples: int = 1) -> None:
        """Names what cannot be read, once, and stops when it is too much."""
        new = name not in self.bad
        self.bad[name] = wrong
        self.lost += samples if new else 0
        if self.lost > self.skip:
            raise CourseError(
                f"{self.lost:,} sample{'s' * (self.lost > 1)} cannot be read and "
                f"skip={self.skip} may be skipped; the last is {name}, which {wrong}: "
                "copy it again, or allow more with skip=."
            )
        if new:
            self.say(
                f"Skipped {name}: it {wrong} ({self.lost:,} of at most {self.skip:,} samples)."
            )
