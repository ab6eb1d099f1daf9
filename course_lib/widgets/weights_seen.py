"""What an augmentation does to the weights of a linear model, trained on all draws at once."""

import torch
from matplotlib.figure import Figure

from course_lib.views import linear
from course_lib.views.expected import energy_in, ridge_of, saliency
from course_lib.views.moments import averaged
from course_lib.widgets import style
from course_lib.widgets.draws_needed import one_hot
from course_lib.widgets.moments_seen import SMALL, families, grey, items

CLASSES = {1: "trouser", 7: "sneaker", 9: "ankle boot"}
PENALTY, TOP = 1e-3, 10


def compute(images: int = 1500) -> dict:
    """name of an augmentation → `weight` (10, 14, 14), `accuracy` on val, and `energy`: of the
    saliency, the share in the ten directions in which that augmentation moves images most;
    `before`: that share for the model without augmentation."""
    x, label = items(images, SMALL, "train")
    x_val, label_val = items(images, SMALL)
    plain = ridge_of(averaged(linear.identity(), x), one_hot(label), PENALTY)
    found = {}
    for name, family in {"none": linear.identity(), **families(SMALL)}.items():
        moments = averaged(family, x)
        model = ridge_of(moments, one_hot(label), PENALTY)
        top = torch.linalg.eigh(moments.cov).eigenvectors[:, -TOP:].T  # (TOP, P)
        shares = [
            energy_in(saliency(of, x_val, one_hot(label_val)), top).mean().item()
            for of in (plain, model)
        ]
        right = model.of(x_val).argmax(dim=1).eq(label_val).double().mean().item()
        found[name] = {
            "weight": model.weight.view(-1, SMALL, SMALL),
            "accuracy": right,
            "before": shares[0],
            "energy": shares[1],
        }
    return found


def draw(found: dict) -> Figure:
    """A row a class, a column an augmentation; grey is weight 0."""
    fig = style.figure(1.15 * len(found) + 1.2, 1.15 * len(CLASSES) + 0.3)
    grid = fig.subplots(len(CLASSES), len(found), squeeze=False)
    for axes, (name, of) in zip(grid.T, found.items(), strict=True):
        for ax, number in zip(axes, CLASSES, strict=True):
            weight = of["weight"][number]
            top = weight.abs().max().item()
            grey(ax, weight, -top, top)
        axes[0].set_title(name, fontsize=9)
    for ax, word in zip(grid[:, 0], CLASSES.values(), strict=True):
        ax.set_ylabel(word, rotation=0, ha="right", va="center", labelpad=8)
    return fig


def show() -> None:
    """Weights of three classes, and where the loss still listens."""
    found = compute()
    rows = [
        (name, f"{100 * of['before']:.1f}", f"{100 * of['energy']:.1f}")
        for name, of in found.items()
        if name != "none"
    ]
    told = "; ".join(f"{name}: {before} % before, {after} % after" for name, before, after in rows)
    style.show(
        draw(found),
        "Weights of a linear model as images, for three classes. Without augmentation they are "
        "grainy, and under brightness the same; under shift they are smooth; under turn the large "
        "ones lie near the middle. Share of the saliency in the ten "
        f"directions that an augmentation moves most: {told}.",
    )
    heads = ["augmentation", "model without it (%)", "model trained with it (%)"]
    style.table(
        heads,
        rows,
        "Share of the saliency's energy in the ten directions in which the augmentation moves "
        f"images most; a random direction has {100 * TOP / SMALL**2:.1f} %",
    )
