"""A small net that learns few images by heart, plainly or mixed: right, sure, and with a hole."""

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor, nn

from course_lib import data
from course_lib.core.randomness import Rng, key
from course_lib.evaluate import accuracy
from course_lib.evaluate.calibration import confidence, reliability
from course_lib.methods.supervised.cutmix import box, inside, kept_share
from course_lib.methods.supervised.mixup import blend
from course_lib.methods.supervised.pairs import mixed_label, partners, symmetric_beta
from course_lib.views import erase
from course_lib.widgets import style
from course_lib.widgets.surety import BINS, draw_bins

WAYS = ("as they are", "Mixup", "CutMix", "CutMix, λ as drawn")
CLASSES, HOLE, BATCH = 10, 10, 64


def plan(way: str, samples: int, seed: int = 0) -> tuple[Tensor, Tensor, Tensor | None]:
    """Who meets whom, int64 (N,), what a sample's own label weighs, (N,), and the pasted pixels,
    bool (N, 1, 28, 28), or None: for every sample of a training at once."""
    rng = Rng(seed, 0, torch.arange(samples))
    partner, lam = partners(rng), symmetric_beta(rng.uniform("lambda", 2), 1.0)
    if way == "as they are":
        return partner, torch.ones_like(lam), None
    if way == "Mixup":
        return partner, lam, None
    pasted = inside(box(lam, rng.uniform("place", 2), 28, 28), 28, 28)
    return partner, kept_share(pasted).float() if way == "CutMix" else lam, pasted


def learn(way: str, images: int = 1000, steps: int = 600, seed: int = 0) -> nn.Module:
    """A net with one hidden layer, trained long on few images of fashion; every way meets the same
    batches."""
    train = data.load("fashion", "train")
    x, label = train.image[:images].float() / 255, train.label[:images]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, CLASSES))
    generator = torch.Generator().manual_seed(key("by heart", seed))
    rows = torch.randint(images, (steps * BATCH,), generator=generator)
    partner, kept, pasted = plan(way, len(rows), seed)
    target = mixed_label(label[rows], partner, kept, CLASSES)  # (N, K)
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3)
    for part in torch.arange(len(rows)).split(BATCH):
        some, other = x[rows[part]], x[rows[partner[part]]]
        if pasted is not None:
            some = torch.where(pasted[part], other, some)
        elif way == "Mixup":
            some = blend(some, other, kept[part])
        loss = F.cross_entropy(net(some), target[part])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return net


@torch.no_grad()
def judge(net: nn.Module) -> dict:
    """On val: `bins` of reliability, `accuracy`, `confidence`, and `with a hole`, the accuracy
    where a black square of 10 × 10 hides a part of each image."""
    val = data.load("fashion", "val")
    x = val.image.float() / 255
    holes = erase.cutout(Rng(0, 0, val.index), 28, 28, HOLE, clip=False)
    logits, hidden = net(x), net(erase.apply(x, holes))
    return {
        "bins": reliability(logits, val.label, BINS),
        "accuracy": accuracy(logits.argmax(dim=1), val.label),
        "confidence": confidence(logits),
        "with a hole": accuracy(hidden.argmax(dim=1), val.label),
    }


def draw(found: dict[str, dict]) -> Figure:
    """A reliability diagram a way."""
    fig = style.figure(1.95 * len(found), 2.3)
    for ax, (way, of) in zip(fig.subplots(1, len(found), squeeze=False)[0], found.items(),
                             strict=True):  # fmt: skip
        draw_bins(ax, of["bins"])
        ax.tick_params(labelsize=8)
        style.label(ax, "confidence", "")
        ax.set_title(way, loc="left", fontsize=10)
    fig.axes[0].set_ylabel("share of right answers")
    return fig


def show(ways: tuple[str, ...] = WAYS) -> None:
    """Trains a net each way, in seconds, and judges them by three measures."""
    found = {way: judge(learn(way)) for way in ways}
    rows = [
        (
            way,
            f"{100 * of['accuracy']:.1f}",
            f"{100 * of['with a hole']:.1f}",
            f"{100 * of['confidence']:.1f}",
            f"{100 * of['bins'].error:.1f}",
        )
        for way, of in found.items()
    ]
    told = "; ".join(
        f"{way}: accuracy {right} %, with a hole {hole} %, mean confidence {sure} %, calibration "
        f"error {error} %"
        for way, right, hole, sure, error in rows
    )
    style.show(draw(found), f"Reliability diagrams, beside the diagonal of the calibrated. {told}.")
    heads = ["trained on images", "accuracy (%)", "accuracy with a hole (%)",
             "mean confidence (%)", "calibration error (%)"]  # fmt: skip
    style.table(heads, rows, "On val of fashion, one seed: an illustration, not a claim")
