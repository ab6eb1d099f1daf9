"""Stochastic depth: which blocks stay, and how many of them run in a step."""

import torch
from matplotlib.figure import Figure
from torch import Tensor

from course_lib.nets.depth import survivals
from course_lib.widgets import style


def counts(chances: list[float]) -> Tensor:
    """How likely it is that 0, 1, … of the blocks stay, each by its own coin; float64 (L + 1,)."""
    found = torch.ones(1, dtype=torch.float64)
    for chance in chances:
        stays = torch.cat([found.new_zeros(1), found * chance])
        found = stays + torch.cat([found * (1 - chance), found.new_zeros(1)])
    return found


def compute(blocks: int = 12, last: float = 0.5) -> dict:
    """`chances` of each block, `counts` of how many stay, `mean` of that."""
    chances = survivals(blocks, last)
    return {"chances": chances, "counts": counts(chances), "mean": sum(chances), "last": last}


def draw(arrays: dict) -> Figure:
    """On the left survival along the net, on the right how many blocks run."""
    blocks = len(arrays["chances"])
    fig = style.figure(7.2, 2.3)
    left, right = fig.subplots(1, 2)
    place = range(1, blocks + 1)
    left.bar(place, arrays["chances"], 0.7, color=style.RIGHT)
    left.bar(place, [1 - q for q in arrays["chances"]], 0.7, bottom=arrays["chances"],
             color=style.PALE)  # fmt: skip
    left.text(1, 0.05, "stays", color="white", fontsize=9, rotation=90, ha="center", va="bottom")
    left.text(blocks, 0.97, "left out", fontsize=9, rotation=90, ha="center", va="top")
    for ax in (left, right):
        ax.set_xticks(range(0, blocks + 1, max(1, blocks // 6)))
    style.label(left, "block, counted from the image", "chance")
    right.bar(range(blocks + 1), arrays["counts"].tolist(), 0.7, color=style.RIGHT)
    right.axvline(arrays["mean"], color=style.WRONG, ls="--")
    right.text(arrays["mean"] - 0.2, right.get_ylim()[1], "mean", color=style.WRONG, ha="right",
               va="top", fontsize=9)  # fmt: skip
    style.label(right, f"blocks that run in a step, of {blocks}", "chance")
    return fig


def show(blocks: int = 12, last: float = 0.5) -> None:
    """The two pictures; the mean is (3L - 1)/4 for last = 1/2."""
    arrays = compute(blocks, last)
    first = arrays["chances"][0]
    style.show(
        draw(arrays),
        f"Left: of {blocks} blocks the first survives with chance {first:.2f}, each later one a "
        f"little less often, the last with {last:g}. Right: how many run in a step, a bell around "
        f"the mean of {arrays['mean']:.2f}.",
    )
    print(f"On average {arrays['mean']:.2f} of {blocks} blocks run.")
