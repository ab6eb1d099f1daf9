"""Unit 2: seven ways to regularise one residual net, beside one another with error bars.

The decks show such a table for ResNet-50 on ImageNet, after 300 epochs. Here are the same arms on
clutter, and of each, beside accuracy, how well it is calibrated and how it fares on worse images.
`resolved` says which differences three seeds can tell from none.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from statistics import mean, stdev

from torch import Tensor

from course_lib.claims.claim import Claim, Values
from course_lib.claims.u01_runs import FEW, PLAIN, PROBE_SEED, PROBE_STEPS, answers, loaded, trained
from course_lib.core.randomness import Rng, key
from course_lib.evaluate import RawPixels, accuracy, majority, random_encoder, report
from course_lib.evaluate.calibration import reliability
from course_lib.views import erase

IMAGES = 5000
NET = "net=resnet net.blocks=[2,2,2] net.stem_stride=2 width=16 batch=64"
ON_CLUTTER = f"{NET} data=clutter epochs=12 {PLAIN}"
SETTINGS: Mapping[str, str] = {
    "baseline": f"supervised {ON_CLUTTER}",
    "Cutout": f"supervised {ON_CLUTTER} augment.cutout=16",
    "Mixup": f"mixup {ON_CLUTTER}",
    "Manifold Mixup": f"manifold_mixup {ON_CLUTTER}",
    "CutMix": f"cutmix {ON_CLUTTER} probability=0.5",
    "Feature CutMix": f"feature_cutmix {ON_CLUTTER} probability=0.5",
    "stochastic depth": f"supervised {ON_CLUTTER} net.survival=0.5",
    "DropBlock": f"supervised {ON_CLUTTER} net.keep=0.9",
    "CutMix uncorrected": f"cutmix {ON_CLUTTER} probability=0.5 corrected=false",
}
COLUMNS = ("accuracy", "calibration error", "accuracy with noise", "accuracy with a hidden square")
NOISE, HIDDEN = 0.15, 12  # standard deviation of images in [0, 1]; pixels a side
MIXING = ("mixup", "manifold_mixup", "cutmix", "feature_cutmix")
USES = ("clutter", "resnet", "convnet", "knn", "supervised", *MIXING)


@cache
def tested(how: str) -> Tensor:
    """Clutter's test images, uint8: "clean", with Gaussian noise ("with noise"), or each with a
    black square ("with a hidden square"); the same draws for every net."""
    data = loaded("clutter", "test")
    rng, image = Rng(key("worse test images"), 0, data.index), data.image.float() / 255
    if how == "with noise":
        grain = rng.normal("noise", image[0].numel()).view_as(image)
        image = (image + NOISE * grain).clamp(0, 1)
    elif how == "with a hidden square":
        height, width = image.shape[2:]
        box = erase.cutout(rng, height, width, HIDDEN, clip=False)
        image = erase.apply(image, box, "zero")
    return (255 * image).round().byte()


@cache
def logits(name: str, how: str, seed: int, steps: int = 0, images: int | None = None) -> Tensor:
    """What the trained net of that name answers, (N, 10)."""
    return answers(trained(SETTINGS[name], seed, steps, IMAGES), tested(how)[:images])


def measured(arm: str, seed: int, steps: int = 0, images: int | None = None) -> float:
    """arm: a name in SETTINGS, and one of COLUMNS."""
    name, what = arm.split(", ")
    how = what.removeprefix("accuracy ") if what.startswith("accuracy ") else "clean"
    found = logits(name, how, seed, steps, images)
    label = loaded("clutter", "test").label[:images]
    if what == "calibration error":
        return reliability(found, label).error
    return accuracy(found.argmax(dim=1), label)


def few_steps_measured(arm: str) -> float:
    return measured(arm, PROBE_SEED, PROBE_STEPS, FEW)


@cache
def floors(split: str = "test") -> dict[str, float]:
    """Chance, and kNN on raw pixels and on a random net with 5,000 training images."""
    data = {name: loaded("clutter", name) for name in ("train", "val", "test")}
    nets = {"raw pixels": RawPixels(), "random net": random_encoder(data["train"].image, 0)}
    found = report(nets, data, ("knn",), per_class=IMAGES // 10, floors=False)
    return {
        "chance": majority(data["train"].label, data[split].label),
        **{f"{score.encoder} kNN": getattr(score, split) for score in found},
    }


@dataclass(frozen=True)
class Difference:
    """Between two arms of a column: `first` minus `second`, seed by seed, the mean and half the
    width of its 95 % interval (Student's t)."""

    first: str
    second: str
    mean: float
    half: float

    @property
    def resolved(self) -> bool:
        """Whether the interval leaves out 0."""
        return abs(self.mean) > self.half


def interval(values: list[float]) -> tuple[float, float]:
    """The mean of values of several seeds and half the width of its 95 % interval."""
    from scipy.stats import t  # comes with scikit-learn; a second, so only here

    count = len(values)
    return mean(values), t.ppf(0.975, count - 1) * stdev(values) / math.sqrt(count)


def column(values: Values, what: str) -> dict[str, list[float]]:
    """Name → a value a seed of one of COLUMNS, the largest mean first."""
    ending = f", {what}"
    found = {a.removesuffix(ending): list(v) for a, v in values.items() if a.endswith(ending)}
    return dict(sorted(found.items(), key=lambda item: -mean(item[1])))


def resolved(values: Values, what: str) -> tuple[list[Difference], list[Difference]]:
    """Pairs of arms that the seeds tell apart in a column, and those that they do not.

    values: arm → a value a seed, as a stored figure has them (`read(file).arms`). `first` is always
    the larger. Of n pairs without any difference n/20 are expected among the resolved.
    """
    found = []
    for (first, a), (second, b) in combinations(column(values, what).items(), 2):
        found.append(
            Difference(first, second, *interval([x - y for x, y in zip(a, b, strict=True)]))
        )
    return [d for d in found if d.resolved], [d for d in found if not d.resolved]


CLAIMS = (
    Claim(
        row="augmentation_order",
        sentence="Seven regularisers, and CutMix with uncorrected labels, on one residual net: "
        "accuracy, calibration, and accuracy on noisy and on hidden images.",
        tag="figure",
        arms=tuple(f"{name}, {what}" for name in SETTINGS for what in COLUMNS),
        metric="on clutter's test set, from 0 to 1: accuracy, calibration error of 15 bins, "
        "accuracy with noise of standard deviation 0.15 and with 12 x 12 of 40 x 40 pixels hidden",
        arm=measured,
        floors=floors,
        probe=few_steps_measured,
        uses=USES,
        minutes=24,
        note="5,000 training images drawn with the seed, 12 epochs of batches of 64, six residual "
        "blocks of width 16 to 64, no augmentation but the arm's own. Settings are the papers' for "
        "small images where they have one, none was tuned here: Mixup alpha 1, Manifold Mixup "
        "alpha 2 and stages 0 to 2, CutMix in half of the images, Cutout 16 px, survival 0.5. "
        "DropBlock's keep of 0.9 and squares of 3, and stages 0 to 3 for Feature CutMix, are ours. "
        "One weight or box an image.",
    ),
)
