"""Draws the pictures of the bridges, without data: python docs/bridges/pictures.py."""

import io
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from course_lib.widgets import style

FOLDER = Path(__file__).parent / "pictures"
GREY, BLUE, ORANGE = (style.COLOURS[n] for n in ("random", "supervised", "pixels"))
COLOURS = 48  # of the palette that a PNG is stored with
KEYS = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])  # of bridge 4's example, as its query
QUERY = np.array([2.0, 0.0])
POINTS = np.array([[7.0, 5.0], [3.0, 1.0], [6.0, 2.0], [4.0, 4.0]])  # of bridge 3
OFFSETS = ((0.15, -0.3), (-1.9, -0.35))  # of the names of its axes, from the tips


def soft_maximum(z: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """T · LSE(z / T, 0)."""
    return temperature * np.logaddexp(z / temperature, 0)


def weights(queries: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """(L, d), (M, d) → attention's weights (L, M)."""
    e = np.exp(queries @ keys.T / np.sqrt(keys.shape[1]))
    return e / e.sum(axis=1, keepdims=True)


def lse() -> Figure:
    figure = style.figure(6, 2.9)
    ax = style.label(figure.subplots(), "logit z (the other logit is 0)", "value")
    z = np.linspace(-4, 4, 401)
    ax.plot(z, np.maximum(z, 0), color=GREY, lw=4, alpha=0.6, label="max(z, 0)")
    ax.plot(z, soft_maximum(z, 0.3), color=ORANGE, ls="--", label="T LSE(z/T), T = 0.3")
    ax.plot(z, soft_maximum(z), color=BLUE, label="LSE(z), T = 1")
    ax.annotate("", (0, 0), (0, np.log(2)), arrowprops={"arrowstyle": "<->", "color": style.INK})
    ax.text(-0.15, 0.82, "log 2", ha="right")
    ax.legend(frameon=False, loc="upper left")
    return figure


def cross_entropy() -> Figure:
    figure = style.figure(6, 2.9)
    ax = style.label(figure.subplots(), "belief q that it is the first class", "surprise (nats)")
    q, p = np.linspace(0.004, 0.996, 497), 0.7
    cost = -(p * np.log(q) + (1 - p) * np.log(1 - q))
    entropy = -(p * np.log(p) + (1 - p) * np.log(1 - p))
    ax.fill_between(q, entropy, cost, color=ORANGE, alpha=0.25, lw=0)
    ax.plot(q, cost, color=BLUE)
    ax.axhline(entropy, color=GREY, ls="--")
    ax.plot([p], [entropy], "o", color=style.INK)
    ax.text(0.02, entropy - 0.09, f"entropy H(p) = {entropy:.3f}", va="top")
    ax.text(0.14, 0.85, "KL", fontsize=12)
    ax.text(0.23, 1.6, "cross-entropy H(p, q)", color=BLUE)
    ax.set(xlim=(0, 1), ylim=(0, 2.5))
    return figure


def pca() -> Figure:
    figure = style.figure(4.6, 3.6)
    ax = style.label(figure.subplots(), "first pixel", "second pixel")
    mean = POINTS.mean(axis=0)
    variances, axes = np.linalg.eigh(np.cov(POINTS.T, bias=True))  # ascending
    ax.axline(mean, mean + 1, color=style.PALE, lw=1.5, zorder=0)
    for point in POINTS[2:]:
        ax.plot(*zip(point, mean, strict=True), ":", color=GREY)
    for variance, axis, colour, name, at in zip(
        variances[::-1],
        axes.T[::-1],
        (BLUE, ORANGE),
        ("first axis", "second axis"),
        OFFSETS,
        strict=True,
    ):
        tip = mean + np.sqrt(variance) * axis * np.sign(axis[0])
        arrow(ax, mean, tip, colour)
        ax.text(*(tip + at), name, color=colour if colour == BLUE else "#9A6700")
    ax.plot(*POINTS.T, "o", color=style.INK, ms=7)
    ax.plot(*mean, "X", color=GREY, ms=9)
    ax.text(mean[0] - 0.3, mean[1] - 0.1, "mean", ha="right")
    ax.set(aspect="equal", xlim=(2.4, 8.2), ylim=(0.4, 5.6))
    return figure


def attention() -> Figure:
    figure = style.figure(7, 2.9)
    left, right = figure.subplots(1, 2)
    style.label(left, "first coordinate", "second coordinate", "query and keys")
    arrow(left, (0, 0), QUERY, ORANGE)  # below the key that it matches
    for key, name, at in zip(KEYS, "123", ((0.55, 0.1), (0.08, 0.9), (0.9, 1.1)), strict=True):
        arrow(left, (0, 0), key, BLUE)
        left.text(*at, f"key {name}", color=BLUE)
    left.text(1.45, 0.1, "query", color="#9A6700")
    left.set(aspect="equal", xlim=(-0.15, 2.2), ylim=(-0.15, 1.4))
    style.label(right, "key of token", "query of token", "weights")
    table = weights(KEYS, KEYS)
    right.imshow(table, cmap="Blues", vmin=0, vmax=1)
    for (row, column), value in np.ndenumerate(table):
        ink = "white" if value > 0.5 else style.INK
        right.text(column, row, f"{value:.2f}", ha="center", va="center", color=ink)
    right.set(xticks=range(3), yticks=range(3), xticklabels="123", yticklabels="123")
    return figure


def arrow(ax: Axes, start, end, colour: str) -> None:
    """An arrow between two points of the plane."""
    ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2.5})


def png(figure: Figure) -> bytes:
    """The figure with a small palette and nothing that changes from run to run."""
    raw = io.BytesIO()
    figure.savefig(raw, format="png", metadata={"Software": ""})
    out = io.BytesIO()
    Image.open(raw).convert("RGB").quantize(COLOURS).save(out, "PNG", optimize=True)
    return out.getvalue()


PICTURES = {"lse": lse, "cross_entropy": cross_entropy, "pca": pca, "attention": attention}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        (FOLDER / f"{name}.png").write_bytes(png(draw()))


if __name__ == "__main__":
    main()
