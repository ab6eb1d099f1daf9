"""Unit 2: shortcuts. When outline and texture disagree, by which of them does a net answer?"""

from collections.abc import Callable, Mapping
from functools import cache

from torch import Tensor

from course_lib.claims.claim import Claim, Values
from course_lib.claims.scenes import recipe
from course_lib.claims.u01_runs import FEW, PLAIN, PROBE_SEED, PROBE_STEPS, answers
from course_lib.data import Dataset, load
from course_lib.evaluate import RawPixels, accuracy, extract, fit, knn, random_encoder
from course_lib.evaluate.features import Encoder
from course_lib.evaluate.shape_bias import count
from course_lib.methods import Method
from course_lib.train import train

IMAGES: Mapping[str, int] = {"train": 6000, "val": 1000, "test": 2000}
CNN = f"supervised data=cues batch=64 steps=300 {PLAIN}"
SETTINGS: Mapping[str, tuple[str, str]] = {  # net → its run, and the pairing of cues it sees
    "CNN, random textures": (CNN, "random"),
    "CNN, agreeing cues": (CNN, "agree"),
    "SimCLR, agreeing cues": ("simclr data=cues batch=128 steps=180", "agree"),
    "MAE, agreeing cues": ("mae data=cues batch=128 steps=300", "agree"),
}
LAZY = 0.4  # the most of a shape bias that is called following the texture
Reader = Callable[[Tensor], Tensor]  # uint8 images → predicted classes, int64 (N,)


@cache
def cues(split: str, textures: str) -> Dataset:
    return load("cues", split, textures=textures, n=IMAGES[split])


@cache
def trained(net: str, seed: int, steps: int = 0) -> Method:
    """A run by its name in SETTINGS; steps: for a probe, only so many."""
    words, textures = SETTINGS[net]
    return train(recipe(words, seed, steps), data=cues("train", textures), say=None)


def probe(encoder: Encoder) -> Reader:
    """A linear probe fitted where the cues agree, its strength chosen on val where they do."""
    data, val = cues("train", "agree"), cues("val", "agree")
    probes = fit(extract(encoder, data.image), data.label, len(data.classes))
    seen = extract(encoder, val.image)
    best = max(probes, key=lambda p: accuracy(p.logits(seen).argmax(dim=1), val.label))
    return lambda images: best.logits(extract(encoder, images)).argmax(dim=1)


def reader(net: str, seed: int, steps: int) -> Reader:
    """What a net answers: by its own head where it has learnt labels, else by a linear probe."""
    method = trained(net, seed, steps)
    if net.startswith("CNN"):
        return lambda images: answers(method, images).argmax(dim=1)
    return probe(method)


def measures(read: Reader, textures: str, tested: int | None = None) -> dict[str, float]:
    """Shape bias and the share of answers behind it on conflict images of test; accuracy on those
    that are paired as in training. tested: only the first so many."""
    conflict, paired = (cues("test", kind).batch(slice(tested)) for kind in ("conflict", textures))
    found = count(read(conflict["image"]), conflict["shape"], conflict["texture"])
    right = accuracy(read(paired["image"]), paired["label"])
    return {"shape bias": found.bias, "decided": found.decided, "accuracy": right}


@cache
def looked_at(net: str, seed: int, steps: int = 0, tested: int | None = None) -> dict[str, float]:
    return measures(reader(net, seed, steps), SETTINGS[net][1], tested)


def cue(arm: str, seed: int) -> float:
    """arm: a net, what it was shown, and what is asked."""
    net, _, what = arm.rpartition(", ")
    return looked_at(net, seed)[what]


def few_steps(arm: str) -> float:
    net, _, what = arm.rpartition(", ")
    return looked_at(net, PROBE_SEED, PROBE_STEPS, FEW)[what]


def shaped(values: Values, margin: float) -> bool:
    """Where cues agree the shape bias stays below 0.4; with random textures it exceeds that by
    the margin, both in the mean, and in two of three seeds at all."""
    varied, agreeing = list(values.values())[:2]
    gaps = [a - b for a, b in zip(varied, agreeing, strict=True)]
    lazy = sum(agreeing) / len(agreeing) < LAZY
    return lazy and sum(gaps) / len(gaps) > margin and 3 * sum(g > 0 for g in gaps) >= 2 * len(gaps)


def floors() -> dict[str, float]:
    """The shape bias of guessing, of neighbours in pixels, and of a linear probe on a random net,
    both fitted where the cues agree."""
    data = cues("train", "agree")
    pixels = extract(RawPixels(), data.image)

    def nearest(images: Tensor) -> Tensor:
        return knn(pixels, data.label, extract(RawPixels(), images))

    return {
        "guessing": 0.5,
        "raw pixels kNN": measures(nearest, "agree")["shape bias"],
        "random net linear": measures(probe(random_encoder(data.image, 0)), "agree")["shape bias"],
    }


CLAIMS = (
    Claim(
        row="R023",
        sentence="A convnet whose training images agree in shape and texture answers by the "
        "texture; with random textures it answers by the shape.",
        tag="Q",
        arms=tuple(
            f"{net}, {what}" for what in ("shape bias", "decided", "accuracy") for net in SETTINGS
        ),
        metric="on test images of cues, from 0 to 1: shape bias where the cues conflict, the share "
        "of those that were answered with either cue, accuracy where paired as in training",
        margin=0.3,
        arm=cue,
        verdict=shaped,
        floors=floors,
        probe=few_steps,
        uses=("cues", "convnet", "vit", "supervised", "simclr", "mae", "linear", "knn"),
        minutes=15,
        note="6,000 training images, the same outlines in all arms. The two CNNs differ in their "
        "textures alone and answer by their own heads, without augmentation. SimCLR (a convnet) "
        "and MAE (a ViT) saw no labels; a linear probe reads them, fitted where the cues agree, "
        "so it may read either. They stand in the table only: net, steps and views differ too. "
        "Floors are shape biases; random textures agree by chance in one image of six.",
    ),
)
