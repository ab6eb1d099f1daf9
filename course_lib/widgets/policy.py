"""One policy, three tasks: what helps to tell the class may make the colour impossible to tell.

The student chooses how strongly five operations augment 96 small pictures, and sees how well a
linear readout then tells their class, orientation and colour. It is solved in closed form, see
`three_tasks`: nothing is drawn and nothing trained. The accuracy is counted on other pictures, as
they are.
"""

import sys

import torch
from matplotlib.figure import Figure

from course_lib.core.errors import CourseError, nearest
from course_lib.widgets import style
from course_lib.widgets.panel import Panel, slider
from course_lib.widgets.three_tasks import (
    MOST,
    NAMES,
    SIDE,
    TASKS,
    accuracies,
    averaged,
    families,
    material,
    words,
)


def compute(**strengths: int) -> dict:
    """The three accuracies under a policy and without one. Strengths of NAMES, 0 (off) to 4.

    Returns `strengths`, `accuracy`, `before` and `chance` (task → %), `images`: a picture, what
    each operation may make of it, and the mean of all its views; uint8 (7, 3, SIDE, SIDE).
    CourseError for an unknown operation or another strength.
    """
    for name, strength in strengths.items():
        if name not in NAMES:
            raise CourseError(f"There is no operation {name!r}: {nearest(name, NAMES)}")
        if strength not in range(MOST + 1):
            raise CourseError(f"{name} has a whole strength from 0 to {MOST}, not {strength!r}.")
    chosen = {name: int(strengths.get(name, 0)) for name in NAMES}
    picture = material()[-1]
    images, mean = [picture], picture.flatten(1)
    for name, strength in chosen.items():
        images.append(picture)
        for family in families(name, strength):
            k = SIDE // 2 * (SIDE + 1) if name == "erase" else len(family) - 1
            images[-1] = family.at(k, images[-1])
            mean = averaged(family, mean)
    images.append(mean.view(1, 3, SIDE, SIDE))
    return {
        "strengths": chosen,
        "accuracy": accuracies(tuple(chosen.values())),
        "before": accuracies((0,) * len(NAMES)),
        "chance": {task: 100 / n for task, n in TASKS.items()},
        "images": (255 * torch.cat(images)).round().to(torch.uint8),
    }


def draw(arrays: dict) -> Figure:
    """Above, a picture and its views; below, a bar a task with its mark before and its chance."""
    fig = style.figure(8.4, 3.5)
    top, ax = fig.subplots(2, 1, height_ratios=[1, 1.35])
    draw_views(top, arrays)
    for row, (task, value) in enumerate(arrays["accuracy"].items()):
        before, chance = arrays["before"][task], arrays["chance"][task]
        ax.barh(row, value, 0.56, color=style.RIGHT if value >= before else style.WRONG)
        ax.plot([before] * 2, [row - 0.38, row + 0.38], color=style.INK, lw=2.5)
        ax.plot([chance] * 2, [row - 0.38, row + 0.38], color=style.INK, lw=1.2, ls=":")
        ax.text(101, row, f"{value:.1f} ({value - before:+.1f})", va="center", fontsize=9)
    ax.set_yticks(range(len(TASKS)), list(TASKS))
    ax.invert_yaxis()
    ax.set_xlim(0, 100)
    ax.set_xlabel("accuracy on new pictures (%); line: without augmentation, dotted: chance")
    return fig


def draw_views(ax, arrays: dict) -> None:
    """The pictures in one row, those of operations that are off faint."""
    titles = {"as it is": 1, **arrays["strengths"], "mean view": 1}
    for place, (image, (title, on)) in enumerate(
        zip(arrays["images"], titles.items(), strict=True)
    ):
        start = 1.1 * place
        ax.imshow(
            image.permute(1, 2, 0).numpy(), extent=(start, start + 1, 0, 1), alpha=1 if on else 0.15
        )
        ax.text(start + 0.5, 1.06, title if on else f"{title}: off", ha="center", fontsize=9)
    ax.set_xlim(0, start + 1)
    ax.set_ylim(0, 1.2)
    ax.set_axis_off()


def news(arrays: dict) -> str:
    """The policy, and which way each task went."""
    chosen = [f"{name} ({words(name, s)})" for name, s in arrays["strengths"].items() if s]
    told = ", ".join(
        f"{task} {value:.1f} % ({value - arrays['before'][task]:+.1f})"
        for task, value in arrays["accuracy"].items()
    )
    return f"{', '.join(chosen) or 'No augmentation'}: {told}."


def alt(arrays: dict) -> str:
    """The picture in words."""
    chance = ", ".join(f"{task} {value:.0f} %" for task, value in arrays["chance"].items())
    return (
        f"A small picture, what each operation may make of it, and the mean of all its views. "
        f"Accuracy of the three readouts, and points since no augmentation. {news(arrays)} "
        f"Chance: {chance}."
    )


def show(**strengths: int) -> None:
    """The picture with a slider for each operation."""
    chosen = compute(**strengths)["strengths"]  # raises before anything is shown
    sliders = {n: slider(n, s, MOST, 1, lambda _: panel.changed()) for n, s in chosen.items()}

    def now() -> dict:
        return compute(**{name: int(each.value) for name, each in sliders.items()})

    panel = Panel(list(sliders.values()), now, sys.modules[__name__], "course-policy")
    panel.show()
