"""The loss along the straight line between two nets: is there a way from one to the other?

Goodfellow, Vinyals and Saxe 2014 (arXiv 1412.6544) drew it from the start of a training to its end,
Frankle and others 2019 (arXiv 1912.05671) between two ends.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.func import functional_call

from course_lib import data
from course_lib.core.randomness import key
from course_lib.nets import build
from course_lib.widgets import style

Weights = Mapping[str, Tensor]
# what lies at the two ends → (colour, line)
LINES = {
    "before and after training": ("#7A7A7A", ":"),
    "one start, other batches": ("#009E73", "-"),
    "two starts": ("#0072B2", "-."),
    "a net and itself, channels shuffled": ("#D55E00", "--"),
}
POINTS = 21


def fresh(seed: int, width: int = 8) -> nn.Sequential:
    """A convnet for fashion with its head; BatchNorm always takes the batch's statistics, so that
    a point between two nets has its own."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        body = build("convnet", width=width, in_channels=1)
        return nn.Sequential(body, nn.Linear(body.dim, 10)).train()


def weights(net: nn.Module) -> dict[str, Tensor]:
    """A copy of all that training moves."""
    return {name: p.detach().clone() for name, p in net.named_parameters()}


def descend(net: nn.Module, steps: int, batches: int) -> None:
    """Trains with Adam. batches: the seed that draws them."""
    train = data.load("fashion", "train")
    generator = torch.Generator().manual_seed(key("loss line", batches))
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)
    for _ in range(steps):
        rows = torch.randint(10_000, (128,), generator=generator)
        loss = F.cross_entropy(net(train.image[rows].float() / 255), train.label[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def shuffled(of: Weights, seed: int = 0) -> dict[str, Tensor]:
    """The same function with other numbers: the channels between layers in another order."""
    generator = torch.Generator().manual_seed(key("shuffled channels", seed))
    new, last = dict(of), None
    for name, value in of.items():
        if name.endswith("0.weight") and value.dim() == 4:  # a convolution
            if last is not None:
                value = value[:, last]
            last = torch.randperm(len(value), generator=generator)
            new[name] = value[last]
        elif name.startswith("1."):  # the head
            new[name] = value[:, last] if value.dim() == 2 else value
        else:  # BatchNorm
            new[name] = value[last]
    return new


def along(net: nn.Module, a: Weights, b: Weights, images: int = 500) -> list[float]:
    """The loss on the first training images at POINTS points from a to b."""
    train = data.load("fashion", "train")
    x, label = train.image[:images].float() / 255, train.label[:images]
    losses = []
    with torch.no_grad():
        for t in torch.linspace(0, 1, POINTS).tolist():
            between = {name: (1 - t) * a[name] + t * b[name] for name in a}
            losses.append(F.cross_entropy(functional_call(net, between, (x,)), label).item())
    return losses


def compute(steps: int = 120, shared: int = 60) -> dict:
    """Trains three small nets for `steps` steps: A; one that leaves A's way after `shared` steps;
    one from another start. Returns `losses`: what lies at the ends → POINTS values."""
    net, other = fresh(0), fresh(1)
    start = weights(net)
    descend(net, shared, batches=0)
    fork = weights(net)
    descend(net, steps - shared, batches=1)
    a = weights(net)
    net.load_state_dict(fork, strict=False)  # its BatchNorm averages are never used
    descend(net, steps - shared, batches=2)
    c = weights(net)
    descend(other, steps, batches=3)
    ends = zip(LINES, ((start, a), (a, c), (a, weights(other)), (a, shuffled(a))), strict=True)
    return {"losses": {name: along(net, *pair) for name, pair in ends}, "steps": steps}


def draw(arrays: dict) -> Figure:
    """A line a pair; the dotted height is a net that knows nothing."""
    fig = style.figure(7.6, 2.8)
    ax = fig.add_subplot()
    t = torch.linspace(0, 1, POINTS)
    for name, losses in arrays["losses"].items():
        colour, line = LINES[name]
        ax.plot(t, losses, line, color=colour, label=name)
    ax.axhline(torch.tensor(10.0).log(), color=style.INK, lw=0.8)
    ax.text(1, torch.tensor(10.0).log() + 0.04, "log 10", ha="right", fontsize=8)
    ax.set_ylim(0, None)
    style.label(ax, "place on the line, from one net (0) to the other (1)", "training loss (nats)")
    fig.legend(loc="outside right center", frameon=False)
    return fig


def show() -> None:
    """Trains, in seconds, and shows the four lines with a table of their ends and their tops."""
    arrays = compute()
    rows = [
        (name, f"{of[0]:.2f}", f"{of[POINTS // 2]:.2f}", f"{of[-1]:.2f}", f"{barrier(of):.2f}")
        for name, of in arrays["losses"].items()
    ]
    told = "; ".join(f"{name}: {a}, halfway {m}, {b}" for name, a, m, b, _ in rows)
    style.show(draw(arrays), f"Training loss along straight lines between nets. {told}.")
    heads = ["between", "at 0", "halfway", "at 1", "barrier"]
    style.table(heads, rows, "Training loss in nats; barrier: the most above the straight line")


def barrier(losses: list[float]) -> float:
    """How far the loss rises above the straight line between its ends; 0 if it never does."""
    at = [i / (len(losses) - 1) for i in range(len(losses))]
    return max(
        loss - (1 - t) * losses[0] - t * losses[-1] for t, loss in zip(at, losses, strict=True)
    )
