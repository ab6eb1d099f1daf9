"""How sure a net is: what label smoothing asks of the logits, and reliability diagrams."""

from collections.abc import Mapping

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from course_lib import data
from course_lib.core.randomness import key
from course_lib.evaluate import accuracy
from course_lib.evaluate.calibration import Reliability, confidence, reliability
from course_lib.methods.supervised.losses import best_gap, classification_loss, floor
from course_lib.widgets import style

CLASSES = 10
# eps → (colour, line)
LINES = {0.0: ("#D55E00", "--"), 0.1: ("#0072B2", "-")}
RUNS = (0.0, 0.03, 0.1)
BINS = 10


def compute(most: float = 9.0) -> dict:
    """The softmax loss over the gap between the right logit and nine equal others.

    Returns `gap` (181,), `losses`: eps → (181,), `best`: eps → (gap, loss) at the minimum, for
    those eps that have one.
    """
    gap = torch.linspace(-1, most, 181, dtype=torch.float64)
    label = torch.zeros(1, dtype=torch.long)
    losses = {}
    for eps in LINES:
        each = [classification_loss(logits_of(g), label, "softmax", eps) for g in gap]
        losses[eps] = torch.stack(each)
    best = {e: (best_gap(CLASSES, e), floor(label, CLASSES, "softmax", e)) for e in LINES if e}
    return {"gap": gap, "losses": losses, "best": best}


def logits_of(gap: Tensor) -> Tensor:
    """(1, CLASSES): the first class leads by `gap`."""
    return torch.cat([gap.view(1), gap.new_zeros(CLASSES - 1)])[None]


def draw(arrays: dict) -> Figure:
    """A line an eps; a dot at the minimum where there is one."""
    fig = style.figure(6.0, 2.5)
    ax = fig.add_subplot()
    for eps, losses in arrays["losses"].items():
        colour, line = LINES[eps]
        ax.plot(arrays["gap"], losses, line, color=colour, label=f"eps = {eps:g}")
    for eps, (gap, loss) in arrays["best"].items():
        ax.plot(gap, loss, "o", color=LINES[eps][0], ms=8, mec="white")
    ax.set_ylim(0, None)
    ax.grid(axis="y", color=style.PALE)
    style.label(ax, "right logit minus the others", "loss (nats)")
    ax.legend(frameon=False)
    return fig


def show() -> None:
    """The two losses, and where the smoothed one is least."""
    arrays = compute()
    told = "; ".join(
        f"with eps = {eps:g} it is least, {loss:.3f}, at a gap of {gap:.3f}"
        for eps, (gap, loss) in arrays["best"].items()
    )
    style.show(
        draw(arrays),
        f"Softmax loss of {CLASSES} classes over the gap of the right logit. With hard labels it "
        f"falls for ever; {told}, and rises beyond.",
    )
    print(f"For {CLASSES} classes: {told}.")


def overtrain(smoothing: float, images: int = 1000, steps: int = 800, seed: int = 0) -> Tensor:
    """A net with one hidden layer, trained long on few images of fashion → its logits on val."""
    train, val = data.load("fashion", "train"), data.load("fashion", "val")
    x, x_val = (d.image.flatten(1).float() / 255 for d in (train, val))  # (N, 784)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, CLASSES))
    generator = torch.Generator().manual_seed(key("overtrained", seed))
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3)
    for _ in range(steps):
        rows = torch.randint(images, (64,), generator=generator)
        loss = classification_loss(net(x[rows]), train.label[rows], "softmax", smoothing)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        return net(x_val)


def compare(logits: Mapping[float, Tensor], label: Tensor) -> dict[float, dict]:
    """eps → `bins`, `accuracy`, `confidence` and `loss` with hard labels, in nats."""
    return {
        eps: {
            "bins": reliability(z, label, BINS),
            "accuracy": accuracy(z.argmax(dim=1), label),
            "confidence": confidence(z),
            "loss": classification_loss(z, label, "softmax").item(),
        }
        for eps, z in logits.items()
    }


def draw_bins(ax, bins: Reliability) -> None:
    """Bars of accuracy, a bin each, dark where more answers are; the diagonal is calibrated."""
    count, sure, right = (of.numpy() for of in (bins.count, bins.confidence, bins.accuracy))
    some = count > 0
    at = (some.nonzero()[0] + 0.5) / BINS
    shades = [(0, 0.447, 0.698, 0.25 + 0.75 * of / count.max()) for of in count[some]]
    ax.bar(at, right[some], 0.92 / BINS, color=shades)
    ax.plot(sure[some], right[some], "o", color=style.INK, ms=4.5, mec="white")
    ax.plot([0, 1], [0, 1], "--", color=style.INK, lw=1.2)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    ax.set_aspect("equal")


def draw_reliability(found: Mapping[float, dict]) -> Figure:
    """A panel an eps."""
    fig = style.figure(2.8 * len(found), 2.9)
    for ax, (eps, of) in zip(
        fig.subplots(1, len(found), squeeze=False)[0], found.items(), strict=True
    ):
        draw_bins(ax, of["bins"])
        style.label(ax, "confidence", "share of right answers", f"eps = {eps:g}")
    return fig


def show_runs(smoothings: tuple[float, ...] = RUNS) -> None:
    """Trains a net with each eps, in seconds, and shows how far it can be believed."""
    label = data.load("fashion", "val").label
    found = compare({eps: overtrain(eps) for eps in smoothings}, label)
    rows = [
        (
            f"{eps:g}",
            *(f"{100 * of[what]:.1f}" for what in ("accuracy", "confidence")),
            f"{100 * of['bins'].error:.1f}",
            f"{of['loss']:.3f}",
        )
        for eps, of in found.items()
    ]
    told = "; ".join(
        f"eps {eps}: accuracy {right} %, mean confidence {sure} %, calibration error {error} %"
        for eps, right, sure, error, _ in rows
    )
    style.show(
        draw_reliability(found),
        f"Reliability diagrams with a bar for each of {BINS} bins of confidence, beside the "
        f"diagonal on which the two agree. {told}.",
    )
    heads = ["eps", "accuracy (%)", "mean confidence (%)", "calibration error (%)",
             "loss with hard labels (nats)"]  # fmt: skip
    style.table(heads, rows, "On val of fashion, one seed: an illustration, not a claim")
