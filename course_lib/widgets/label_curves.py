"""The readout ladder as curves: accuracy against labels a class, a panel a readout."""

from statistics import mean

from matplotlib.figure import Figure

from course_lib.core.errors import CourseError
from course_lib.widgets import ladder, style


def compute() -> dict:
    """`curves`: readout → encoder → labels → accuracies in %, a value a seed; `chance` in %."""
    of = ladder.record()
    curves: dict[str, dict[str, dict[str, list[float]]]] = {}
    for arm, values in of.arms.items():
        encoder, readout, labels = arm.split(", ")
        found = curves.setdefault(readout, {}).setdefault(encoder, {})
        found[labels] = [100 * value for value in values]
    return {"curves": curves, "chance": 100 * of.floors.get("chance", 1 / 10)}


def draw(arrays: dict) -> Figure:
    """Lines through the means, a small dot a seed, chance dashed."""
    fig = style.figure(8.2, 3.0)
    panels = fig.subplots(1, len(ladder.READOUTS), sharey=True)
    for ax, (readout, title) in zip(panels, ladder.READOUTS.items(), strict=True):
        for encoder, of in arrays["curves"].get(readout, {}).items():
            name, colour, marker = ladder.ENCODERS[encoder]
            x = [ladder.LABELS.index(labels) for labels in of]
            ax.plot(x, [mean(v) for v in of.values()], color=colour, marker=marker, ms=7,
                    mec="white", label=name)  # fmt: skip
            for at, values in zip(x, of.values(), strict=True):
                ax.plot([at] * len(values), values, ".", color=style.INK, ms=3, zorder=3)
        ax.axhline(arrays["chance"], color=style.INK, ls="--", lw=1.2)
        ax.set_xticks(range(len(ladder.LABELS)), ladder.LABELS)
        ax.set_xlim(-0.2, len(ladder.LABELS) - 0.8)
        ax.grid(axis="y", color=style.PALE)
        style.label(ax, "labels a class", "", title)
    panels[0].set_ylim(0, 100)
    panels[0].set_ylabel("accuracy on test (%)")
    handles, names = panels[0].get_legend_handles_labels()
    fig.legend(handles, names, loc="outside upper center", ncols=5, frameon=False)
    return fig


def alt(arrays: dict) -> str:
    """The picture in words."""
    parts = []
    for readout, of in arrays["curves"].items():
        lines = [
            f"{ladder.ENCODERS[encoder][0]} "
            + ", ".join(f"{mean(values):.1f}" for values in by_labels.values())
            for encoder, by_labels in of.items()
        ]
        parts.append(f"{ladder.READOUTS[readout]}: {'; '.join(lines)}.")
    counts = ", ".join(ladder.LABELS)
    return (
        f"Accuracy on test in % at {counts} labels a class; chance {arrays['chance']:.1f}. "
        + " ".join(parts)
    )


def show() -> None:
    """The curves, or one sentence where they were not measured yet."""
    try:
        arrays = compute()
    except CourseError as error:
        print(error)
        return
    style.show(draw(arrays), alt(arrays))
