"""Eight ways to regularise one net, by four measures: every seed, and what three seeds resolve."""

from statistics import mean

from matplotlib.figure import Figure

from course_lib.claims.u02_order import COLUMNS, Difference, column, resolved
from course_lib.widgets import style
from course_lib.widgets.claim_table import ALONE, stored

KEY, BASE = "augmentation_order", "baseline"
FEWER = {"calibration error"}  # measures of which less is better
HEADS = {
    "accuracy": "accuracy (%)",
    "calibration error": "calibration error (%)",
    "accuracy with noise": "accuracy\nwith noise (%)",
    "accuracy with a hidden square": "accuracy with a\nhidden square (%)",
}


def compute() -> dict | None:
    """`names` in the record's order, `values`: measure → name → a value a seed, `resolved`: measure
    → Differences of other names from the baseline that the seeds tell from none; None while the
    figure is not stored."""
    record = stored(KEY, "figures")
    if record is None:
        return None
    first = f", {COLUMNS[0]}"
    return {
        "names": [arm.removesuffix(first) for arm in record.arms if arm.endswith(first)],
        "values": {what: column(record.arms, what) for what in COLUMNS},
        "resolved": {
            what: [d for d in resolved(record.arms, what)[0] if BASE in (d.first, d.second)]
            for what in COLUMNS
        },
    }


def draw(arrays: dict) -> Figure:
    """A panel a measure, a line a method: a ring a seed, a bar at their mean, dotted the baseline;
    blue where three seeds tell a method from the baseline."""
    names = arrays["names"]
    fig = style.figure(8.4, 0.27 * len(names) + 0.9)
    for ax, what in zip(fig.subplots(1, len(COLUMNS), sharey=True), COLUMNS, strict=True):
        told = {d.first for d in arrays["resolved"][what]}
        told |= {d.second for d in arrays["resolved"][what]}
        for row, name in enumerate(names):
            found = [100 * value for value in arrays["values"][what][name]]
            colour = style.RIGHT if name in told - {BASE} else style.INK
            ax.plot(found, [row] * len(found), "o", ms=5, mfc="none", color=colour)
            ax.plot(mean(found), row, "|", ms=13, mew=3, color=colour)
        ax.axvline(100 * mean(arrays["values"][what][BASE]), color=style.INK, ls=":", lw=1.2)
        ax.set_xlabel(HEADS[what])
        ax.grid(axis="y", color=style.PALE)
    fig.axes[0].set_yticks(range(len(names)), names)
    fig.axes[0].invert_yaxis()
    return fig


def words(what: str, found: list[Difference]) -> str:
    """Which methods differ from the baseline in a measure, and which way is better."""
    better: list[str] = []
    worse: list[str] = []
    for of in found:
        other = of.second if of.first == BASE else of.first
        (better if (of.first == BASE) == (what in FEWER) else worse).append(other)
    text = f"better: {', '.join(better) or 'none'}; worse: {', '.join(worse) or 'none'}"
    return text


def show() -> None:
    """The panels and what is resolved; one line while the figure is not stored."""
    arrays = compute()
    if arrays is None:
        print(f"The table is not measured yet. {ALONE}")
        return
    told = ". ".join(
        f"{what}: " + ", ".join(f"{name} {100 * mean(v):.1f}" for name, v in of.items())
        for what, of in arrays["values"].items()
    )
    style.show(
        draw(arrays),
        f"Four panels with a line for each of {len(arrays['names'])} methods, a ring a seed and a "
        f"bar at their mean. In per cent: {told}.",
    )
    rows = [(what, words(what, found)) for what, found in arrays["resolved"].items()]
    style.table(
        ["measure", f"what three seeds tell from the {BASE}, at 95 %"],
        rows,
        "For all others the interval of the differences holds 0: their order is not resolved",
    )
