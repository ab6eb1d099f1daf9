"""Which samples a step sees: a pure function of (seed, step), so that resuming needs no memory."""

from collections.abc import Iterator

import torch

from course_lib.core import sync
from course_lib.core.errors import CourseError
from course_lib.core.randomness import key
from course_lib.data import Dataset


class Batches:
    """Batches of a data set that lies on the device whole, as uint8.

    batch: samples a step over all ranks; rank r gets rows r B/W to (r + 1) B/W. Every epoch is a
    new permutation; the last, smaller batch of an epoch is left out.
    """

    def __init__(self, data: Dataset, batch: int, seed: int, device: torch.device):
        if not 1 <= batch <= len(data):
            raise CourseError(f"batch={batch} must lie between 1 and the {len(data):,} samples.")
        if batch % sync.world():
            raise CourseError(f"batch={batch} cannot be shared evenly by {sync.world()} processes.")
        self.columns = {name: column.to(device) for name, column in data.columns.items()}
        self.samples, self.batch, self.seed, self.device = len(data), batch, seed, device
        self.per_epoch = len(data) // batch
        self.shuffled: tuple[int, torch.Tensor] = (-1, torch.empty(0))

    def at(self, step: int, visits: torch.Tensor | None = None) -> dict[str, torch.Tensor]:
        """This rank's part of the batch of a step. visits: rows to see instead of each once."""
        epoch, place = divmod(step, self.per_epoch)
        if self.shuffled[0] != epoch:
            generator = torch.Generator().manual_seed(key("order", self.seed, epoch))
            order = torch.randperm(self.samples, generator=generator)
            self.shuffled = (epoch, order.to(self.device))
        share = self.batch // sync.world()
        start = place * self.batch + sync.rank() * share
        rows = self.shuffled[1][start : start + share]
        rows = rows if visits is None else visits[rows]
        return {name: column.index_select(0, rows) for name, column in self.columns.items()}

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        """Every sample once, in order, the same on every rank; for `refresh`."""
        for start in range(0, self.samples, self.batch):
            yield {
                name: column[start : start + self.batch] for name, column in self.columns.items()
            }


def batches_of(data: Dataset, batch: int, seed: int, device: torch.device) -> Batches:
    """Batches of data in memory; data that does not fit makes its own, see `data/streaming`."""
    make = getattr(data, "batches", None)
    return make(batch, seed, device) if make else Batches(data, batch, seed, device)


def parts(batch: dict, count: int) -> list[dict]:
    """A batch in `count` equal parts, in order."""
    rows = len(batch["index"])
    if rows % count:
        raise CourseError(f"accumulate={count} must divide the {rows} samples of a process.")
    size = rows // count
    return [{k: v[i : i + size] for k, v in batch.items()} for i in range(0, rows, size)]
