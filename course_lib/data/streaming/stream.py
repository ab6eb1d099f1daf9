"""A stream in the place of a data set: what a run asks of it, and its batches.

recipe = recipe_from("simclr", {"steps": "500"})
train(replace(recipe, **shards.settings), "runs/a", data=shards)    # shards = stream("train.json")
"""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from course_lib.core import sync
from course_lib.core.errors import CourseError
from course_lib.data.dataset import Dataset
from course_lib.data.streaming.order import Line, Shares
from course_lib.data.streaming.shards import Index
from course_lib.data.streaming.source import Source, tell

GIB = 2**30


@dataclass(frozen=True, repr=False)
class Stream(Dataset):
    """Samples that lie in shards. Columns stay empty: `batch` reads rows, `whole` reads all."""

    source: Source = field(kw_only=True)
    mix: int = field(kw_only=True)

    def __len__(self) -> int:
        return int(self.source.index.counts.sum())

    @property
    def image(self) -> Tensor:
        """The shape of all images, (N, C, H, W), and none of them."""
        return torch.empty((len(self), *self.source.shape), dtype=torch.uint8, device="meta")

    @property
    def index(self) -> Tensor:
        """The last sample's identity, int64 (1,); the others are all numbers below it."""
        return torch.tensor([len(self) - 1])

    @property
    def label(self) -> Tensor:
        raise CourseError("The labels of a stream are in its shards: `whole()` reads them all.")

    @property
    def settings(self) -> dict:
        """What a recipe says of this data, so that a run folder is refused on other shards."""
        return {"data": self.name, "data_options": self.spec}

    def batch(self, rows: Tensor | slice) -> dict[str, Tensor]:
        """The rows asked for of every column. rows: int64 (B,) or a slice."""
        if isinstance(rows, slice):
            rows = torch.arange(*rows.indices(len(self)))
        return self.source.rows(rows)

    def batches(self, batch: int, seed: int, device: torch.device) -> "StreamBatches":
        """What `Batches` is for a data set in memory."""
        return StreamBatches(self, batch, seed, device)

    def whole(self) -> Dataset:
        """All samples that can be read, in memory, in the order of the shards; for evaluation."""
        parts = []
        for rows in torch.arange(len(self)).split(1000):
            part = self.batch(rows)
            kept = part["index"] == rows  # others stand in for one that cannot be read
            parts.append({name: column[kept] for name, column in part.items()})
        columns = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
        return Dataset(self.name, self.split, self.spec, columns, self.classes)


def stream(
    index: str | Path,
    *,
    size: int | None = None,
    mix: int = 4,
    skip: int = 100,
    memory: float = 4.0,
    threads: int = 4,
    say: Callable[[str], object] = tell,
) -> Stream:
    """Opens shards by their index.

    size: pixels that images are scaled and cropped to; by default all must have the index's shape.
    mix: shards that are shuffled together. skip: samples that may be unreadable, in each process.
    memory: GiB that the shards open at a time may take in a process. threads: that decode. say:
    where the names of skipped samples go. Raises CourseError, one sentence, for bad input.
    """
    read = Index.read(index)
    for name, value, least in (("size", size or 1, 1), ("mix", mix, 1), ("skip", skip, 0)):
        if value < least:
            raise CourseError(f"{name}={value} must be {least} or more.")
    keep = mix + 1  # one more stands in where a shard is lost
    need = sum(sorted(read.sizes)[-keep:])
    if need > memory * GIB:
        raise CourseError(
            f"Shuffling mix={mix} shards together takes up to {need / GIB:.2f} GiB in a process "
            f"and memory={memory:g} are allowed: lower mix, raise memory, or write smaller shards."
        )
    digest = hashlib.sha256(read.file.read_bytes()).hexdigest()[:16]
    spec = {"index": str(index), "digest": digest, "size": size, "mix": mix}
    source = Source(read, size, keep, skip, threads, say)
    return Stream("shards", read.file.stem, spec, {}, read.classes, source=source, mix=mix)


class StreamBatches:
    """Batches of a stream. Rank r sees what `Shares` and `Line` say, a function of the step alone.

    batch: samples a step over all ranks. The next step is read while this one computes. Every epoch
    shows each sample once and begins where the last one ended, within a batch if need be;
    `per_epoch`, the loop's clock, counts whole batches only.
    """

    def __init__(self, data: Stream, batch: int, seed: int, device: torch.device):
        if not 1 <= batch <= len(data):
            raise CourseError(f"batch={batch} must lie between 1 and the {len(data):,} samples.")
        if batch % sync.world():
            raise CourseError(f"batch={batch} cannot be shared evenly by {sync.world()} processes.")
        self.data, self.seed, self.device = data, seed, device
        self.samples, self.batch, self.per_epoch = len(data), batch, len(data) // batch
        self.shares = Shares(len(data), batch, sync.world())
        self.lines: dict[int, Line] = {}
        self.reader = ThreadPoolExecutor(1)
        self.ahead: dict[int, Future] = {}

    def at(self, step: int, visits: Tensor | None = None) -> dict[str, Tensor]:
        """This rank's part of the batch of a step; the same whatever was asked for before."""
        if visits is not None:
            raise CourseError(
                "This method chooses which samples an epoch shows, and a stream shows each once: "
                "set uniform=false, or train on data in memory."
            )
        future = self.ahead.pop(step, None) or self.reader.submit(self.read, step)
        self.ahead = {step + 1: self.reader.submit(self.read, step + 1)}
        return {name: column.to(self.device) for name, column in future.result().items()}

    def read(self, step: int) -> dict[str, Tensor]:
        return self.data.batch(self.numbers(step, sync.rank()))

    def numbers(self, step: int, rank: int) -> Tensor:
        """The numbers of the samples that a rank sees at a step, int64 (B/W,)."""
        spans = self.shares.spans(step, rank)
        return torch.cat([self.line(epoch).numbers(a, b) for epoch, a, b in spans])

    def line(self, epoch: int) -> Line:
        """An epoch's order; the one before is kept for batches that span both."""
        if epoch not in self.lines:
            counts = self.data.source.index.counts
            kept = {k: line for k, line in self.lines.items() if k == epoch - 1}
            self.lines = kept | {epoch: Line(counts, self.seed, epoch, self.data.mix)}
        return self.lines[epoch]

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        """Every sample once, in order, the same on every rank; for `refresh`."""
        for rows in torch.arange(self.samples).split(self.batch):
            part = self.data.batch(rows)
            yield {name: column.to(self.device) for name, column in part.items()}
