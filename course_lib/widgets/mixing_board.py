"""The mixing board: two images become one, and their labels in proportion, or should.

λ is the share of image A that is asked for. Mixup gives A that weight at every pixel. CutMix pastes
a box of B that is to cover 1 - λ, but what hangs over the border is cut off, and the label has to
follow what was really pasted. Cutout blackens a box, here as large as λ says, and leaves the label
alone. Feature CutMix pastes on the coarse grid of a feature map, where a box can have few sizes.
"""

import math
import sys

import ipywidgets
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from course_lib import data
from course_lib.core.errors import CourseError, nearest
from course_lib.core.randomness import Rng
from course_lib.methods.supervised.cutmix import box, inside, kept_share
from course_lib.methods.supervised.mixup import blend
from course_lib.methods.supervised.pairs import symmetric_beta
from course_lib.widgets import style
from course_lib.widgets.choice import Choice
from course_lib.widgets.panel import Panel, slider

GRIDS = {"Mixup": 0, "CutMix": 40, "Cutout": 40, "Feature CutMix": 5}  # places a side; 0: no box
ALPHAS = (0.2, 1.0, 4.0)
PAIRS = ((44, 22), (0, 1), (2, 3), (4, 5), (6, 7), (8, 9))  # rows of val of scenes
COLOURS = {"A": "#0072B2", "B": "#E69F00", "black": style.INK}
HIGH = 4.0  # of the drawn density


def density(alpha: float, at: Tensor) -> Tensor:
    """Of Beta(α, α) at values in (0, 1)."""
    return (at * (1 - at)) ** (alpha - 1) * math.gamma(2 * alpha) / math.gamma(alpha) ** 2


def compute(
    method: str = "CutMix",
    lam: float = 0.6,
    alpha: float = 1.0,
    down: float = 0.25,
    across: float = 0.85,
    pair: int = 0,
) -> dict:
    """A mixture. lam: λ, of A. down, across: the box's middle as a share of the image.

    Returns `images` uint8 (3, 3, 40, 40): A, B, mixture; `names` of A and B; `box` (top, bottom,
    left, right) in pixels or None; `asked`: the share of B, or of black, that λ means; `real`: what
    it came to; `label`: A's right weight; `density` (x, y). CourseError for what makes no sense.
    """
    if method not in GRIDS:
        raise CourseError(f"There is no method {method!r}: {nearest(method, GRIDS)}")
    if not all(0 <= number <= 1 for number in (lam, down, across)) or alpha <= 0:
        raise CourseError("lam, down and across are numbers from 0 to 1, and alpha is above 0.")
    rows = torch.tensor(PAIRS[pair])
    scenes = data.load("scenes", "val", n=64)
    pixels, label = scenes.image[rows].float() / 255, scenes.label[rows].tolist()
    mixed, where, kept = mixture(method, pixels, lam, torch.tensor([[down, across]]))
    at = torch.linspace(0.002, 0.998, 250, dtype=torch.float64)
    return {"method": method, "lam": lam, "alpha": alpha} | {
        "images": (255 * torch.cat([pixels, mixed])).round().to(torch.uint8),
        "names": tuple(scenes.classes[k].removeprefix("a ").removeprefix("an ") for k in label),
        "box": where,
        "asked": 1 - lam,
        "real": 1 - kept,
        "label": 1.0 if method == "Cutout" else kept,
        "density": (at, density(alpha, at)),
    }


def mixture(method: str, pixels: Tensor, lam: float, middle: Tensor) -> tuple:
    """A and B, (2, 3, H, W), and the box's middle (1, 2) → mixture (1, 3, H, W), box, A's share."""
    first, second = pixels[:1], torch.zeros_like(pixels[1:]) if method == "Cutout" else pixels[1:]
    grid = GRIDS[method]
    if not grid:
        return blend(first, second, torch.tensor([lam])), None, lam
    where = box(torch.tensor([lam]), middle, grid, grid)
    pasted, scale = inside(where, grid, grid), pixels.shape[-1] // grid
    fine = pasted.repeat_interleave(scale, 2).repeat_interleave(scale, 3)
    edges = (where[0] * scale).tolist()
    return torch.where(fine, second, first), edges, kept_share(pasted).item()


