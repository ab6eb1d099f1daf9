"""Two bends that a net can be made of, tanh and ReLU, and what they leave of a gradient."""

import torch
from matplotlib.figure import Figure

from course_lib.widgets import style

# name → (colour, line)
LINES = {"tanh": ("#D55E00", "--"), "ReLU": ("#0072B2", "-")}
FUNCTIONS = {"tanh": torch.tanh, "ReLU": torch.relu}


def compute(most: float = 4.0) -> dict:
    """`z` (161,), and of each function `value` and `slope`, its derivative by autograd."""
    found: dict = {"z": torch.linspace(-most, most, 161)}
    for name, function in FUNCTIONS.items():
        z = found["z"].clone().requires_grad_()
        value = function(z)
        (slope,) = torch.autograd.grad(value.sum(), z)
        found[name] = {"value": value.detach(), "slope": slope}
    return found


def draw(arrays: dict) -> Figure:
    """Left the functions, right their derivatives."""
    fig = style.figure(7.0, 2.2)
    axes = fig.subplots(1, 2)
    for ax, what in zip(axes, ("value", "slope"), strict=True):
        for name, (colour, line) in LINES.items():
            ax.plot(arrays["z"], arrays[name][what], line, color=colour, label=name)
        ax.axhline(0, color=style.PALE, lw=1, zorder=0)
        ax.set_ylim(-1.15, 2.1)
    style.label(axes[0], "what comes in, z", "what goes out")
    style.label(axes[1], "what comes in, z", "derivative")
    axes[0].legend(frameon=False)
    return fig


def alt(arrays: dict) -> str:
    """The picture in words."""
    at = [int((arrays["z"] - z).abs().argmin()) for z in (1.0, 2.0, 3.0)]
    slopes = ", ".join(f"{arrays['tanh']['slope'][i]:.2f}" for i in at)
    return (
        "Left: tanh bends towards 1 and -1, ReLU is 0 below zero and a straight line above. Right: "
        f"the derivative of tanh is 1 at zero and {slopes} at z = 1, 2, 3; that of ReLU is 0 below "
        "zero and 1 above."
    )


def show() -> None:
    """The two panels."""
    arrays = compute()
    style.show(draw(arrays), alt(arrays))
