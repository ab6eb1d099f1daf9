"""Single places of a feature map are dropped, or squares: can one guess what is gone?"""

import torch
from matplotlib.figure import Figure
from torch import Tensor

from course_lib import data
from course_lib.claims.u02_dropblock import cases, dropped_of
from course_lib.evaluate import random_encoder
from course_lib.nets.dropblock import realised
from course_lib.nets.stages import upto
from course_lib.widgets import style
from course_lib.widgets.encoders import load, stored_file

WAYS = {"single places": "single places", "squares of 7": "squares of 7 × 7"}
NET, FITTED, SHOWN = "clutter-supervised", 50, 30  # images that guesses learn from, that they fill
PENALTY = 1e-3


def maps(stage: int = 1) -> tuple[Tensor, Tensor]:
    """FITTED + SHOWN images of val of clutter, uint8 (N, 1, 40, 40), and what a stage of the stored
    supervised net (else of a random one) makes of them: float64 (N, D, h, w), each channel with
    mean 0 and variance 1; channels that are constant are left out."""
    some = data.load("clutter", "val", n=FITTED + SHOWN).image
    file = stored_file(NET)
    net = load(file) if file else random_encoder(data.load("clutter", "train", n=500).image)
    with torch.no_grad():
        u = upto(net, some.float() / 255, stage).double()
    mean, std = (f(u, dim=(0, 2, 3), keepdim=True) for f in (torch.mean, torch.std))
    alive = std.flatten() > 1e-3 * std.max()
    return some, ((u - mean) / std)[:, alive]


def filled(values: Tensor, gone: Tensor) -> Tensor:
    """One channel (N, h, w) with every dropped place guessed from the kept ones within 3 places, by
    the linear rule that fits the first FITTED images best."""
    x, y = cases(values[:FITTED], gone[:FITTED])
    centre, level = x.mean(dim=0), y.mean()
    square = (x - centre).T @ (x - centre) / len(x)
    square += PENALTY * square.diagonal().mean() * torch.eye(len(square)).to(square)
    weight = torch.linalg.solve(square, (x - centre).T @ (y - level) / len(x))
    found = values.clone()
    found[gone] = level + (cases(values, gone)[0] - centre) @ weight
    return found


def explained(values: Tensor, guess: Tensor, gone: Tensor) -> float:
    """The share of the dropped places' variance that the guess has, on the last SHOWN images; 0 is
    guessing the mean."""
    was, said = (of[FITTED:][gone[FITTED:]] for of in (values, guess))
    return 1 - ((was - said).square().mean() / (was - was.mean()).square().mean()).item()


def compute() -> dict:
    """`image` (1, 40, 40), a `map` of it (h, w), and `ways`: name → `gone` and `filled` of that
    map, the share of places that go (`rate`), and `explained`, the mean over all channels."""
    some, u = maps()
    gone = {name: dropped_of(arm, u, 0) for arm, name in WAYS.items()}
    guesses = {
        name: torch.stack([filled(u[:, c], of[:, c]) for c in range(u.shape[1])], dim=1)
        for name, of in gone.items()
    }
    shares = {
        name: [explained(u[:, c], guesses[name][:, c], of[:, c]) for c in range(u.shape[1])]
        for name, of in gone.items()
    }
    first, last = WAYS.values()
    channel = max(range(u.shape[1]), key=shares[first].__getitem__)
    lost = (guesses[last] - u)[FITTED:, channel].square().sum(dim=(1, 2))
    row = FITTED + int(lost.argmax())  # where squares hide something
    return {
        "image": some[row],
        "map": u[row, channel],
        "ways": {
            name: {
                "gone": of[row, channel],
                "filled": guesses[name][row, channel],
                "rate": of.double().mean().item(),
                "explained": sum(shares[name]) / len(shares[name]),
            }
            for name, of in gone.items()
        },
    }


def draw(arrays: dict) -> Figure:
    """A row a way of dropping: image, map, what is left, what a guess makes of that."""
    fig = style.figure(6.4, 3.1)
    for axes, (name, way) in zip(fig.subplots(2, 4), arrays["ways"].items(), strict=True):
        style.picture(axes[0], arrays["image"] // 12 * 12)
        axes[0].set_ylabel(name.replace(" of ", "\nof "), rotation=0, ha="right", va="center",
                           labelpad=8)  # fmt: skip
        low, high = (arrays["map"].quantile(q).item() for q in (0.01, 0.99))
        left = arrays["map"].masked_fill(way["gone"], torch.nan)
        for ax, shown in zip(axes[1:], (arrays["map"], left, way["filled"]), strict=True):
            ax.imshow(shown.numpy(), cmap="gray", vmin=low, vmax=high)
            ax.set_facecolor(style.WRONG)  # shows where nothing is
            ax.set_xticks([])
            ax.set_yticks([])
            ax.spines[:].set_visible(False)
    titles = ("image", "one map of it", "dropped", "guessed")
    for ax, title in zip(fig.axes, titles, strict=False):
        ax.set_title(title, fontsize=9)
    return fig


def show() -> None:
    """The picture, and how much of what was dropped can be guessed."""
    arrays = compute()
    rows = [
        (name, f"{100 * way['rate']:.0f}", f"{100 * way['explained']:.0f}")
        for name, way in arrays["ways"].items()
    ]
    told = "; ".join(f"{name}: {seen} % of what was dropped is guessed" for name, _, seen in rows)
    style.show(
        draw(arrays),
        "Two rows of a picture, a feature map of it, the same map with holes, and with the holes "
        f"filled from what is around them: above single places, below squares. {told}.",
    )
    style.table(
        ["what is dropped", "share of the places (%)", "variance guessed from the rest (%)"],
        rows,
        "First stage of the supervised net, mean over all channels",
    )


def show_rates(sizes: tuple[tuple[int, int], ...] = ((14, 7), (10, 3), (5, 3))) -> None:
    """Nominal and realised rate of DropBlock, for maps and squares of some sizes."""
    rows = [
        (f"{size} × {size}, squares of {side} × {side}",
         *(f"{100 * realised(1 - rate, side, size, size):.1f}" for rate in (0.1, 0.25, 0.4)))
        for size, side in sizes
    ]  # fmt: skip
    heads = ["map", "asked for 10 %", "asked for 25 %", "asked for 40 %"]
    style.table(heads, rows, "Share of the places that DropBlock really drops, on average (%)")
