"""Pictures of what an objective asks for: losses along a logit, three trainings side by side."""

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure

from course_lib.widgets import style

# objective → (colour, line)
LINES = {
    "softmax": ("#009E73", "-."),
    "sigmoid": ("#0072B2", "-"),
    "positive only": ("#D55E00", "--"),
}
History = Mapping[str, Sequence[float]]  # "step", "loss", "accepted", "accuracy"


def compute(least: float = -6, most: float = 6) -> dict:
    """Both sigmoid losses of one class along its logit, when it is the right one and when not."""
    z = torch.linspace(least, most, 121)
    nothing = torch.zeros_like(z)
    return {
        "z": z,
        "right class, y = 1": {"sigmoid": -F.logsigmoid(z), "positive only": -F.logsigmoid(z)},
        "wrong class, y = 0": {"sigmoid": -F.logsigmoid(-z), "positive only": nothing},
    }


def draw(arrays: dict) -> Figure:
    """A panel a target; where a line falls, training moves the logit."""
    fig = style.figure(7.4, 2.4)
    z, *titles = arrays
    for ax, title in zip(fig.subplots(1, 2, sharey=True), titles, strict=True):
        for name, values in arrays[title].items():
            colour, line = LINES[name]
            ax.plot(arrays[z], values, line, color=colour, label=name, lw=2.5)
        ax.axhline(0, color=style.PALE, lw=1, zorder=0)
        style.label(ax, "logit z of the class", "loss of the class (nats)", title)
        ax.legend(frameon=False, loc="upper center")
    return fig


def show() -> None:
    """The two panels."""
    style.show(
        draw(compute()),
        "Two panels over the logit of one class. Right class: both losses are one curve, which "
        "falls as the logit grows. Wrong class: the full sigmoid loss rises with the logit, the "
        "positive-only loss is zero everywhere.",
    )


def draw_runs(runs: Mapping[str, History], classes: int = 10) -> Figure:
    """Training loss, and how many classes an image are accepted, for each objective."""
    fig = style.figure(7.8, 2.8)
    left, right = fig.subplots(1, 2)
    for name, history in runs.items():
        colour, line = LINES[name]
        left.plot(history["step"], history["loss"], line, color=colour, label=name)
        right.plot(history["step"], history["accepted"], line, color=colour, label=name)
    left.set_yscale("log")
    style.label(left, "training step", "training loss (nats), log scale")
    right.axhline(1, color=style.INK, ls=":", lw=1.2)
    right.set_ylim(0, classes + 0.4)
    style.label(right, "training step", f"accepted classes, of {classes}")
    handles, names = left.get_legend_handles_labels()
    fig.legend(handles, names, loc="outside upper center", ncols=3, frameon=False)
    return fig


def show_runs(runs: Mapping[str, History], classes: int = 10) -> None:
    """The picture, then the last values as a table."""
    ends = [
        (
            name,
            f"{of['loss'][-1]:.3f}",
            f"{of['accepted'][-1]:.2f}",
            f"{100 * of['accuracy'][-1]:.1f}",
        )
        for name, of in runs.items()
    ]
    alt = "Training loss and accepted classes over steps. At the end: " + "; ".join(
        f"{name}: loss {loss}, {accepted} classes accepted an image, accuracy {right} %"
        for name, loss, accepted, right in ends
    )
    style.show(draw_runs(runs, classes), alt + ".")
    heads = ["objective", "training loss", f"accepted classes, of {classes}", "accuracy on val (%)"]
    style.table(heads, ends, "At the last step")
