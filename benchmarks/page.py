"""docs/speed.md, its tables and its picture made of what is stored under results/bench."""

from collections.abc import Iterable, Mapping

from benchmarks.measure import stored
from course_lib.claims.page import filled
from course_lib.claims.record import results

NOT_YET = "Not yet measured.\n"
PAGE, PICTURE = "docs/speed.md", "docs/pictures/growth.png"


def table(head: str, rows: Iterable[Iterable[str]]) -> str:
    """Markdown; head: titles with | between."""
    lines = [f"| {head} |", "|---" * (head.count("|") + 1) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


AIMS = {
    "SimCLR": 0.85, "SimCLR with blur": 0.85, "SimCLR without hue": 0.92,
    "DINO, ViT, 2 + 4 crops": 0.80, "DINO, convnet, 2 + 4 crops": 0.80,
}  # fmt: skip


def shares(values: Mapping) -> str:
    return table(
        "| step, ms | net alone, ms | views/s | share | aim",
        (
            (name, f"{row['step_ms']:.0f}", f"{row['floor_ms']:.0f}", f"{row['views_per_s']:.0f}",
             f"{row['share']:.2f}", f"{AIMS[name]:.2f}" if name in AIMS else "")
            for name, row in values["shares"].items()
        ),
    )  # fmt: skip


def operations(values: Mapping) -> str:
    rows = values["operations_ms"].items()
    return table("512 views of 40 px | ms", ((name, f"{ms:.0f}") for name, ms in rows))


def lightly(values: Mapping) -> str:
    rates = {name: row["views_per_s"] for name, row in values["lightly"].items()}
    bases = [name for name in rates if name.startswith("lightly")]
    rows = (
        (name, f"{rate:.0f}", *(f"{rate / rates[base]:.1f}" for base in bases))
        for name, rate in rates.items()
    )
    return table("| views/s | " + " | ".join(f"times {base}" for base in bases), rows)


def memory(values: Mapping) -> str:
    return table("| MB", ((name, f"{mb:.0f}") for name, mb in values["memory_mb"].items()))


def single(values: Mapping) -> str:
    return table(
        "| measured | aim",
        (
            ("from the command to the end of one step, s", f"{values['first_step_s']:.1f}", "6"),
            ("MAE's step, of one on all tokens", f"{values['mae_step_share']:.2f}", "0.60"),
            ("SimCLR's step with memory kept, of one that gives it back",
             f"{values['kept_memory_share']:.2f}", ""),
        ),
    )  # fmt: skip


def goal(values: Mapping) -> str:
    found = {name: row for name, row in values.items() if name != "goal"}
    base = found["lightly, default"]["seconds"]
    return table(
        "| seconds | of lightly's default | steps | kNN on val, %",
        (
            (name, f"{row['seconds']:.0f}{'' if row['reached'] else ' (not reached)'}",
             f"{row['seconds'] / base:.2f}", f"{row['steps']:.0f}", f"{100 * row['knn']:.1f}")
            for name, row in found.items()
        ),
    )  # fmt: skip


GROWS = {"batch": "batch", "size_px": "pixels", "samples": "images"}


def growth(values: Mapping) -> str:
    rows = [
        (f"{title} {key}", f"{row['views_per_s']:.0f}", f"{row['share']:.2f}")
        for what, title in GROWS.items()
        for key, row in values[what].items()
    ]
    rows += [
        (f"processes x threads {key}", f"{row['views_per_s']:.0f}", "")
        for key, row in values["processes_x_threads"].items()
    ]
    peaks = values["peak_mb_by_samples"].items()
    return (
        "![Views per second of a step and of the net alone over the batch, the pixels and the "
        "images](pictures/growth.png)\n\n"
        + table("| views/s | share", rows)
        + "\n"
        + table("images in memory | peak MB", ((n, f"{mb:.0f}") for n, mb in peaks))
    )


def gpu(values: Mapping) -> str:
    epochs = table(
        f"SimCLR, ResNet-18, {values['gpu']} | epoch, s | views, share of a step | views/s",
        (
            (name, f"{row['epoch_s']:.2f}", f"{1 - row['share']:.2f}", f"{row['views_per_s']:.0f}")
            for name, row in values["simclr"].items()
        ),
    )
    rows = (
        (name, *("yes" if row[key] else "no" for key in ("finite", "resumed_equal")),
         ", ".join(row["unordered"]))
        for name, row in values["methods"].items()
    )  # fmt: skip
    head = "| finite in bf16 | resumed bit-equal | kernels without a fixed order"
    return epochs + "\n" + table(head, rows)


PARTS = {
    "shares": ("laptop", shares),
    "operations": ("laptop", operations),
    "lightly": ("laptop", lightly),
    "memory": ("laptop", memory),
    "single": ("laptop", single),
    "goal": ("reach", goal),
    "growth": ("grow", growth),
    "gpu": ("gpu", gpu),
}


def parts() -> dict[str, str]:
    """What stands between each pair of marks, and where it was measured."""
    found = {}
    for name, (file, make) in PARTS.items():
        content = stored(file)
        where = (
            f"\n{content['machine']}; torch {content['versions']['torch']}.\n" if content else ""
        )
        found[name] = make(content["values"]) + where if content else NOT_YET
    return found


def show() -> None:
    """Fills the page and draws its picture."""
    page = results().parent / PAGE
    page.write_text(filled(page.read_text(encoding="utf-8"), parts()), encoding="utf-8")
    if content := stored("grow"):
        draw(content["values"])


def draw(values: Mapping) -> None:
    """Views a second of a step and of the net alone, as batch, images and data grow."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(10, 3.2), layout="constrained")
    titles = {"batch": "batch", "size_px": "pixels a side", "samples": "images in the data"}
    for axis, (key, title) in zip(axes, titles.items(), strict=True):
        rows = values[key]
        x = [int(name) for name in rows]
        axis.plot(x, [row["views_per_s"] for row in rows.values()], "o-", label="a whole step")
        floor = [row["views_per_s"] / row["share"] for row in rows.values()]
        axis.plot(x, floor, "o--", color="0.5", label="the net alone")
        axis.set(xscale="log", xlabel=title, ylim=(0, None))
        axis.set_xticks(x, [f"{n:,}" for n in x], minor=False)
        axis.minorticks_off()
    axes[0].set_ylabel("views per second")
    axes[0].legend(frameon=False)
    figure.savefig(results().parent / PICTURE, dpi=110)
    plt.close(figure)
