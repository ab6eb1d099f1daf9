"""CutMix's boxes: how much of an image they were meant to cover, and how much they really do."""

import torch
from matplotlib.figure import Figure

from course_lib.core.randomness import Rng
from course_lib.methods.supervised.cutmix import box
from course_lib.methods.supervised.pairs import symmetric_beta
from course_lib.widgets import style


def compute(draws: int = 50_000, side: int = 40, alpha: float = 1.0, seed: int = 0) -> dict:
    """`asked`, `real`: the pasted share of so many images, as λ says and as counted, (draws,)."""
    rng = Rng(seed, 0, torch.arange(draws))
    lam = symmetric_beta(rng.uniform("lambda", 2), alpha)
    top, bottom, left, right = box(lam, rng.uniform("place", 2), side, side).unbind(1)
    real = ((bottom - top) * (right - left)).double() / side**2
    return {"asked": 1 - lam.double(), "real": real, "side": side}


def summary(arrays: dict) -> tuple[float, float, float]:
    """Mean share asked for, mean share pasted, mean error of a label that believes the first."""
    asked, real = arrays["asked"], arrays["real"]
    return asked.mean().item(), real.mean().item(), (asked - real).abs().mean().item()


def draw(arrays: dict, most: int = 400) -> Figure:
    """A dot an image; on the diagonal the label would be right without counting."""
    fig = style.figure(3.9, 3.1)
    ax = fig.add_subplot()
    ax.plot([0, 1], [0, 1], "--", color=style.INK, lw=1.2)
    ax.plot(arrays["asked"][:most], arrays["real"][:most], "o", ms=3, color=style.RIGHT, alpha=0.5,
            mec="none")  # fmt: skip
    ax.set_aspect("equal")
    ax.text(0.62, 0.66, "nothing cut off", rotation=45, rotation_mode="anchor", fontsize=9)
    return label(fig, ax)


def label(fig: Figure, ax) -> Figure:
    style.label(ax, "pasted share asked for, 1 - λ", "pasted share, counted in pixels")
    return fig


def show() -> None:
    """The dots at 40 pixels, and the means at several sizes."""
    rows, told = [], ""
    for side in (28, 40, 224):
        arrays = compute(side=side)
        asked, real, wrong = (f"{value:.2f}" for value in summary(arrays))
        rows.append((f"{side} × {side}", asked, real, wrong))
        if side == 40:
            told = f"on average {asked} is asked for and {real} pasted"
            style.show(
                draw(arrays),
                "Each dot is a drawn box: the share of the image that it was meant to cover and "
                "the share that lies inside. But for rounding, no dot is above the diagonal: "
                f"{told}.",
            )
    heads = ["image", "asked for", "really pasted", "mean error of the label without counting"]
    style.table(heads, rows, "Shares of the image, means over random boxes with λ ~ Beta(1, 1)")
