"""The readout ladder: the same encoders, read out in another way or with other labels, in order.

It draws what `results/figures/readout_ladder.json` holds; nothing is computed anew. Arms are named
"ENCODER, READOUT, LABELS", with as many labels a class.
"""

from itertools import pairwise
from statistics import mean

from matplotlib.figure import Figure

from course_lib.claims import Record
from course_lib.core.errors import CourseError, nearest
from course_lib.widgets import style
from course_lib.widgets.claim_table import stored

# arm → (name, colour, marker)
ENCODERS = {
    "raw pixels": ("raw pixels", style.COLOURS["pixels"], style.MARKERS["pixels"]),
    "PCA 64": ("PCA 64", "#CC79A7", "^"),
    "random": ("random net", style.COLOURS["random"], style.MARKERS["random"]),
    "simclr": ("label-free net", style.COLOURS["label-free"], style.MARKERS["label-free"]),
    "supervised": ("supervised net", style.COLOURS["supervised"], style.MARKERS["supervised"]),
}
READOUTS = {"knn": "kNN", "linear": "linear probe", "finetune": "fine-tuning"}
LABELS = ("1", "10", "100", "all")
FILE = "readout_ladder"
MISSING = (
    "The readout ladder is not measured yet: `course claims run readout_ladder` does it, in about "
    "forty minutes."
)
Setting = tuple[str, str]  # readout, labels a class


def record() -> Record:
    """The stored figure. Raises CourseError, in one sentence, when it is not there or damaged."""
    if (found := stored(FILE, "figures")) is None:
        raise CourseError(MISSING)
    return found


def rungs(of: Record, setting: Setting) -> list[dict]:
    """Encoders with their accuracies (%), a value a seed, best mean first.

    Raises CourseError for an unknown readout or number of labels, and where nothing is stored.
    """
    readout, labels = setting
    if readout not in READOUTS:
        raise CourseError(f"There is no readout {readout!r}: {nearest(readout, READOUTS)}")
    if labels not in LABELS:
        raise CourseError(f"Labels a class are {', '.join(LABELS)}, not {labels!r}.")
    found = []
    for encoder in ENCODERS:
        if values := of.arms.get(f"{encoder}, {readout}, {labels}"):
            percent = [100 * value for value in values]
            found.append({"encoder": encoder, "values": percent, "mean": mean(percent)})
    if not found:
        raise CourseError(f"Nothing is stored for {words(setting)}: run the figure again.")
    return sorted(found, key=lambda rung: -rung["mean"])


def words(setting: Setting) -> str:
    """ "linear probe, 10 labels a class" """
    readout, labels = setting
    many = {"1": "1 label a class", "all": "all labels"}.get(labels, f"{labels} labels a class")
    return f"{READOUTS[readout]}, {many}"


def apart(above: dict, below: dict) -> bool:
    """Whether every seed puts the two in the same order; if not, the order may be luck."""
    return all(a > b for a, b in zip(above["values"], below["values"], strict=True))


def compute(readout: str = "linear", labels: str = "10", before: Setting | None = None) -> dict:
    """The rungs of one setting, beside those of the one before it.

    Returns `setting`, `now`, `before` (its setting or None), `then` (its rungs or []), `moved`
    (encoders whose order among those in both changed) and `chance` (%).
    """
    of, setting = record(), (readout, labels)
    now = rungs(of, setting)
    then = rungs(of, before) if before else []
    both = {r["encoder"] for r in now} & {r["encoder"] for r in then}
    new, old = ([r["encoder"] for r in side if r["encoder"] in both] for side in (now, then))
    moved = [a for a, b in zip(new, old, strict=True) if a != b]
    chance = 100 * of.floors.get("chance", 1 / 10)
    return {"setting": setting, "now": now, "before": before, "then": then,
            "moved": moved, "chance": chance}  # fmt: skip


def draw(arrays: dict) -> Figure:
    """Left: how the order came about. Right: the accuracies, a small dot a seed, chance dashed."""
    fig = style.figure(8.4, 3.2)
    left, right = fig.subplots(1, 2, width_ratios=[1.25, 1])
    draw_order(left, arrays)
    draw_rungs(right, arrays)
    for ax in (left, right):
        ax.set_ylim(len(ENCODERS) + 0.5, 0.5)
        ax.set_yticks(range(1, len(ENCODERS) + 1))
    right.set_yticklabels([])
    return fig


