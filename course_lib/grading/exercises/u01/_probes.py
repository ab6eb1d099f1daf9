"""Made-up logs of linear probes, of which most have one thing wrong; for `sick_probe`.

The causes are real ones; the numbers are drawn, such that each cause leaves its trace and chance
leaves others: test above val, an early best epoch, a small net, a high accuracy.
"""

import math
from dataclasses import dataclass

import torch
from matplotlib.figure import Figure

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.widgets import style

NAMES = "ABCDE"
COMMON = ("test statistics", "batchnorm", "projector")
OTHER = ("chosen on test", "duplicates", "not frozen", "healthy")
CAUSES = COMMON + OTHER
EPOCHS, CLASSES = 8, 10


@dataclass(frozen=True)
class Probe:
    """One run. images: of train, val and test. moments: split → mean and std of the probe's inputs,
    as printed. val, test: accuracy after each epoch, as printed. kept: an epoch, from 1."""

    cause: str
    dim: int
    hidden: int
    projected: int
    images: tuple[int, int, int]
    distinct: int
    parameters: tuple[str, str]
    buffers: tuple[str, str]
    moments: dict[str, tuple[float, float]]
    inputs: int
    val: tuple[float, ...]
    test: tuple[float, ...]
    kept: int

    @property
    def weights(self) -> int:
        """Of the probe: a bias and a number an input, for each class."""
        return CLASSES * (self.inputs + 1)

    @property
    def best(self) -> tuple[int, int]:
        """The epochs at which val and test are highest, from 1."""
        return self.val.index(max(self.val)) + 1, self.test.index(max(self.test)) + 1


def probes(draw: int) -> dict[str, Probe]:
    """Five runs, the same for the same number: two of the common causes, two others, any one."""
    if type(draw) is not int or abs(draw) >= 2**62:
        raise CourseError(f"`draw` is any whole number, not {draw!r}.")
    rng = Rng(draw, 0, torch.zeros(1, dtype=torch.int64))
    orders = [rng.uniform(name, n)[0].argsort().tolist() for name, n in (("a", 3), ("b", 4))]
    causes = [COMMON[i] for i in orders[0][:2]] + [OTHER[i] for i in orders[1][:2]]
    causes.append(CAUSES[int(rng.uniform("any", 1) * len(CAUSES))])
    places = rng.uniform("place", len(NAMES))[0].argsort().tolist()
    return {
        name: probe(causes[place], rng.fold(name))
        for name, place in zip(NAMES, places, strict=True)
    }


def probe(cause: str, rng: Rng) -> Probe:
    """One run with one cause."""
    u = rng.uniform("numbers", 8)[0].tolist()
    dim = (64, 128, 256)[int(3 * u[0])]
    projected = [width for width in (32, 64, 128, 256) if width < dim]
    into = projected[int(len(projected) * u[1])]
    images = (1000 * (4 + int(6 * u[2])), 2000, 2000 + 500 * int(5 * u[3]))
    twice = 60 + int(700 * u[4]) if cause == "duplicates" else 0
    val, test = curves(0.42 + 0.1 * math.log2(dim / 64) + 0.12 * u[5], rng)
    peaks = [max(range(EPOCHS), key=lambda e: curve[e]) + 1 for curve in (val, test)]
    return Probe(
        cause,
        dim,
        2 * dim,
        into,
        images,
        sum(images) - twice,
        hashes(rng.fold("parameters"), cause == "not frozen"),
        hashes(rng.fold("buffers"), cause == "batchnorm" or cause == "not frozen" and u[6] < 0.6),
        moments("test" if cause == "test statistics" else "train", rng),
        into if cause == "projector" else dim,
        val,
        test,
        peaks[cause == "chosen on test"],
    )


def hashes(rng: Rng, changed: bool) -> tuple[str, str]:
    """Of the encoder before and after the features were read."""
    first, second = (f"{word & 0xFFFFFFFF:08x}" for word in rng.bits("hash", 2)[0].tolist())
    return first, second if changed else first


