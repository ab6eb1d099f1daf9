"""Made-up logs of runs with augmentation, of which most have one thing wrong; for `sick_run`.

The causes are real ones; the numbers are drawn, such that each cause leaves its trace and chance
leaves others: training below validation, a late best epoch, more or less mixing, small batches.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.figure import Figure

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.widgets import style

NAMES = "ABCDE"
COMMON = ("jitter late", "nominal weights", "read on mixtures", "hole of the mean")
OTHER = ("one draw a batch", "same draws", "augmented val", "healthy")
CAUSES = COMMON + OTHER
EPOCHS = 8


@dataclass(frozen=True)
class Run:
    """One run. mean, std: of the training images. ends: of the net's input, smallest and largest.
    hole: the value in Cutout's hole at the net's input. pasted, weight: mean pasted area, and mean
    weight of the partner's label. own: mean largest label weight where training accuracy is read.
    boxes: distinct boxes in a batch of `batch`. views: hashes of an image's view in three epochs.
    val: accuracy after each epoch. twice: the last one, measured again."""

    cause: str
    mean: float
    std: float
    ends: tuple[float, float]
    hole: float
    pasted: float
    weight: float
    own: float
    batch: int
    boxes: int
    views: tuple[str, ...]
    train: tuple[float, ...]
    val: tuple[float, ...]
    twice: float

    @property
    def black(self) -> float:
        """The net's input where a picture is black."""
        return -self.mean / self.std

    @property
    def white(self) -> float:
        return (1 - self.mean) / self.std


def runs(draw: int) -> dict[str, Run]:
    """Five runs, the same for the same number: two common causes, two others, any one."""
    draw = draw.item() if isinstance(draw, np.generic) else draw
    if type(draw) is not int or abs(draw) >= 2**62:
        raise CourseError(f"`draw` is any whole number, not {draw!r}.")
    rng = Rng(draw, 0, torch.zeros(1, dtype=torch.int64))
    orders = [rng.uniform(name, 4)[0].argsort().tolist() for name in ("common", "other")]
    causes = [COMMON[i] for i in orders[0][:2]] + [OTHER[i] for i in orders[1][:2]]
    causes.append(CAUSES[int(rng.uniform("any", 1) * len(CAUSES))])
    places = rng.uniform("place", len(NAMES))[0].argsort().tolist()
    return {
        name: run(causes[place], rng.fold(name)) for name, place in zip(NAMES, places, strict=True)
    }


def run(cause: str, rng: Rng) -> Run:
    """One run with one cause."""
    u = rng.uniform("numbers", 12)[0].tolist()
    mean, std = round(0.25 + 0.3 * u[0], 3), round(0.18 + 0.12 * u[1], 3)
    black, white = -mean / std, (1 - mean) / std
    late = cause == "jitter late"  # its result is clipped to [0, 1], as for an image
    pasted = round(0.22 + 0.2 * u[2], 3)
    off = cause == "nominal weights"
    batch = (64, 128, 256)[int(3 * u[3])]
    val, low = 0.62 + 0.2 * u[4], cause == "read on mixtures" or u[5] < 0.5
    train = val - 0.08 - 0.12 * u[6] if low else val + 0.03 + 0.08 * u[6]
    words = [f"{word & 0xFFFFFF:06x}" for word in rng.bits("views", 3)[0].tolist()]
    curves = [rising(top, rng.fold(name)) for name, top in (("train", train), ("val", val))]
    again = curves[1][-1] + (0.004 + 0.02 * u[7]) * (1 if u[8] < 0.5 else -1)
    return Run(
        cause,
        mean,
        std,
        (0.0, 1.0) if late else (black, white),
        0.0 if cause == "hole of the mean" or late else black,
        pasted,
        round(pasted + (0.1 + 0.1 * u[9]) * off, 3),
        round(0.66 + 0.12 * u[10], 3) if cause == "read on mixtures" else 1.0,
        batch,
        1 if cause == "one draw a batch" else batch - int(3 * u[11]),
        (words[0],) * 3 if cause == "same draws" else tuple(words),
        curves[0],
        curves[1],
        round(again, 3) if cause == "augmented val" else curves[1][-1],
    )


def rising(top: float, rng: Rng) -> tuple[float, ...]:
    """A noisy curve of accuracies."""
    noise = 0.008 * rng.normal("noise", EPOCHS)[0]
    return tuple(
        round(top * (1 - 0.5 * math.exp(-(epoch + 1) / 2)) + noise[epoch].item(), 3)
        for epoch in range(EPOCHS)
    )


def text(name: str, made: Run) -> str:
    """The log of one run."""
    lines = [
        f"run {name}",
        f"images      mean {made.mean:.3f}, std {made.std:.3f}, of values from 0 to 1",
        f"net input   smallest {made.ends[0]:.3f}, largest {made.ends[1]:.3f}; in the holes "
        f"{made.hole:.3f}",
        f"mixing      pasted area {made.pasted:.3f}; weight of the partner's label "
        f"{made.weight:.3f}",
        f"one batch   {made.batch} images, {made.boxes} distinct boxes",
        f"image 0     view {', '.join(made.views)} in epochs 1, 2, 3",
        f"train acc.  read where the largest label weight is {made.own:.3f} on average",
        "epoch       " + "".join(f"{epoch:>7}" for epoch in range(1, EPOCHS + 1)),
        "train       " + "".join(f"{value:7.3f}" for value in made.train),
        "val         " + "".join(f"{value:7.3f}" for value in made.val),
        f"last epoch  val measured again: {made.twice:.3f}",
    ]
    return "\n".join(lines)


def figure(made: dict[str, Run]) -> Figure:
    """The accuracies of every run, epoch by epoch."""
    fig = style.figure(9, 2.4)
    for ax, (name, one) in zip(fig.subplots(1, len(made), sharey=True), made.items(), strict=True):
        for values, marker, colour in ((one.train, "o", "#0072B2"), (one.val, "s", "#E69F00")):
            ax.plot(range(1, EPOCHS + 1), values, marker + "-", color=colour, ms=3, lw=1)
        ax.set_xticks(range(2, EPOCHS + 1, 2))
        style.label(ax, "epoch", "accuracy" if name == "A" else "", f"run {name}")
    ax.plot([], [], "o-", color="#0072B2", ms=3, lw=1, label="train")
    ax.plot([], [], "s-", color="#E69F00", ms=3, lw=1, label="val")
    ax.legend(loc="lower right")
    return fig


def show(draw: int) -> None:
    """Prints the five logs of a number and draws their curves."""
    made = runs(draw)
    print("\n\n".join(text(name, one) for name, one in made.items()))
    style.show(
        figure(made),
        "Five panels, one a run: accuracy on train (circles) and val (squares) over the epochs of "
        "the logs above. In some of the runs train lies below val throughout.",
    )