def draw(arrays: dict) -> Figure:
    """Left, A, B and the mixture; right, the density of λ; below, areas and label."""
    fig = style.figure(8.4, 3.8)
    grid = fig.add_gridspec(2, 2, height_ratios=[1.7, 1], width_ratios=[2.5, 1])
    draw_images(fig.add_subplot(grid[0, 0]), arrays)
    draw_density(fig.add_subplot(grid[0, 1]), arrays)
    draw_bars(fig.add_subplot(grid[1, :]), arrays)
    return fig


def draw_images(ax, arrays: dict) -> None:
    """A, B and the mixture in one row; the box has a white edge."""
    side = arrays["images"].shape[-1]
    first, second = (style.shorten(name, 16) for name in arrays["names"])
    titles = (f"A: {first}", f"B: {second}", arrays["method"])
    edges = (COLOURS["A"], COLOURS["B"], "white")
    for place, (image, title) in enumerate(zip(arrays["images"], titles, strict=True)):
        left = place * (side + 3)
        ax.imshow(image.permute(1, 2, 0).numpy(), extent=(left, left + side, side, 0))
        ax.add_patch(Rectangle((left, 0), side, side, fill=False, ec=edges[place], lw=4))
        ax.text(left + side / 2, -2, title, ha="center", fontsize=9)
    if arrays["box"] and arrays["real"]:
        top, bottom, start, end = arrays["box"]
        corner = left + start, top
        ax.add_patch(Rectangle(corner, end - start, bottom - top, fill=False, ec="white", lw=1.5))
    ax.set_xlim(-1, left + side + 1)
    ax.set_ylim(side + 1, -7)
    ax.set_axis_off()


def draw_density(ax, arrays: dict) -> None:
    """Beta(α, α), and where λ is now."""
    x, y = arrays["density"]
    ax.fill_between(x, y.clamp(max=HIGH), color=style.PALE)
    ax.plot(x, y.clamp(max=HIGH), color=style.INK, lw=1.4)
    ax.axvline(arrays["lam"], color=style.WRONG, clip_on=False)
    ax.set_ylim(0, HIGH)
    ax.set_xlim(0, 1)
    ax.set_xticks([0, 0.5, 1])
    style.label(ax, f"λ ~ Beta({arrays['alpha']:g}, {arrays['alpha']:g})", "density")
    ax.set_title(f"λ = {arrays['lam']:.2f}", fontsize=9, loc="center")


def draw_bars(ax, arrays: dict) -> None:
    """What λ asks for, what is there, and the label: shares of A in blue, of the other beside."""
    other = "black" if arrays["method"] == "Cutout" else "B"
    bars = {
        "asked for, by λ": (1 - arrays["asked"], other),
        "in the image": (1 - arrays["real"], other),
        "in the label": (arrays["label"], "B"),
    }
    for row, (first, second) in enumerate(bars.values()):
        parts = ((0.0, first, "A"), (first, 1 - first, second))
        for start, width, name in parts:
            hatch, ink = ("//", style.INK) if name == "B" else (None, "white")
            ax.barh(
                row, width, 0.62, left=start, color=COLOURS[name], hatch=hatch, ec="white", lw=0
            )
            if width >= 0.12:
                text, behind = f"{name} {100 * width:.0f} %", {"fc": COLOURS[name], "ec": "none"}
                ax.text(start + width / 2, row, text, ha="center", va="center", fontsize=9,
                        color=ink, weight="bold", bbox=behind | {"pad": 1.5})  # fmt: skip
    ax.axvline(arrays["lam"], color=style.WRONG, lw=1.6, clip_on=False)
    ax.set_yticks(range(len(bars)), list(bars))
    ax.invert_yaxis()
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
    ax.set(xlim=(0, 1), xlabel="share (%); vertical line: λ")