def moments(whose: str, rng: Rng) -> dict[str, tuple[float, float]]:
    """Split → mean and std after standardising: 0 and 1 where the statistics come from."""
    off = rng.uniform("moments", 12)[0].view(3, 2, 2)  # (split, mean or std, size and sign)
    size = (0.004 + 0.025 * off[..., 0]) * torch.where(off[..., 1] < 0.5, -1, 1)
    found = {
        split: (round(m, 3), round(1 + s, 3))
        for split, (m, s) in zip(("train", "val", "test"), size.tolist(), strict=True)
    }
    return found | {whose: (0.0, 1.0)}


def curves(top: float, rng: Rng) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Accuracies on val and test: rising, noisy, each with one clear peak, at unlike epochs."""
    epochs = torch.arange(EPOCHS)
    rise = top * (1 - 0.45 * torch.exp(-(epochs + 1) / 1.8))
    both = rise + 0.006 * rng.normal("noise", 2 * EPOCHS).view(2, EPOCHS)
    both[1] += 0.012 * rng.normal("shift", 1)[0]
    for curve, place in zip(
        both, 3 + rng.uniform("peak", EPOCHS - 3)[0].argsort()[:2], strict=True
    ):
        curve[place] = curve.max() + 0.004
    val, test = (tuple(round(value, 3) for value in curve.tolist()) for curve in both)
    return val, test


def text(name: str, run: Probe) -> str:
    """The log of one run."""
    train, val, test = run.images
    inputs = [
        f"{split} mean {mean:.3f} std {std:.3f}" for split, (mean, std) in run.moments.items()
    ]
    lines = [
        f"run {name}",
        f"encoder     {run.dim} numbers an image; projector {run.dim} > {run.hidden} > "
        f"{run.projected}",
        f"images      {train} train, {val} val, {test} test, {CLASSES} classes; "
        f"{run.distinct} distinct ones in all",
        "parameters  {} before, {} after reading features".format(*run.parameters),
        "buffers     {} before, {} after reading features".format(*run.buffers),
        "inputs      " + "; ".join(inputs),
        f"probe       {run.weights} weights and biases",
        "epoch       " + "".join(f"{epoch:>7}" for epoch in range(1, EPOCHS + 1)),
        "val         " + "".join(f"{value:7.3f}" for value in run.val),
        "test        " + "".join(f"{value:7.3f}" for value in run.test),
        f"kept        epoch {run.kept}: test accuracy {run.test[run.kept - 1]:.3f}",
    ]
    return "\n".join(lines)


def figure(runs: dict[str, Probe]) -> Figure:
    """The accuracies of every run, epoch by epoch, with the epoch that was kept."""
    fig = style.figure(9, 2.4)
    for ax, (name, run) in zip(fig.subplots(1, len(runs), sharey=True), runs.items(), strict=True):
        for values, marker, colour in ((run.val, "o", "#0072B2"), (run.test, "s", "#E69F00")):
            ax.plot(range(1, EPOCHS + 1), values, marker + "-", color=colour, ms=3, lw=1)
        ax.set_xticks(range(2, EPOCHS + 1, 2))
        ax.axvline(run.kept, color=style.INK, lw=1, ls=":")
        style.label(ax, "epoch", "accuracy" if name == "A" else "", f"run {name}")
    ax.plot([], [], "o-", color="#0072B2", ms=3, lw=1, label="val")
    ax.plot([], [], "s-", color="#E69F00", ms=3, lw=1, label="test")
    ax.legend(loc="lower right")
    return fig


def show(draw: int) -> None:
    """Prints the five logs of a number and draws their curves."""
    runs = probes(draw)
    print("\n\n".join(text(name, run) for name, run in runs.items()))
    style.show(
        figure(runs),
        "Five panels, one a run: accuracy on val (circles) and test (squares) over the epochs of "
        "the logs above, and a dotted line at the epoch that was kept.",
    )
