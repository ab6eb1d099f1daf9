"""Unit 2: Mixup and Manifold Mixup. Noisy labels, straight lines between samples, flat classes."""

from collections.abc import Mapping
from functools import cache

import torch
from torch import Tensor

from course_lib.claims.claim import Claim
from course_lib.claims.scenes import recipe
from course_lib.claims.u01_runs import (
    FEW,
    PLAIN,
    PROBE_SEED,
    PROBE_STEPS,
    fashion_floors,
    loaded,
    right,
    some,
    trained,
)
from course_lib.claims.u02_order import IMAGES, SETTINGS
from course_lib.claims.u02_order import USES as ON_CLUTTER
from course_lib.claims.verdicts import share_of
from course_lib.core.health import effective_rank
from course_lib.core.randomness import Rng, key
from course_lib.data.label_noise import with_label_noise
from course_lib.methods import Method
from course_lib.nets import stages
from course_lib.train import create, train

WRONG = 0.4  # of the labels replaced
RELATIVE = ", relative"  # to how far apart the ends lie
LAYER, PER_CLASS = 2, 100  # the deepest stage at which Manifold Mixup mixes; images
FASHION = f"data=fashion batch=64 steps=1500 {PLAIN}"
NOISY: Mapping[str, str] = {
    "Mixup": f"mixup {FASHION} alpha=8",
    "no mixing": f"supervised {FASHION}",
}


@cache
def misled(name: str, seed: int, steps: int = 0) -> Method:
    """A net that learnt from 5,000 images of fashion, 40 % of their labels replaced."""
    data = with_label_noise(some("fashion", IMAGES, seed), WRONG, seed)
    return train(recipe(NOISY[name], seed, steps), data=data, say=None)


def despite_noise(arm: str, seed: int, steps: int = 0, images: int | None = None) -> float:
    return right(misled(arm, seed, steps), loaded("fashion", "test"), images)


def few_steps_despite_noise(arm: str) -> float:
    return despite_noise(arm, PROBE_SEED, PROBE_STEPS, FEW)


def bend(arm: str, seed: int, steps: int = 0, images: int = 4096) -> float:
    """How far probabilities between two test images lie from the straight line between theirs;
    for an arm that ends in RELATIVE, as a share of how far the two lie apart."""
    method = misled(arm.removesuffix(RELATIVE), seed, steps).eval()
    x = loaded("fashion", "test").image[:images].float() / 255
    lam = Rng(key("between"), 0, torch.arange(len(x))).uniform("lambda", 1)  # (N, 1)
    ends = probabilities(method, x)
    middle = lam[:, :, None, None] * x + (1 - lam[:, :, None, None]) * x.roll(1, 0)
    line = lam * ends + (1 - lam) * ends.roll(1, 0)
    far = (probabilities(method, middle) - line).abs().mean()
    apart = (ends - ends.roll(1, 0)).abs().mean() if arm.endswith(RELATIVE) else 1.0
    return float(far / apart)


@torch.no_grad()
def probabilities(method: Method, x: Tensor) -> Tensor:
    """float (N, C, H, W) → (N, K)."""
    return torch.cat([method.head(method.encode(part)).softmax(dim=1) for part in x.split(512)])


def few_steps_bend(arm: str) -> float:
    return bend(arm, PROBE_SEED, PROBE_STEPS, FEW)


def class_rank(arm: str, seed: int, steps: int = 0, each: int = PER_CLASS) -> float:
    return rank_of(trained(SETTINGS[arm], seed, steps, IMAGES), each)


def untrained_rank() -> dict[str, float]:
    """The same of a net before its training."""
    return {
        "untrained net": rank_of(
            create(recipe(SETTINGS["baseline"], 0), loaded("clutter", "train"))
        )
    }


def rank_of(method: Method, each: int = PER_CLASS) -> float:
    """Effective rank of the maps of a class after stage LAYER, the mean over classes."""
    method, test, ranks = method.eval(), loaded("clutter", "test"), []
    for label in range(len(test.classes)):
        x = test.image[test.label == label][:each].float() / 255
        with torch.no_grad():
            maps = stages.upto(method.encoder, x, LAYER)
        ranks.append(effective_rank(maps.flatten(1)))
    return sum(ranks) / len(ranks)


def few_steps_rank(arm: str) -> float:
    return class_rank(arm, PROBE_SEED, PROBE_STEPS, 20)


USES = ("fashion", "convnet", "supervised", "mixup", "knn")
NOTE = (
    "5,000 training images, of which 40 % got a random label and so 36 % a wrong one; 1,500 steps "
    "of 64 images, no augmentation. alpha = 8: with labels to be forgotten one mixes more than "
    "without, and the paper tried 1 to 32 here. One weight an image. "
)
CLAIMS = (
    Claim(
        row="R018",
        name="noise",
        sentence="With two fifths of the labels replaced by random ones, Mixup's net errs less at "
        "the end of training.",
        tag="Q",
        arms=tuple(NOISY),
        metric="test accuracy on fashion, from 0 to 1",
        margin=0.03,
        arm=despite_noise,
        floors=fashion_floors,
        probe=few_steps_despite_noise,
        uses=USES,
        minutes=6,
        note=NOTE,
    ),
    Claim(
        row="R018",
        name="linearity",
        sentence="Between two test images Mixup's answers lie nearer to the straight line.",
        tag="Q",
        arms=tuple(NOISY) + tuple(name + RELATIVE for name in NOISY),
        metric="mean absolute difference of a class's probability from the line, 4,096 pairs of "
        "fashion's test images; relative: by that of the two ends from each other",
        margin=0.7,
        arm=bend,
        verdict=share_of,
        probe=few_steps_bend,
        uses=USES,
        minutes=6,
        note=NOTE + "The nets of R018-noise. Softer answers bend less too, since all their "
        "differences are smaller; the relative arms take that out. They decide nothing.",
    ),
    Claim(
        row="R019",
        sentence="After Manifold Mixup the features of a class lie in fewer directions, at the "
        "deepest stage where it mixes.",
        tag="Q",
        arms=("Manifold Mixup", "baseline", "Mixup"),
        metric="effective rank of a class's maps after stage 2, 100 test images of clutter a "
        "class, mean over classes",
        margin=0.9,
        arm=class_rank,
        verdict=share_of,
        floors=untrained_rank,
        probe=few_steps_rank,
        uses=ON_CLUTTER,
        minutes=10,
        note="Nets of augmentation_order. Of 100 images the rank is at most 99. Mixup is here for "
        "comparison and decides nothing. Failed by its size: the rank falls with every seed, by a "
        "small part of the tenth that was asked, and as much after Mixup. All trained nets are "
        "near the ceiling of 99, so maps of 100 images leave this measure little room; more "
        "images, or features averaged over places, were not tried.",
    ),
)
