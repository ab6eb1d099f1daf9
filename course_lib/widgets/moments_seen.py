"""Mean and spread of an augmented image, and the directions in which an augmentation moves it."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from course_lib import data
from course_lib.views import linear
from course_lib.views.linear import Family
from course_lib.views.moments import averaged, numbers, relative_trace
from course_lib.widgets import style

PLACES = (1, 2, 3, 30, 100)  # of eigenvectors, the first has the largest eigenvalue
SMALL = 14  # pixels, so that a covariance has 196 × 196 numbers
ANGLES = tuple(float(angle) for angle in range(-30, 31, 5))


def families(side: int) -> dict[str, Family]:
    """Four augmentations of images with `side` pixels, alike in strength to the eye."""
    reach = side // 7
    return {
        "shift": linear.shift(reach, reach),
        "turn": linear.rotate(ANGLES),
        "erase": linear.erase(3 * side // 7, side, side),
        "brightness": linear.gain([0.5 + 0.1 * k for k in range(11)]),
    }


def items(n: int, side: int = 28, split: str = "val") -> tuple[Tensor, Tensor]:
    """The first n of fashion, float64 (n, 1, side, side) in [0, 1], and their classes (n,)."""
    some = data.load("fashion", split)
    return F.interpolate(numbers(some.image[:n]), (side, side), mode="area"), some.label[:n]


def spread(family: Family, image: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each pixel over all draws, (C, H, W) each, exactly."""
    every = family.every(image[None])[:, 0]  # (K, C, H, W)
    chances = family.chances.view(-1, 1, 1, 1)
    mean = (chances * every).sum(0)
    return mean, (chances * (every - mean).square()).sum(0).sqrt()


def compute(row: int = 15) -> dict:
    """`image` (1, 28, 28) and name → (mean, standard deviation), (1, 28, 28) each."""
    image = items(row + 1)[0][row]
    found = {name: spread(family, image) for name, family in families(28).items()}
    return {"image": image, "spread": found}


def grey(ax: Axes, image: Tensor, low: float = 0.0, high: float | None = 1.0) -> None:
    """An image (H, W) without ticks; dark for `low`, light for `high` or its largest value."""
    ax.imshow(image.numpy(), cmap="gray", vmin=low, vmax=high)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)


def draw(arrays: dict) -> Figure:
    """A column an augmentation; above the mean image, below the standard deviation."""
    fig = style.figure(6.6, 2.9)
    grid = fig.subplots(2, 1 + len(arrays["spread"]))
    grey(grid[0][0], arrays["image"][0])
    grid[0][0].set_title("image", fontsize=9)
    grid[1][0].set_axis_off()
    top = max(deviation.max().item() for _, deviation in arrays["spread"].values())
    for axes, (name, (mean, deviation)) in zip(grid.T[1:], arrays["spread"].items(), strict=True):
        grey(axes[0], mean[0])
        grey(axes[1], deviation[0], high=top)
        axes[0].set_title(name, fontsize=9)
    told = ("mean\n(white: 1)", f"standard\ndeviation\n(white: {top:.2f})")
    for ax, text in zip(grid[:, 1], told, strict=True):
        ax.set_ylabel(text, fontsize=9, rotation=0, ha="right", va="center", labelpad=6)
    return fig


def show() -> None:
    """Means and standard deviations of one image under four augmentations."""
    arrays = compute()
    style.show(
        draw(arrays),
        "An item of fashion, and for each of shift, turn, erase and brightness its mean image and, "
        "below, the standard deviation of each pixel. Under shift the mean is blurred and the "
        "outline varies; under turn mostly what is far from the middle; under erase the mean is "
        "darker and every light pixel varies; under brightness the mean is the image itself.",
    )


def directions(n: int = 300, side: int = SMALL) -> dict:
    """name → `values` (P,), the eigenvalues of the mean covariance over n images from the largest
    on, `vectors` (P, side, side) in that order, and `strength`, its relative trace."""
    images = items(n, side)[0]
    found = {}
    for name, family in families(side).items():
        cov = averaged(family, images).cov
        values, vectors = torch.linalg.eigh(cov)
        found[name] = {
            "values": values.flip(0).clamp_min(0),
            "vectors": vectors.T.flip(0).view(-1, side, side),
            "strength": relative_trace(cov, images),
        }
    return found


def draw_directions(found: Mapping[str, dict]) -> Figure:
    """A row an augmentation: three eigenvectors of the largest values, two of smaller ones."""
    fig = style.figure(6.2, 1.12 * len(found) + 0.3)
    grid = fig.subplots(len(found), 5)
    for axes, (name, of) in zip(grid, found.items(), strict=True):
        for ax, vector in zip(axes, of["vectors"][[n - 1 for n in PLACES]], strict=True):
            top = vector.abs().max().item()
            grey(ax, vector, -top, top)
        axes[0].set_ylabel(name, rotation=0, ha="right", va="center", labelpad=8)
    for ax, place in zip(grid[0], PLACES, strict=True):
        ax.set_title(f"number {place}", fontsize=9)
    return fig


def show_directions() -> None:
    """Along what an augmentation moves images most and least; how much the first ten hold."""
    found = directions()
    rows = []
    for name, of in found.items():
        share = of["values"][:10].sum() / of["values"].sum()
        rows.append((name, f"{of['strength']:.2f}", f"{100 * share:.0f}"))
    told = "; ".join(f"{name} {strength}" for name, strength, _ in rows)
    style.show(
        draw_directions(found),
        "Eigenvectors of the covariance of fashion under four augmentations, as images, grey for "
        "zero: the three with the largest eigenvalues are broad and smooth, numbers "
        f"{PLACES[-2]} and {PLACES[-1]} are finer and finer grained. Strengths: {told}.",
    )
    style.table(
        ["augmentation", "strength (relative trace)", "of it in ten directions (%)"],
        rows,
        f"Mean covariance over 300 images of fashion at {SMALL} × {SMALL} pixels",
    )
