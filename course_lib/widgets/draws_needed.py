"""How many draws it takes until a mean over an augmentation is right, on logarithmic axes."""

from functools import cache

import torch
from matplotlib.figure import Figure
from torch import Tensor

from course_lib.views.convergence import QUANTITIES, draws_to, errors, slope
from course_lib.views.expected import Linear, ridge, squared
from course_lib.views.linear import identity
from course_lib.widgets import style
from course_lib.widgets.moments_seen import SMALL, families, items

SIZES = (30, 100, 300, 1000, 3000, 10000)
ROW = 15  # of val of fashion
LOOKS = {"mean": ("#0072B2", "o"), "covariance": ("#D55E00", "s"), "loss": ("#009E73", "D")}


def one_hot(label: Tensor) -> Tensor:
    """(N,) → (N, 10), float64."""
    return torch.eye(10, dtype=torch.float64)[label]


@cache
def model(images: int = 1000) -> Linear:
    """A linear model of small items of fashion, fitted without augmentation."""
    x, label = items(images, SMALL, "train")
    return ridge(identity(), x, one_hot(label), 1e-2)


def case(row: int = ROW):
    """An item (1, 14, 14), and the squared error of `model` on it as a function of rows (K, P)."""
    x, label = items(row + 1, SMALL)
    target = one_hot(label)[row]
    return x[row], lambda rows: squared(model(), rows, target)


def needed(error: float = 0.01, row: int = ROW) -> dict[str, dict]:
    """Augmentation → `images`, how many different ones it can make, and for each of QUANTITIES how
    many draws bring its relative error down to `error`."""
    image, loss = case(row)
    return {
        name: {"images": len(family)}
        | {
            what: draws_to(error, family, image, what, loss if what == "loss" else None)
            for what in QUANTITIES
        }
        for name, family in families(SMALL).items()
    }


def mystery() -> str:
    """How many images a shift can make of one, and how many draws their mean loss takes."""
    found = needed()["shift"]
    return (
        f"different images that a shift by up to {SMALL // 7} pixels makes of one: "
        f"{found['images']}\n"
        f"draws until their mean loss is right to 1 %:               {found['loss']:,.0f}"
    )


def compute(name: str = "shift", repeats: int = 60) -> dict:
    """`sizes`, and for each of QUANTITIES its relative `errors` at them and their `slope`."""
    image, loss = case()
    family = families(SMALL)[name]
    found = {
        what: errors(family, image, what, SIZES, repeats, 0, loss if what == "loss" else None)
        for what in QUANTITIES
    }
    return {
        "name": name,
        "sizes": SIZES,
        "errors": found,
        "slopes": {what: slope(SIZES, of) for what, of in found.items()},
    }


def draw(arrays: dict) -> Figure:
    """A line a quantity; a dotted one falls with the square root of the draws."""
    fig = style.figure(5.6, 3.2)
    ax = fig.add_subplot()
    sizes = arrays["sizes"]
    for what, found in arrays["errors"].items():
        colour, marker = LOOKS[what]
        ax.loglog(sizes, [100 * e for e in found], marker=marker, ms=5, color=colour, label=what)
    top = 60 * max(found[0] for found in arrays["errors"].values())
    ax.loglog(sizes, [top * (sizes[0] / n) ** 0.5 for n in sizes], ":", color=style.INK,
              label="slope -1/2")  # fmt: skip
    ax.axhline(1, color=style.PALE, zorder=0)
    style.label(ax, "draws", "relative error (%)")
    ax.xaxis.set_major_formatter("{x:,g}")
    ax.yaxis.set_major_formatter("{x:g}")
    ax.legend(frameon=False)
    return fig


def show(name: str = "shift") -> None:
    """The lines of one augmentation, with their slopes."""
    arrays = compute(name)
    told = ", ".join(f"{what} {found:.2f}" for what, found in arrays["slopes"].items())
    style.show(
        draw(arrays),
        f"Relative error of mean, covariance and loss of one item under {name}, over the number "
        "of draws, both axes logarithmic: three nearly straight lines that fall alike. Slopes: "
        f"{told}.",
    )
    print(f"Slopes: {told}.")


def show_needed() -> None:
    """Draws to one per cent, an augmentation a row."""
    rows = [
        (name, f"{of['images']:,}", *(f"{of[what]:,.0f}" for what in QUANTITIES))
        for name, of in needed().items()
    ]
    heads = ["augmentation", "different images", *(f"draws for its {what}" for what in QUANTITIES)]
    style.table(heads, rows, "Draws until the relative error is 1 %, by formula, for one item")
