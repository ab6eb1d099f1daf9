"""Unit 1: what a representation is, what an objective asks for, what training first gives."""

from functools import cache

import torch
import torch.nn.functional as F

from course_lib.claims.arms import ACCURACY, USES, clutter, encoder, floors, score, short
from course_lib.claims.claim import Claim, Values
from course_lib.core.randomness import key
from course_lib.data import Dataset, load
from course_lib.evaluate import report
from course_lib.methods import Method
from course_lib.methods.supervised.classification import classification_loss
from course_lib.train import recipe_from, train


def compact(arm: str, seed: int) -> float:
    return score(arm, "knn", None, seed)


def compact_verdict(values: Values, margin: float) -> bool:
    """Trained features lead raw pixels by the margin, and PCA leads them by less than 5 points."""
    net, pixels, pca = values.values()
    gaps = [a - b for a, b in zip(net, pixels, strict=True)]
    small = sum(pca) / len(pca) - sum(pixels) / len(pixels) < 0.05
    return sum(gaps) / len(gaps) >= margin and small and sum(gap > 0 for gap in gaps) >= 2


@cache
def linear_net(loss: str, seed: int, steps: int = 1500) -> tuple[float, float]:
    """A linear net on Fashion-MNIST's pixels → test accuracy, mean predicted positives an image.

    loss: softmax, sigmoid, or "positive only", the sum of -y log s(z) without the (1 - y) term.
    Adam on batches of 256.
    """
    data = {split: load("fashion", split) for split in ("train", "test")}
    x = {split: part.image.flatten(1).float() / 255 for split, part in data.items()}
    label = data["train"].label
    generator = torch.Generator().manual_seed(key("linear net", seed))
    weight = (0.01 * torch.randn(784, 10, generator=generator)).requires_grad_()
    bias = torch.zeros(10, requires_grad=True)
    optimiser = torch.optim.Adam([weight, bias], lr=1e-3)
    for _ in range(steps):
        rows = torch.randint(len(label), (256,), generator=generator)
        logits = x["train"][rows] @ weight + bias
        if loss == "positive only":
            value = -F.logsigmoid(logits.gather(1, label[rows, None])).mean()
        else:
            value = classification_loss(logits, label[rows], loss)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
    with torch.no_grad():
        logits = x["test"] @ weight + bias
    right = logits.argmax(dim=1).eq(data["test"].label).double().mean().item()
    return right, (logits > 0).double().sum(dim=1).mean().item()


def linear_accuracy(arm: str, seed: int) -> float:
    return linear_net(arm, seed)[0]


def linear_positives(arm: str, seed: int) -> float:
    return linear_net(arm, seed)[1]


def few_steps_accuracy(arm: str) -> float:
    return linear_net(arm, 99, 5)[0]


def few_steps_positives(arm: str) -> float:
    return linear_net(arm, 99, 5)[1]


def alike(values: Values, margin: float) -> bool:
    """The two arms' means differ by at most the margin."""
    first, second = (sum(arm) / len(arm) for arm in values.values())
    return abs(first - second) <= margin


def runaway(values: Values, margin: float) -> bool:
    """Positive-only predicts more than `margin` classes an image, the full loss 0.7 to 1.3."""
    only, full = values.values()
    return min(only) > margin and all(0.7 <= count <= 1.3 for count in full)


@cache
def eight_classes(seed: int, steps: int = 0) -> Method:
    """Supervised on the images of the first eight classes of clutter."""
    data = clutter()["train"]
    rows = (data.label < 8).nonzero().flatten()
    part = Dataset("clutter", "train", {}, data.batch(rows), data.classes[:8])
    words = {"seed": seed, "data": "clutter", "epochs": 6} | ({"steps": steps} if steps else {})
    return train(recipe_from("supervised", words), data=part, say=None)


