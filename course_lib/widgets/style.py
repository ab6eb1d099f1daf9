"""The one plot style: colours that keep their meaning, labelled axes, pictures told in words.

Colours are those of Okabe and Ito (2008), which stay apart under the common colour deficiencies;
each encoder also has a marker of its own, so that no picture depends on colour alone. Figures are
opaque white, and so stay readable on a dark page.
"""

import base64
import html
import io
from collections.abc import Iterable, Sequence

import matplotlib
import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

COLOURS = {
    "pixels": "#E69F00",
    "random": "#7A7A7A",
    "supervised": "#0072B2",
    "label-free": "#009E73",
}
MARKERS = {"pixels": "s", "random": "X", "supervised": "o", "label-free": "D"}
NAMES = {
    "pixels": "raw pixels",
    "random": "random net",
    "supervised": "supervised net",
    "label-free": "label-free net",
}
INK, RIGHT, WRONG, PALE = "#1F2933", "#0072B2", "#D55E00", "#E4E7EB"
DPI = 120
RC = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.labelsize": 10,
    "legend.fontsize": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "lines.linewidth": 2,
    "image.interpolation": "nearest",
}


def figure(width: float = 8, height: float = 3) -> Figure:
    """An empty figure in the course's style; inches, where 8 fill a notebook's column.

    It belongs to no pyplot state, so nothing leaks and nothing is shown twice.
    """
    matplotlib.rcParams.update(RC)
    return Figure(figsize=(width, height), dpi=DPI, layout="constrained", facecolor="white")


def label(ax: Axes, x: str, y: str, title: str = "") -> Axes:
    """Names both axes, with units in brackets where there are any."""
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.set_title(title, loc="left")
    return ax


def picture(ax: Axes, image, edge: str | None = None) -> None:
    """Puts one image on `ax` without ticks. image: uint8 (C, H, W), C 1, 3 or 4; edge: a colour."""
    pixels = np.moveaxis(np.asarray(image), 0, -1)  # (H, W, C)
    grey = pixels.shape[-1] == 1
    ax.imshow(pixels[..., 0] if grey else pixels, cmap="gray", vmin=0, vmax=255)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(edge is not None)
        spine.set_color(edge or INK)
        spine.set_linewidth(3)


def image_grid(images, titles: Sequence[str] = (), columns: int = 8, side: float = 1.0) -> Figure:
    """Images in rows of `columns`. images: uint8 (N, C, H, W); titles: at most one an image;
    side: inches of one image. Returns the figure."""
    rows = -(-len(images) // columns)
    fig = figure(columns * side, rows * (side + (0.25 if titles else 0)))
    grid = fig.subplots(rows, columns, squeeze=False).ravel()
    for ax in grid:
        ax.set_axis_off()
    for number, (ax, image) in enumerate(zip(grid, images, strict=False)):
        picture(ax, image)
        if number < len(titles):
            ax.set_title(titles[number], fontsize=8, loc="center")
    return fig


def png(fig: Figure) -> bytes:
    """The figure as a PNG of at most 256 colours: a third of the size, and as good to the eye."""
    raw = io.BytesIO()
    fig.savefig(raw, format="png", dpi=DPI)
    small = io.BytesIO()
    image = Image.open(raw).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    image.save(small, format="PNG", optimize=True)
    return small.getvalue()


def show(fig: Figure, alt: str) -> None:
    """Shows a figure, with what it shows in words: as the picture's alternative text for readers
    that use it, and folded away below it for everyone else. alt: one to three sentences."""
    width, height = (round(inches * 96) for inches in fig.get_size_inches())
    data = {"image/png": base64.b64encode(png(fig)).decode(), "text/plain": alt}
    size = {"width": width, "height": height, "alt": alt}
    display(data, metadata={"image/png": size}, raw=True)
    words = f"<details><summary>Picture in words</summary><p>{html.escape(alt)}</p></details>"
    display({"text/html": words, "text/plain": ""}, raw=True)


def heading(text: str) -> None:
    """A small heading above an output."""
    display({"text/html": f"<h4>{html.escape(text)}</h4>", "text/plain": text}, raw=True)


def small(text: str) -> None:
    """A line in small print."""
    display({"text/html": f"<small>{html.escape(text)}</small>", "text/plain": text}, raw=True)


def shorten(text: str, most: int) -> str:
    """At most so many letters, with a sign that some are missing."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def table(head: Sequence[str], rows: Iterable[Sequence[object]], caption: str = "") -> None:
    """Shows a table; texts are escaped, the first column heads its row."""
    cells = [[html.escape(str(value)) for value in row] for row in rows]
    top = "".join(f'<th scope="col" style="text-align:left">{html.escape(h)}</th>' for h in head)
    body = "".join(
        f'<tr><th scope="row" style="text-align:left;white-space:nowrap">{row[0]}</th>'
        + "".join(f'<td style="text-align:left">{value}</td>' for value in row[1:])
        + "</tr>"
        for row in cells
    )
    above = f'<caption style="text-align:left">{html.escape(caption)}</caption>' if caption else ""
    text = "\n".join(" | ".join(map(str, row)) for row in [list(head), *cells])
    page = f"<table>{above}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
    display({"text/html": page, "text/plain": text}, raw=True)


def present(widget, words: str) -> None:
    """Shows a widget; `words` (Markdown) stand in its place where no kernel runs."""
    bundle = widget._repr_mimebundle_()
    bundle = bundle[0] if isinstance(bundle, tuple) else bundle
    display({**bundle, "text/markdown": words, "text/plain": words}, raw=True)