def news(arrays: dict) -> str:
    """What λ asked for, what came, and what the label says."""
    asked, real, label = (100 * arrays[key] for key in ("asked", "real", "label"))
    (first, second), method = arrays["names"], arrays["method"]
    if method == "Mixup":
        text = f"Every pixel is {100 - asked:.0f} % {first} and {asked:.0f} % {second}"
    elif method == "Cutout":
        text = f"A box was to hide {asked:.0f} % and hides {real:.0f} %; nothing stands in for it"
    else:
        text = f"A box of {second} was to cover {asked:.0f} % and covers {real:.0f} %"
        text += " of the 25 places of a feature map" if method == "Feature CutMix" else ""
    said = f"{label:.0f} % {first}" + (f", {100 - label:.0f} % {second}" if label < 99.5 else "")
    wrong = abs(arrays["lam"] - arrays["label"])
    more = f" A label by λ would be wrong by {100 * wrong:.0f} points." if wrong >= 0.005 else ""
    return f"{method}: {text}. Label: {said}." + ("" if method == "Cutout" else more)


def alt(arrays: dict) -> str:
    """The picture in words."""
    (first, second), alpha = arrays["names"], f"{arrays['alpha']:g}"
    asked, real = 1 - arrays["asked"], 1 - arrays["real"]
    return (
        f"Image A, {first}, image B, {second}, and their mixture. Beside them the density of "
        f"Beta({alpha}, {alpha}) with λ = {arrays['lam']:.2f}. Bars of A's share: asked for "
        f"{asked:.2f}, in the image {real:.2f}, in the label {arrays['label']:.2f}. {news(arrays)}"
    )


class Board:
    """The controls: method, α, λ, the box's middle, which pair, and a button that draws λ."""

    def __init__(self, method: str = "CutMix", alpha: float = 1.0):
        start, self.drawn = compute(method, alpha=alpha), 0  # raises before anything is shown
        self.method = Choice("Method", {m: m for m in GRIDS}, method, self.changed)
        self.alpha = Choice("α", {f"{a:g}": a for a in ALPHAS}, alpha, self.changed)
        told = {"λ": start["lam"], "box, down": 0.25, "box, across": 0.85}
        rows = [slider(label, at, 1.0, 0.01, self.changed) for label, at in told.items()]
        pairs = slider("pair of images", 0, len(PAIRS) - 1, 1, self.changed)
        self.lam, self.down, self.across, self.pair = *rows, pairs
        self.button = ipywidgets.Button(description="Draw λ and place")
        self.button.on_click(self.draw_again)
        controls = [self.method.widget, self.alpha.widget, *rows, pairs, self.button]
        self.panel = Panel(controls, self.compute, sys.modules[__name__], "course-mixing")

    def compute(self) -> dict:
        numbers = self.lam.value, self.alpha.value, self.down.value, self.across.value
        return compute(self.method.value, *numbers, int(self.pair.value))

    def changed(self, _=None) -> None:
        self.panel.changed()

    def draw_again(self, _=None) -> None:
        """λ from Beta(α, α) and a place for the box, as training draws them."""
        rng = Rng(0, self.drawn, torch.zeros(1, dtype=torch.int64))
        self.drawn += 1
        self.panel.quiet = True
        self.lam.value = round(symmetric_beta(rng.uniform("λ", 2), self.alpha.value).item(), 2)
        self.down.value, self.across.value = rng.uniform("place", 2)[0].tolist()
        self.panel.quiet = False
        self.panel.redraw()


def show(method: str = "CutMix", alpha: float = 1.0) -> None:
    """The board with its controls."""
    Board(method, alpha).panel.show()