def transfer(arm: str, seed: int, steps: int = 0) -> float:
    """arm: "pretrained" or "scratch", then labels a class; fine-tuned on all ten classes."""
    start, labels = arm.split(", ")
    net = eight_classes(seed, steps) if start == "pretrained" else encoder("random", seed)
    found = report(
        {start: net},
        clutter(),
        ("finetune",),
        per_class=int(labels.split()[0]),
        floors=False,
        seed=seed,
    )
    return found[0].test


def few_steps_transfer(arm: str) -> float:
    """Five steps of training before, and fine-tuning with 10 labels a class."""
    return transfer(f"{arm.split(', ')[0]}, 10 a class", 99, 5)


def head_start(values: Values, margin: float) -> bool:
    """The gap at 10 a class reaches the margin and exceeds that at 500 a class by 3 points."""
    mean = {arm: sum(found) / len(found) for arm, found in values.items()}
    few = mean["pretrained, 10 a class"] - mean["scratch, 10 a class"]
    many = mean["pretrained, 500 a class"] - mean["scratch, 500 a class"]
    return few >= margin and few - many >= 0.03


def by_labels(arm: str, seed: int) -> float:
    """arm: encoder, readout, labels a class."""
    name, readout, labels = arm.split(", ")
    return score(name, readout, None if labels == "all" else int(labels), seed)


LADDER = tuple(
    f"{name}, {readout}, {labels}"
    for name in ("raw pixels", "PCA 64", "random", "simclr", "supervised")
    for readout in ("knn", "linear", "finetune")
    for labels in ("1", "10", "100", "all")
    if readout != "finetune" or name not in ("raw pixels", "PCA 64")
)
CLAIMS = (
    Claim(
        row="readout_ladder",
        sentence="What each readout finds in five representations, with few labels and with all.",
        tag="figure",
        arms=LADDER,
        metric=ACCURACY,
        arm=by_labels,
        floors=floors,
        probe=short,
        uses=USES,
        minutes=40,
        note="Labels are a class, drawn anew with the seed. SimCLR and the supervised net were "
        "trained for six epochs on all training images, the supervised one with all labels.",
    ),
    Claim(
        row="R001",
        sentence="64 learnt numbers find neighbours better than 1,600 pixels do, and 64 principal "
        "components hardly better than pixels.",
        tag="Q",
        arms=("supervised of width 16", "raw pixels", "PCA 64"),
        metric=f"kNN-20 {ACCURACY}",
        margin=0.15,
        arm=compact,
        verdict=compact_verdict,
        floors=floors,
        probe=short,
        uses=USES,
        minutes=6,
    ),
    Claim(
        row="R002",
        name="softmax-sigmoid",
        sentence="A linear net learns Fashion-MNIST equally well by softmax and by sigmoids.",
        tag="Q",
        arms=("softmax", "sigmoid"),
        metric="test accuracy on fashion, from 0 to 1",
        margin=0.02,
        arm=linear_accuracy,
        verdict=alike,
        probe=few_steps_accuracy,
        uses=USES,
        minutes=1,
    ),
    Claim(
        row="R002",
        name="positive-only",
        sentence="Without the (1 - y) term sigmoids accept nearly every class; with it, one.",
        tag="Q",
        arms=("positive only", "sigmoid"),
        metric="mean predicted positives an image on fashion's test set, of 10",
        margin=9.0,
        arm=linear_positives,
        verdict=runaway,
        probe=few_steps_positives,
        uses=USES,
        minutes=1,
    ),
    Claim(
        row="R011",
        sentence="Training on eight classes first helps to learn all ten, and most when labels "
        "are few.",
        tag="Q",
        arms=(
            "pretrained, 10 a class",
            "scratch, 10 a class",
            "pretrained, 500 a class",
            "scratch, 500 a class",
        ),
        metric=f"fine-tuned {ACCURACY}",
        margin=0.05,
        arm=transfer,
        verdict=head_start,
        floors=floors,
        probe=few_steps_transfer,
        uses=USES,
        minutes=20,
    ),
)