def draw_order(ax, arrays: dict) -> None:
    """Ranks before and now, a line an encoder: bold where the order changed."""
    sides = [(1.0, arrays["now"]), (0.0, arrays["then"])]
    place = {x: {rung["encoder"]: n for n, rung in enumerate(side, 1)} for x, side in sides}
    for encoder, (name, colour, marker) in ENCODERS.items():
        moved = encoder in arrays["moved"]
        ends = [(x, place[x][encoder]) for x, _ in sides if encoder in place[x]]
        ax.plot(*zip(*ends, strict=True), color=colour, lw=4.5 if moved else 1.2,
                marker=marker, ms=8, mec="white", clip_on=False)  # fmt: skip
        for x, rank in ends:
            side = {"ha": "left", "xytext": (10, 0)} if x else {"ha": "right", "xytext": (-10, 0)}
            ax.annotate(name, (x, rank), textcoords="offset points", va="center", fontsize=9,
                        weight="bold" if moved else "normal", **side)  # fmt: skip
    ax.set_xlim(-0.95, 1.95)
    ax.set_xticks([0, 1], [two_lines(arrays["before"]), two_lines(arrays["setting"])])
    ax.set_ylabel("rank (1 is best)")
    ax.spines["bottom"].set_visible(False)
    ax.tick_params(axis="x", length=0)


def two_lines(setting: Setting | None) -> str:
    """A setting below its column."""
    return words(setting).replace(", ", ",\n") if setting else ""


def draw_rungs(ax, arrays: dict) -> None:
    """A rung an encoder: seeds as small dots, the mean as its marker and in figures."""
    for rank, rung in enumerate(arrays["now"], 1):
        name, colour, marker = ENCODERS[rung["encoder"]]
        ax.plot(rung["mean"], rank, marker, color=colour, ms=10, alpha=0.55, mec="none")
        ax.plot(rung["values"], [rank] * len(rung["values"]), ".", color=style.INK, ms=4.5)
        edge = max(rung["values"])
        ax.annotate(f"{rung['mean']:.1f}", (edge, rank), (10, 0), textcoords="offset points",
                    va="center", fontsize=9)  # fmt: skip
    ax.axvline(arrays["chance"], color=style.INK, ls="--", lw=1.2)
    absent = [ENCODERS[e][0] for e in ENCODERS if e not in {r["encoder"] for r in arrays["now"]}]
    if absent:
        text = f"{' and '.join(absent)}:\nno net to train"
        ax.text(0.5, len(ENCODERS) - 0.5, text, transform=ax.get_yaxis_transform(), ha="center",
                va="center", fontsize=8.5, style="italic")  # fmt: skip
    ax.set_xlim(0, 100)
    ax.grid(axis="y", color=style.PALE)
    ax.set_axisbelow(True)
    ax.set_xlabel("accuracy on test (%); dashed: chance")


def order(now: list[dict]) -> str:
    """ "supervised net > random net ≈ raw pixels", ≈ where the seeds disagree on the order."""
    text = ENCODERS[now[0]["encoder"]][0]
    for above, below in pairwise(now):
        text += f" {'>' if apart(above, below) else '≈'} {ENCODERS[below['encoder']][0]}"
    return text


def news(arrays: dict) -> str:
    """One or two sentences: the order, and who changed places."""
    text = f"{words(arrays['setting'])}: {order(arrays['now'])}."
    if arrays["before"]:
        moved = ", ".join(ENCODERS[encoder][0] for encoder in arrays["moved"])
        change = f"changed places: {moved}" if moved else "the order is the same"
        text += f" Since {words(arrays['before'])}, {change}."
    return text


def alt(arrays: dict) -> str:
    """The picture in words."""
    parts = [
        f"{ENCODERS[rung['encoder']][0]} {rung['mean']:.1f} % (seeds "
        + ", ".join(f"{value:.1f}" for value in rung["values"])
        + ")"
        for rung in arrays["now"]
    ]
    return f"{news(arrays)} Accuracy on test: {'; '.join(parts)}; chance {arrays['chance']:.1f} %."


def show(readout: str = "linear", labels: str = "all") -> None:
    """The picture with its controls: choose a readout and how many labels, see the order change."""
    from course_lib.widgets.climb import Climb

    try:
        Climb(readout, labels).show()
    except CourseError as error:
        print(error)
