"""Depth: what R005 found, and how large the gradient is at each block before training begins."""

from collections.abc import Mapping
from statistics import mean

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure

from course_lib import data
from course_lib.nets import build
from course_lib.widgets import claim_table, style

# net → options of `resnet`, colour, line
NETS: Mapping[str, tuple[dict, str, str]] = {
    "plain": ({"residual": False}, "#D55E00", "--"),
    "residual, gamma 1": ({"zero_init": False}, "#0072B2", "-."),
    "residual, gamma 0": ({}, "#009E73", "-"),
}


def mystery() -> str:
    """R005's losses in three lines, or how to measure them."""
    record = claim_table.stored("R005")
    if record is None:
        return "R005 is not measured yet: `course claims run R005` does it."
    lines = [f"loss on the training images, mean of {len(record.seeds)} seeds:"]
    lines += [f"{arm + ':':<22}{mean(values):.3f}" for arm, values in record.arms.items()]
    return "\n".join(lines)


def compute(depth: int = 32, width: int = 8, images: int = 64, seed: int = 0) -> dict:
    """The length of the loss's gradient with respect to the maps after each block, untrained.

    Returns `depth` and `norms`: net → a list (depth + 1), the stem's maps first. BatchNorm takes
    each batch's statistics, as in training; images of fashion.
    """
    train = data.load("fashion", "train")
    x, label = train.image[:images].float() / 255, train.label[:images]
    norms = {}
    with torch.random.fork_rng(devices=[]):
        for name, (options, *_) in NETS.items():
            torch.manual_seed(seed)
            net = build("resnet", width=width, in_channels=1, depth=depth, stem_stride=2, **options)
            head = torch.nn.Linear(net.dim, 10)
            maps = [net.stem(net.normalise(x))]
            for block in net.blocks:
                maps.append(block(maps[-1]))
            loss = F.cross_entropy(head(maps[-1].mean(dim=(2, 3))), label)
            norms[name] = [g.norm().item() for g in torch.autograd.grad(loss, maps)]
    return {"depth": depth, "norms": norms}


def draw(arrays: dict) -> Figure:
    """A line a net over the blocks, on a logarithmic axis."""
    fig = style.figure(7.4, 2.9)
    ax = fig.add_subplot()
    for name, norms in arrays["norms"].items():
        _, colour, line = NETS[name]
        ax.plot(range(len(norms)), norms, line, color=colour, label=name)
    ax.set_yscale("log")
    ax.grid(axis="y", color=style.PALE)
    style.label(ax, "after block (0: the stem)", "gradient, log scale")
    fig.legend(loc="outside right center", frameon=False)
    return fig


def alt(arrays: dict) -> str:
    """The picture in words."""
    parts = [f"{name} {of[0]:.2g} and {of[-1]:.2g}" for name, of in arrays["norms"].items()]
    return (
        f"Length of the gradient at each of {arrays['depth']} blocks before training, log scale. "
        f"At the stem and after the last block: {'; '.join(parts)}."
    )


def show(depth: int = 32) -> None:
    """The picture, and how many times larger the gradient is at the stem than at the end."""
    arrays = compute(depth)
    style.show(draw(arrays), alt(arrays))
    rows = [
        (name, f"{norms[-1]:.3g}", f"{norms[0]:.3g}", f"{norms[0] / norms[-1]:,.1f}")
        for name, norms in arrays["norms"].items()
    ]
    heads = ["net", "after the last block", "at the stem", "stem : end"]
    style.table(heads, rows, f"Length of the gradient, {depth} blocks, before training")
