"""Which sample a step sees: arithmetic on the shards' counts, so that resuming needs no memory.

A run is one line of places: the batch of step s takes places s B to (s + 1) B, and rank r of W the
r-th part of each batch. Epoch e is the N places from e N on, whatever N is: a batch may end one
epoch and begin the next, and none is cut short. In an epoch every rank owns one piece of the
epoch's line of samples, as long as it has places there, so that it reads few shards and no other
rank reads them, but for the ones at the ends of its piece.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from course_lib.core.randomness import key


@dataclass(frozen=True)
class Shares:
    """samples: N of an epoch. batch: B over all ranks. ranks: W, a divisor of B."""

    samples: int
    batch: int
    ranks: int

    def below(self, places: int, rank: int) -> int:
        """How many of a run's first `places` places belong to ranks below `rank`."""
        steps, rest = divmod(places, self.batch)
        share = self.batch // self.ranks * rank
        return steps * share + min(rest, share)

    def own(self, places: int, rank: int) -> int:
        """How many of a run's first `places` places belong to this rank."""
        return self.below(places, rank + 1) - self.below(places, rank)

    def spans(self, step: int, rank: int) -> list[tuple[int, int, int]]:
        """What a rank sees at a step: (epoch, start, stop), a piece of that epoch's line each.

        Over an epoch the pieces of all ranks are the whole line, each place once.
        """
        first, last = step * self.batch, (step + 1) * self.batch
        found = []
        for epoch in range(first // self.samples, (last - 1) // self.samples + 1):
            begin, end = epoch * self.samples, (epoch + 1) * self.samples
            piece = self.below(end, rank) - self.below(begin, rank)  # where this rank's begins
            start = piece + self.own(max(first, begin), rank) - self.own(begin, rank)
            stop = piece + self.own(min(last, end), rank) - self.own(begin, rank)
            if start < stop:
                found.append((epoch, start, stop))
        return found


class Line:
    """The samples of one epoch in their order, a pure function of (seed, epoch, counts, mix).

    counts: samples of each shard, int64 (S,); they number the samples from 0, shard after shard.
    Shards are permuted, then `mix` neighbours at a time are shuffled together. Only the counts and
    one such group of shards are ever laid out.
    """

    def __init__(self, counts: Tensor, seed: int, epoch: int, mix: int = 1):
        self.counts, self.mix, self.draw = counts, mix, (seed, epoch)
        self.first = counts.cumsum(0) - counts  # (S,), the number of a shard's first sample
        self.shards = permutation(("shards", seed, epoch), len(counts))  # (S,)
        ends = counts[self.shards].cumsum(0)
        last = torch.arange(mix, len(counts) + mix, mix).clamp_max(len(counts)) - 1
        self.ends = ends[last]  # (G,), where each group of shards ends in the line

    def numbers(self, start: int, stop: int) -> Tensor:
        """The numbers of the samples at places start to stop of the line, int64 (stop - start,)."""
        parts = []
        while start < stop:
            group = int(torch.searchsorted(self.ends, start, right=True))
            begin = int(self.ends[group - 1]) if group else 0
            end = min(stop, int(self.ends[group]))
            parts.append(self.group(group)[start - begin : end - begin])
            start = end
        return torch.cat(parts)

    def group(self, group: int) -> Tensor:
        """The numbers of all samples of a group of shards, shuffled."""
        shards = self.shards[group * self.mix : (group + 1) * self.mix].tolist()
        runs = [(int(self.first[k]), int(self.counts[k])) for k in shards]
        numbers = torch.cat([torch.arange(first, first + count) for first, count in runs])
        return numbers[permutation(("samples", *self.draw, group), len(numbers))]


@lru_cache(maxsize=4)
def permutation(draw: tuple, n: int) -> Tensor:
    """Of 0 to n - 1, int64 (n,), by the name of a draw; not to be written to."""
    return torch.randperm(n, generator=torch.Generator().manual_seed(key(*draw)))
