"""Makes the pictures of the pages from packs, stored nets and results: python docs/pictures.py."""

from collections.abc import Mapping
from pathlib import Path
from statistics import mean

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from course_lib.claims.page import stored
from course_lib.claims.tables import READ, UNTRAINED
from course_lib.widgets import neighbours

QUERY = 1  # as many right neighbours as the label-free net has on average
COLOURS = ("#0072b2", "#d55e00")


def methods(arms: Mapping[str, list[float]]) -> Figure:
    """kNN and linear probe of every method of a table: a ring a seed, a bar at their mean."""
    names = {arm.rsplit(", ", 1)[0] for arm in arms}
    order = sorted(names, key=lambda name: mean(arms[f"{name}, kNN"]))
    size = (8, 0.34 * len(order) + 0.9)
    figure, axis = plt.subplots(figsize=size, dpi=110, layout="constrained")
    for row, name in enumerate(order):
        for what, colour, shift in zip(READ[:2], COLOURS, (0.14, -0.14), strict=True):
            shares = [100 * value for value in arms[f"{name}, {what}"]]
            axis.plot(mean(shares), row + shift, "|", ms=13, mew=3, color=colour)
            axis.plot(shares, [row + shift] * len(shares), "o", ms=4, mfc="none", color=colour)
    for what, colour in zip(("20 nearest neighbours", "linear probe"), COLOURS, strict=True):
        axis.plot([], [], "|", ms=13, mew=3, color=colour, label=what)
    axis.set(xlim=(0, 100), xlabel="test accuracy in per cent, three seeds", ylim=(-0.6, None))
    axis.set_yticks(range(len(order)), order)
    for label in axis.get_yticklabels():
        if label.get_text() in UNTRAINED:
            label.set_style("italic")
    axis.grid(axis="x", alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(loc="lower right", frameon=False)
    return figure


def main() -> None:
    folder = Path(__file__).parent / "pictures"
    folder.mkdir(exist_ok=True)
    pictures = {"neighbours": neighbours.draw(neighbours.compute(QUERY, revealed=True))}
    if record := stored("all_methods"):
        pictures["methods"] = methods(record.arms)
    for name, picture in pictures.items():
        picture.savefig(folder / f"{name}.png", metadata={"Software": ""})


if __name__ == "__main__":
    main()
