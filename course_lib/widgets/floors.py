"""The stored floors of every set: what chance, raw pixels and untrained nets reach."""

from pathlib import Path
from statistics import mean, stdev

from matplotlib.figure import Figure

from course_lib.claims import Record, read
from course_lib.core import paths
from course_lib.core.errors import CourseError
from course_lib.widgets import style

# arm → (how it is drawn, in whose colour, with which marker)
KINDS = {
    "chance": ("chance", style.INK, "|"),
    "raw pixels kNN": ("raw pixels, kNN", style.COLOURS["pixels"], "s"),
    "random net kNN": ("random net, kNN", style.COLOURS["random"], "X"),
    "random net linear": ("random net, linear", style.COLOURS["random"], "o"),
}


def stored() -> list[Record]:
    """Every readable figure of floors; one that cannot be read says so and is left out."""
    folders = [folder.parent / "results" / "figures" for folder in paths.packs()]
    files: dict[str, Path] = {}
    for folder in folders:
        for file in sorted(folder.glob("floors_*.json")):
            files.setdefault(file.name, file)
    records = []
    for file in files.values():
        try:
            records.append(read(file))
        except CourseError as error:
            print(error)
    return records


def compute(split: str = "test") -> dict[str, dict[str, list[float]]]:
    """Set, and its labelling where there are several → floor → a percentage a seed."""
    found: dict[str, dict[str, list[float]]] = {}
    for record in stored():
        name = record.row.removeprefix("floors_")
        for arm, values in record.arms.items():
            *labelling, part, kind = arm.split(", ")
            if part == split and kind in KINDS:
                row = f"{name} ({labelling[0]})" if labelling else name
                found.setdefault(row, {})[kind] = [100 * value for value in values]
    return found


def text(values: list[float] | None) -> str:
    """Mean, and the standard deviation over seeds where they differ; nothing for no values."""
    if not values:
        return ""
    spread = stdev(values) if len(values) > 1 else 0.0
    return f"{mean(values):.1f}" + (f" ± {spread:.1f}" if spread else "")


def draw(arrays: dict[str, dict[str, list[float]]]) -> Figure:
    """A line a set, a mark a floor: the further right, the less a set can show."""
    fig = style.figure(8.6, 1.1 + 0.36 * len(arrays))
    ax = fig.add_subplot()
    for kind, (name, colour, marker) in KINDS.items():
        rows = [row for row, values in enumerate(arrays.values()) if kind in values]
        means = [mean(values[kind]) for values in arrays.values() if kind in values]
        size = 14 if marker == "|" else 8
        hollow = "white" if kind.endswith("linear") else colour
        ax.plot(
            *(means, rows),
            marker,
            color=colour,
            ms=size,
            mew=2,
            mfc=hollow,
            clip_on=False,
            label=name,
        )
    ax.set_yticks(range(len(arrays)), list(arrays))
    ax.set_ylim(len(arrays) - 0.5, -0.5)
    ax.set_xlim(0, 100)
    ax.grid(axis="y", color=style.PALE)
    style.label(ax, "accuracy on test (%), mean over seeds", "set")
    fig.legend(loc="outside upper center", ncols=4, frameon=False)
    return fig


def alt(arrays: dict[str, dict[str, list[float]]]) -> str:
    """The picture in words."""
    parts = [
        f"{row}: " + ", ".join(f"{KINDS[kind][0]} {text(values)}" for kind, values in of.items())
        for row, of in arrays.items()
    ]
    return "Floors of each set, accuracy on test in %. " + "; ".join(parts) + "."


def show() -> None:
    """The floors as a picture and as a table, read from where they are stored."""
    if not (arrays := compute()):
        print("The floors are not stored yet.")
        return
    style.show(draw(arrays), alt(arrays))
    rows = [(row, *(text(of.get(kind)) for kind in KINDS)) for row, of in arrays.items()]
    heads = [name for name, *_ in KINDS.values()]
    style.table(["set", *heads], rows, "Accuracy on test (%), mean ± standard deviation over seeds")
