"""What a ridge learns from Fashion-MNIST under five policies, measured on three tasks, exactly.

Each policy is a few whole-pixel maps with chances, so its expected squared error has a closed form:
nothing is sampled but which images are learnt from, three times.
"""

import ast
from functools import lru_cache
from statistics import mean

import torch
from matplotlib.figure import Figure
from torch import Tensor

from course_lib import data
from course_lib.widgets import style

POLICIES = ("none", "sideways", "up and down", "mirrored", "half covered")
TASKS = ("as taken", "moved sideways", "which way round")
SIDE, REACH, LEARN, TEST, SEEDS = 14, 2, 1500, 2000, 3
RIDGE = 0.02
CLEAR = 0.01  # of accuracy; less is a near tie
Order = dict[str, list[str]]


def moved(images: Tensor, rows: int, columns: int) -> Tensor:
    """(N, S, S) shifted down and right; what comes in is 0."""
    out = torch.zeros_like(images)
    side = images.shape[1]
    to, source = (
        [slice(max(sign * n, 0), side + min(sign * n, 0)) for n in (rows, columns)]
        for sign in (1, -1)
    )
    out[:, to[0], to[1]] = images[:, source[0], source[1]]
    return out


def covered(images: Tensor, side: int) -> Tensor:
    """One half black: 0 top, 1 bottom, 2 left, 3 right."""
    out, half = images.clone(), images.shape[1] // 2
    part = slice(0, half) if side % 2 == 0 else slice(half, None)
    out[:, part] = 0 if side < 2 else out[:, part]
    if side > 1:
        out[:, :, part] = 0
    return out


def views(images: Tensor, policy: str) -> list[Tensor]:
    """All that a policy makes of images, equally likely."""
    reach = range(-REACH, REACH + 1)
    if policy == "sideways":
        return [moved(images, 0, n) for n in reach]
    if policy == "up and down":
        return [moved(images, n, 0) for n in reach]
    if policy == "mirrored":
        return [images, images.flip(2)]
    if policy == "half covered":
        return [images, *(covered(images, n) for n in range(4))]
    return [images]


def ridge(images: Tensor, labels: Tensor, classes: int, policy: str) -> Tensor:
    """The readout (D + 1, K) of least expected squared error."""
    made = torch.cat([flat(view) for view in views(images, policy)])
    count = len(made) // len(images)
    wanted = torch.nn.functional.one_hot(labels, classes).double().repeat(count, 1)
    second = made.T @ made / count + RIDGE * len(images) * torch.eye(made.shape[1]).double()
    return torch.linalg.solve(second, made.T @ wanted / count)


def flat(images: Tensor) -> Tensor:
    """(N, S, S) → (N, D + 1), with a constant at the end."""
    return torch.nn.functional.pad(images.flatten(1).double(), (0, 1), value=1.0)


def right(readout: Tensor, images: Tensor, labels: Tensor) -> float:
    return ((flat(images) @ readout).argmax(dim=1) == labels).double().mean().item()


@lru_cache(maxsize=1)
def measured() -> dict[str, dict[str, list[float]]]:
    """Task → policy → accuracy, one of each seed. Images of val; what is tested is never learnt."""
    all_ = data.load("fashion", "val", size=SIDE)
    pictures, label = all_.image[:, 0].float() / 255, all_.label
    test = slice(len(pictures) - TEST, None)
    found: dict[str, dict[str, list[float]]] = {t: {p: [] for p in POLICIES} for t in TASKS}
    turned = torch.cat([pictures[test], pictures[test].flip(2)])
    way = torch.arange(2).repeat_interleave(TEST)
    for seed in range(SEEDS):
        part = slice(seed * LEARN, (seed + 1) * LEARN)
        both = torch.cat([pictures[part], pictures[part].flip(2)])
        for policy in POLICIES:
            readout = ridge(pictures[part], label[part], 10, policy)
            shifted = [right(readout, v, label[test]) for v in views(pictures[test], "sideways")]
            facing = ridge(both, torch.arange(2).repeat_interleave(LEARN), 2, policy)
            values = (right(readout, pictures[test], label[test]), mean(shifted),
                      right(facing, turned, way))  # fmt: skip
            for task, value in zip(TASKS, values, strict=True):
                found[task][policy].append(value)
    return found


def ordered() -> Order:
    """The policies by their mean accuracy, best first, for each task."""
    return {t: sorted(POLICIES, key=lambda p: -mean(of[p])) for t, of in measured().items()}


def lead(better: list[float], worse: list[float]) -> float:
    """By how much the mean is higher, where the order is clear: in every seed, and not by less than
    a point; else 0."""
    gaps = [a - b for a, b in zip(better, worse, strict=True)]
    return mean(gaps) if min(gaps) > 0 and mean(gaps) >= CLEAR else 0.0


def places(first: str) -> dict[str, dict[str, int]]:
    """A stored prediction → task → policy → its place, from 1; {} where it cannot be read."""
    try:
        return {
            task.lower(): {str(p).lower(): n for n, p in enumerate(names, 1)}
            for task, names in ast.literal_eval(first).items()
        }
    except (ValueError, SyntaxError, TypeError, AttributeError):
        return {}


def reveal(first: str) -> None:
    """Shows what was measured, and beside each policy its place in the stored prediction."""
    style.show(draw(first), words(first))


def draw(first: str) -> Figure:
    """A panel for each task; best on top."""
    of, order, guess = measured(), ordered(), places(first)
    fig = style.figure(9, 2.8)
    for ax, task in zip(fig.subplots(1, len(TASKS)), TASKS, strict=True):
        for row, name in enumerate(order[task]):
            values = [100 * v for v in of[task][name]]
            ax.plot(mean(values), row, "o", color=style.RIGHT, markersize=9)
            ax.plot(values, [row] * len(values), "|", color=style.INK, markersize=7)
            if place := guess.get(task, {}).get(name):
                ax.text(104, row, f"you: {place}", ha="right", va="center")
        ax.set_yticks(range(len(POLICIES)), [f"{r} {p}" for r, p in enumerate(order[task], 1)])
        ax.set_xlim(25, 105)
        ax.set_ylim(len(POLICIES) - 0.5, -0.5)
        style.label(ax, "accuracy (%)", "", task)
    return fig


def words(first: str) -> str:
    """The picture in words."""
    of, order, guess = measured(), ordered(), places(first)
    parts = []
    for task in TASKS:
        row = [
            f"{p} {100 * mean(of[task][p]):.1f}"
            + (f" (you: {guess[task][p]})" if p in guess.get(task, {}) else "")
            for p in order[task]
        ]
        parts.append(f"{task.capitalize()}: {', '.join(row)}.")
    return "Accuracy of a linear readout in percent, best first. " + " ".join(parts)
