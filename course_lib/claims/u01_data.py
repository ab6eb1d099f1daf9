"""Unit 1: what the amount of data, the softness of labels and the tail of classes do."""

from collections.abc import Mapping

from course_lib.claims.claim import Claim, Values
from course_lib.claims.u01_runs import (
    FEW,
    PLAIN,
    PROBE_SEED,
    PROBE_STEPS,
    answers,
    fashion_floors,
    loaded,
    right,
    trained,
)
from course_lib.data.longtail import exponent, head, head_share, long_tail
from course_lib.evaluate import accuracy
from course_lib.evaluate.calibration import confidence, reliability

HUNGRY = f"supervised data=fashion batch=128 steps=800 {PLAIN}"
OVERTRAINED = f"supervised data=fashion batch=64 steps=1500 {PLAIN}"
SETTINGS: Mapping[str, str] = {
    "CNN": HUNGRY,
    "ViT": f"{HUNGRY} net=vit net.dim=64 net.depth=4 net.patch=7",
    "hard": OVERTRAINED,
    "smoothed": f"{OVERTRAINED} smoothing=0.1",
}
PART = 0.1  # of the classes


def by_images(arm: str, seed: int, steps: int = 0, tested: int | None = None) -> float:
    """arm: a net, and on how many training images."""
    name, images = arm.split(", ")
    net = trained(SETTINGS[name], seed, steps, int(images))
    return right(net, loaded("fashion", "test"), tested)


def few_steps_by_images(arm: str) -> float:
    return by_images(arm, PROBE_SEED, PROBE_STEPS, FEW)


def hungrier(values: Values, margin: float) -> bool:
    """The first arm's lead over the second exceeds the third's over the fourth by the margin, in
    the mean, and at all in two of three seeds."""
    few_a, few_b, many_a, many_b = values.values()
    gaps = [a - b - (c - d) for a, b, c, d in zip(few_a, few_b, many_a, many_b, strict=True)]
    return sum(gaps) / len(gaps) >= margin and 3 * sum(g > 0 for g in gaps) >= 2 * len(gaps)


def sureness(arm: str, seed: int, steps: int = 0, tested: int | None = None) -> float:
    """arm: labels, and what is asked of a net that saw 2,000 images for 48 epochs."""
    name, what = arm.split(", ")
    test = loaded("fashion", "test")
    logits, label = (
        answers(trained(SETTINGS[name], seed, steps, 2000), test.image[:tested]),
        test.label,
    )
    if what == "calibration error":
        return reliability(logits, label[:tested]).error
    if what == "confidence":
        return confidence(logits)
    return accuracy(logits.argmax(dim=1), label[:tested])


def few_steps_sureness(arm: str) -> float:
    return sureness(arm, PROBE_SEED, PROBE_STEPS, FEW)


def humbler(values: Values, margin: float) -> bool:
    """In every seed error and confidence are lower, and the accuracies differ by the margin at
    most, in the mean."""
    error, hard_error, sure, hard_sure, correct, hard_correct = values.values()
    lower = all(
        a < b
        for soft, hard in ((error, hard_error), (sure, hard_sure))
        for a, b in zip(soft, hard, strict=True)
    )
    return lower and abs(sum(correct) - sum(hard_correct)) / len(correct) <= margin


def in_the_head(arm: str, seed: int) -> float:
    """arm: the share that was asked for. What the first tenth of the classes holds of the images of
    scenes resampled to a long tail."""
    data = loaded("scenes", "train")
    classes = len(data.classes)
    alpha = exponent(asked(arm), classes, PART)
    return head_share(long_tail(data, alpha, seed=seed).label, classes, PART)


def few_in_the_head(arm: str) -> float:
    return in_the_head(arm, PROBE_SEED)


def asked(arm: str) -> float:
    return float(arm.removesuffix(" %")) / 100


def as_asked(values: Values, margin: float) -> bool:
    """Every value is what its arm's name asks for, to the margin."""
    return all(abs(v - asked(arm)) <= margin for arm, found in values.items() for v in found)


def balanced() -> dict[str, float]:
    """What the same number of classes holds before resampling, and when all are equally likely."""
    data = loaded("scenes", "train")
    classes = len(data.classes)
    even = head(classes, PART) / classes
    return {"not resampled": head_share(data.label, classes, PART), "even": even}


CLAIMS = (
    Claim(
        row="R008",
        sentence="A ViT falls further behind a convnet when there are few training images.",
        tag="Q",
        arms=("CNN, 1000", "ViT, 1000", "CNN, 20000", "ViT, 20000"),
        metric="test accuracy on fashion after 800 steps of 128 images, from 0 to 1",
        margin=0.03,
        arm=by_images,
        verdict=hungrier,
        floors=fashion_floors,
        probe=few_steps_by_images,
        uses=("fashion", "convnet", "vit", "supervised", "knn"),
        minutes=12,
        note="Equal steps, so an image of the 1,000 is seen 20 times as often; no augmentation, "
        "which would stand in for data. The ViT has 4 blocks of width 64 and 16 patches, so both "
        "nets have about as many parameters.",
    ),
    Claim(
        row="R010",
        sentence="After much training on few images smoothed labels give a net that is less sure "
        "and better calibrated, and as accurate.",
        tag="Q",
        arms=(
            "smoothed, calibration error",
            "hard, calibration error",
            "smoothed, confidence",
            "hard, confidence",
            "smoothed, accuracy",
            "hard, accuracy",
        ),
        metric="on fashion's test set, from 0 to 1: calibration error of 15 bins, mean largest "
        "probability, accuracy",
        margin=0.01,
        arm=sureness,
        verdict=humbler,
        floors=fashion_floors,
        probe=few_steps_sureness,
        uses=("fashion", "convnet", "supervised", "knn"),
        minutes=6,
        note="2,000 training images, 1,500 steps of 64 without augmentation; eps = 0.1. The margin "
        "is that of accuracy. Failed by half: the smoothed nets are less sure and as accurate, but "
        "overshoot. Hard labels leave them surer than they are right, smoothed ones less sure than "
        "they are right, by more. A smaller eps was not tried, since it would be tuned to hold.",
    ),
    Claim(
        row="R012",
        name="tail",
        sentence="Resampled to a long tail, scenes give a tenth of their classes the share of "
        "images that was asked for.",
        tag="Q",
        arms=("20 %", "50 %", "80 %", "93 %"),
        metric="share of the training images in the 6 most frequent of 64 classes",
        margin=0.02,
        arm=in_the_head,
        verdict=as_asked,
        floors=balanced,
        probe=few_in_the_head,
        uses=("scenes", "supervised"),
        minutes=1,
        note="Class c has a share in proportion to (c + 1)^-alpha. The more images the head has, "
        "the fewer there are in all, since no image is used twice.",
    ),
)
