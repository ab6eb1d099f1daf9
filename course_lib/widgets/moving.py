"""How far can a picture be moved before its features belong to another? A curve an encoder."""

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure

from course_lib import data
from course_lib.evaluate import extract
from course_lib.widgets import style
from course_lib.widgets.encoders import encoders

SHIFTS = (0, 1, 2, 4, 6, 8)


def compute(images: int = 300, shifts: tuple[int, ...] = SHIFTS) -> dict:
    """Share of scenes that are found again: of all `images`, their own is the nearest by cosine.

    Scenes are moved right and down by so many pixels; what leaves on one side comes in on the
    other. Returns `shifts`, `images` and `found`: encoder → a share a shift.
    """
    scenes = data.load("scenes", "val", n=images).image
    found: dict[str, list[float]] = {}
    for name, encoder in encoders(scenes, ("pixels", "random", "label-free", "supervised")).items():
        bank = F.normalize(extract(encoder, scenes), dim=1)
        found[name] = []
        for shift in shifts:
            moved = torch.roll(scenes, (shift, shift), (2, 3))
            nearest = (F.normalize(extract(encoder, moved), dim=1) @ bank.T).argmax(dim=1)
            found[name].append(nearest.eq(torch.arange(images)).float().mean().item())
    return {"shifts": shifts, "images": images, "found": found}


def draw(arrays: dict) -> Figure:
    """The curves, with their names at the end."""
    fig = style.figure(7.4, 2.5)
    ax = fig.add_subplot()
    for name, shares in arrays["found"].items():
        ax.plot(arrays["shifts"], [100 * share for share in shares], color=style.COLOURS[name],
                marker=style.MARKERS[name], ms=7, mec="white", label=style.NAMES[name])  # fmt: skip
    ax.axhline(100 / arrays["images"], color=style.INK, ls="--", lw=1.2, label="chance")
    ax.set_ylim(-3, 103)
    ax.set_xticks(arrays["shifts"])
    ax.grid(axis="y", color=style.PALE)
    style.label(ax, "moved right and down by (pixels of 40)", f"found among {arrays['images']} (%)")
    fig.legend(loc="outside right center", frameon=False)
    return fig


def alt(arrays: dict) -> str:
    """The picture in words."""
    lines = [
        f"{style.NAMES[name]} " + ", ".join(f"{100 * share:.0f}" for share in shares)
        for name, shares in arrays["found"].items()
    ]
    shifts = ", ".join(map(str, arrays["shifts"]))
    return f"Scenes found again (%) when moved by {shifts} pixels: {'; '.join(lines)}."


def show() -> None:
    """Computes it, in seconds, and shows it."""
    arrays = compute()
    style.show(draw(arrays), alt(arrays))
