"""The measured order of five encoders by a linear probe, and its picture beside a prediction."""

import ast
from statistics import mean

from matplotlib.figure import Figure

from course_lib.claims import record
from course_lib.widgets import style

ENCODERS = ("raw pixels", "PCA 64", "random", "simclr", "supervised")
LABELS = (1, 10, 100)  # a class
CLEAR = 0.01  # of accuracy; less is a near tie
LOOK = {
    "raw pixels": ("pixels", "s"),
    "random": ("random", "X"),
    "simclr": ("label-free", "D"),
    "supervised": ("supervised", "o"),
}
Order = dict[int, list[str]]


def measured() -> dict[int, dict[str, list[float]]]:
    """Labels a class → encoder → test accuracy of the linear probe, a value a seed.

    Raises CourseError when the figure is not stored.
    """
    arms = record.read(record.results() / "figures" / "readout_ladder.json").arms
    return {n: {name: arms[f"{name}, linear, {n}"] for name in ENCODERS} for n in LABELS}


def ordered() -> Order:
    """The encoders by their mean accuracy, best first, for each number of labels."""
    return {n: sorted(ENCODERS, key=lambda e: -mean(of[e])) for n, of in measured().items()}


def lead(better: list[float], worse: list[float]) -> float:
    """By how much the mean is higher, where the order is clear: in every seed, and not by less
    than a point; else 0. Seeds are paired: each draws the same labelled images for all."""
    gaps = [a - b for a, b in zip(better, worse, strict=True)]
    return mean(gaps) if min(gaps) > 0 and mean(gaps) >= CLEAR else 0.0


def places(first: str) -> dict[int, dict[str, int]]:
    """A stored prediction → labels a class → encoder → its place in it, from 1; {} where it
    cannot be read."""
    try:
        order = {
            int(n): [str(e).lower() for e in names] for n, names in ast.literal_eval(first).items()
        }
    except (ValueError, SyntaxError, TypeError, AttributeError):
        return {}
    return {
        n: {e: names.index(e.lower()) + 1 for e in ENCODERS if e.lower() in names}
        for n, names in order.items()
    }


def reveal(first: str) -> None:
    """Shows what was measured, and beside each encoder its place in the stored prediction."""
    style.show(draw(first), words(first))


def draw(first: str) -> Figure:
    """A panel for each number of labels; best on top."""
    of, order, guess = measured(), ordered(), places(first)
    fig = style.figure(9, 3)
    axes = fig.subplots(1, len(LABELS), sharex=True)
    most = 100 * max(max(v) for values in of.values() for v in values.values())
    for ax, n in zip(axes, LABELS, strict=True):
        for row, name in enumerate(order[n]):
            look, marker = LOOK.get(name, ("", "^"))
            colour = style.COLOURS.get(look, "#CC79A7")
            values = [100 * v for v in of[n][name]]
            ax.plot(mean(values), row, marker, color=colour, markersize=9)
            ax.plot(values, [row] * len(values), "|", color=style.INK, markersize=7)
            if name in guess.get(n, {}):
                ax.text(1.5 * most, row, f"you: {guess[n][name]}", ha="right", va="center")
        ax.set_yticks(range(len(ENCODERS)), [f"{r} {e}" for r, e in enumerate(order[n], 1)])
        ax.set_xlim(0, 1.5 * most)
        ax.set_ylim(len(ENCODERS) - 0.5, -0.5)
        style.label(ax, "test accuracy (%)", "", f"{n} label{'s' * (n > 1)} a class")
    return fig


def words(first: str) -> str:
    """The picture in words."""
    of, order, guess = measured(), ordered(), places(first)
    parts = []
    for n in LABELS:
        row = [
            f"{e} {100 * mean(of[n][e]):.1f}"
            + (f" (you: {guess[n][e]})" if e in guess.get(n, {}) else "")
            for e in order[n]
        ]
        parts.append(f"With {n} label{'s' * (n > 1)} a class: {', '.join(row)}.")
    return "Test accuracy of a linear probe on clutter in percent, best first. " + " ".join(parts)
