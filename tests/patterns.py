"""Wrong ways to spread a loss over processes, and how wrong their gradient is.

Each is run on two ranks with half of a small batch each, the gradients averaged as
DistributedDataParallel does, and compared with one process that has the whole batch.
`python -m tests.patterns` writes the table into docs/engine.md.
"""

from pathlib import Path

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn

from course_lib.core import sync
from tests.pair import Pair

PAGE = Path(__file__).parents[1] / "docs" / "engine.md"
BEGIN, END = "<!-- patterns: begin -->\n", "<!-- patterns: end -->"
ROWS, INPUTS, DIM, TEMPERATURE = 16, 12, 6, 0.2


def raw_gather(x):
    """What torch.distributed.all_gather gives: numbers without history."""
    parts = [torch.empty_like(x) for _ in range(sync.world())]
    dist.all_gather(parts, x.detach().contiguous())
    return torch.cat(parts)


def own_put_back(x):
    """The rows of this rank with their history, the others without."""
    parts = list(raw_gather(x).chunk(sync.world()))
    parts[sync.rank()] = x
    return torch.cat(parts)


def raw_sum(x):
    """all_reduce in place, which autograd does not see."""
    total = x.clone()
    with torch.no_grad():
        dist.all_reduce(total.data)
    return total


def anchors_against(keys, z):
    """InfoNCE of this rank's rows, each with its neighbour in the batch as positive."""
    rows = torch.arange(len(z))
    logits = z @ keys.T / TEMPERATURE
    first = sync.rank() * len(z)
    logits[rows, first + rows] = -torch.inf
    return F.cross_entropy(logits, first + (rows ^ 1))


def contrast(gather):
    """The mean loss of this rank's anchors among the keys that `gather` brings."""
    return lambda z: anchors_against(gather(z), z)


def whole_contrast(gather):
    """The mean loss of all anchors, computed alike on every rank."""

    def loss(z):
        keys = gather(z)
        logits = (keys @ keys.T / TEMPERATURE).masked_fill(torch.eye(len(keys)) > 0, -torch.inf)
        return F.cross_entropy(logits, torch.arange(len(keys)) ^ 1)

    return loss


def decorrelate(total):
    """Sum of squared off-diagonal correlations of the features of the whole batch."""

    def loss(z):
        z = z - sync.mean(z.mean(0))
        correlation = total(z.T @ z / ROWS)
        return correlation.fill_diagonal_(0).square().sum()

    return loss


def normed(norm):
    """A mean over rows, of features that a kind of BatchNorm has normalised."""

    def loss(z):
        return (norm(DIM).double()(z).relu() ** 3).mean()

    return loss


def same(x):
    return x


# pattern → (on every rank, on one process with the whole batch)
PATTERNS = {
    "`sync.gather`; a rank's loss is of its own anchors": (contrast(sync.gather), contrast(same)),
    "`all_gather` as it is": (contrast(raw_gather), contrast(same)),
    "`all_gather`, then one's own rows put back": (contrast(own_put_back), contrast(same)),
    "own rows put back; every rank the loss of all anchors": (
        whole_contrast(own_put_back),
        whole_contrast(same),
    ),
    "`sync.gather`; every rank the loss of all anchors": (
        whole_contrast(sync.gather),
        whole_contrast(same),
    ),
    "`sync.mean` of a correlation matrix": (
        decorrelate(lambda c: sync.mean(c) * sync.world()),
        decorrelate(same),
    ),
    "`all_reduce` of a correlation matrix": (decorrelate(raw_sum), decorrelate(same)),
    "BatchNorm over all ranks": (normed(sync.SyncBatchNorm), normed(nn.BatchNorm1d)),
    "BatchNorm of each rank alone": (normed(nn.BatchNorm1d), normed(nn.BatchNorm1d)),
}
RIGHT = ("sync.", "over all ranks")  # what a right pattern's name holds


def gradient(name: str) -> torch.Tensor:
    """Of the encoder's weight, averaged over ranks as DistributedDataParallel does."""
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(DIM, INPUTS, generator=generator, dtype=torch.float64, requires_grad=True)
    x = torch.randn(ROWS, INPUTS, generator=generator, dtype=torch.float64)
    own = x.chunk(sync.world())[sync.rank()]
    loss = PATTERNS[name][0 if sync.world() > 1 else 1]
    loss(F.normalize(own @ weight.T, dim=1)).backward()
    return sync.mean(weight.grad)


def measured() -> dict[str, tuple[float, float, float]]:
    """Pattern → relative error, cosine and ratio of lengths to the gradient of one process."""
    pair, found = Pair(), {}
    try:
        for name in PATTERNS:
            one, two = gradient(name), pair.run(gradient, name)[0]
            error = ((two - one).norm() / one.norm()).item()
            cosine = torch.cosine_similarity(one.flatten(), two.flatten(), dim=0).item()
            found[name] = error, cosine, (two.norm() / one.norm()).item()
    finally:
        pair.close()
    return found


def table(found: dict[str, tuple[float, float, float]]) -> str:
    """As docs/engine.md shows it."""
    lines = [
        "| on every rank | relative error | cosine | length |",
        "|---|---|---|---|",
        *(
            f"| {name} | {'below 1e-12' if error < 1e-12 else f'{error:.2f}'} | {cosine:.3f} "
            f"| {length:.2f} |"
            for name, (error, cosine, length) in found.items()
        ),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    head, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    tail = rest.split(END)[1]
    PAGE.write_text(head + BEGIN + table(measured()) + END + tail, encoding="utf-8")


if __name__ == "__main__":
    main()
