"""Unit 2: what an augmentation does to an image on average, and how many draws it takes to see."""

from collections.abc import Mapping
from functools import cache, partial

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.claims.claim import Claim, Values
from course_lib.claims.verdicts import all_below
from course_lib.core.randomness import key
from course_lib.data import Dataset, load
from course_lib.views import convergence, expected, linear
from course_lib.views.linear import Family
from course_lib.views.moments import (
    Moments,
    erase_moments,
    mixing_moments,
    moments,
    shift_moments,
)

SIDE, REACH, HOLE, PARTNERS = 28, 2, 8, 40  # pixels; images to mix with
SHARES = tuple((2 * i + 1) / 20 for i in range(10))  # of an image that is mixed, as from Beta(1, 1)
SIZES, REPEATS, SHOWN = (256, 1024, 4096, 16384), 40, 12
USES = ("fashion",)
ENUMERATED = ("shift", "circular shift", "cutout", "mixing")
COMMON = (*ENUMERATED, "rotation", "blur", "flip", "gain")
PROBE_SEED = 99


@cache
def loaded(split: str) -> Dataset:
    return load("fashion", split)


def image_of(seed: int) -> Tensor:
    """A test image of fashion, float64 (1, 28, 28) in [0, 1]."""
    rows = loaded("test").image
    return rows[key("an image", seed) % len(rows)].double() / 255


@cache
def partners(seed: int) -> Tensor:
    """Images to mix with, (40, 1, 28, 28)."""
    rows = loaded("train").image
    first = key("partners", seed) % (len(rows) - PARTNERS)
    return rows[first : first + PARTNERS].double() / 255


def family(name: str, seed: int) -> Family:
    """The augmentations that these claims look at."""
    made: Mapping[str, Family] = {
        "shift": linear.shift(REACH, REACH),
        "circular shift": linear.shift(REACH, REACH, "circular"),
        "cutout": linear.erase(HOLE, SIDE, SIDE),
        "mixing": linear.mixing(partners(seed), SHARES),
        "rotation": linear.rotate([float(angle) for angle in range(-30, 31, 3)]),
        "blur": linear.blur([0.2 * i for i in range(11)]),
        "flip": linear.flip(),
        "gain": linear.gain([0.6 + 0.08 * i for i in range(11)]),
    }
    return made[name]


def closed(name: str, image: Tensor, seed: int) -> Moments:
    """Moments by the formula of that augmentation, without a sum over its maps."""
    if name in ("shift", "circular shift"):
        density = torch.full((2 * REACH + 1,) * 2, 1 / (2 * REACH + 1) ** 2, dtype=torch.float64)
        return shift_moments(image, density, "circular" if "circular" in name else "zero")
    if name == "cutout":
        return erase_moments(image, HOLE)
    rows, shares = partners(seed).flatten(1), torch.tensor(SHARES, dtype=torch.float64)
    off = rows - rows.mean(dim=0)
    partner = Moments(rows.mean(dim=0), off.T @ off / len(rows))
    return mixing_moments(image, partner, shares.mean().item(), shares.var(correction=0).item())


def difference(arm: str, seed: int) -> float:
    """The largest difference of any entry between formula and enumeration."""
    image = image_of(seed)
    by_formula, by_sum = closed(arm, image, seed), moments(family(arm, seed), image)
    return max((a - b).abs().max().item() for a, b in zip(by_formula, by_sum, strict=True))


def error_slope(arm: str, seed: int) -> float:
    """arm: augmentation and quantity."""
    name, quantity = arm.split(", ")
    found = convergence.errors(family(name, seed), image_of(seed), quantity, SIZES, REPEATS, seed)
    return convergence.slope(SIZES, found)


def half(values: Values, margin: float) -> bool:
    """Every arm's mean lies within the margin of -1/2."""
    means = [sum(found) / len(found) for found in values.values()]
    return all(abs(mean + 0.5) <= margin for mean in means)


@cache
def read_off(seed: int) -> expected.Linear:
    """A linear classifier of fashion by ridge regression on 2,000 images, not augmented."""
    data = loaded("train")
    rows = torch.randperm(
        len(data), generator=torch.Generator().manual_seed(key("read off", seed))
    )[:2000]
    targets = F.one_hot(data.label[rows], len(data.classes))
    return expected.ridge(linear.identity(), data.image[rows], targets, 0.1)


def draws_needed(arm: str, seed: int, images: int = SHOWN) -> float:
    """Draws to a relative error of one per cent, the median over images; arm as above."""
    name, quantity = arm.split(", ")
    data, found = loaded("test"), []
    first = key("shown", seed) % (len(data) - images)
    for row in range(first, first + images):
        image, label = data.image[row].double() / 255, data.label[row]
        loss = loss_of(seed, label) if quantity == "loss" else None
        found.append(convergence.draws_to(0.01, family(name, seed), image, quantity, loss))
    return torch.tensor(found).median().item()


def loss_of(seed: int, label: Tensor) -> convergence.Loss:
    """Rows (K, 784) → the squared error of the classifier on each, for an image of that class."""
    target = F.one_hot(label, 10).double()
    return partial(expected.squared, read_off(seed), y=target)


def one_exceeds(values: Values, margin: float) -> bool:
    """For at least one arm every value exceeds the margin."""
    return any(min(found) > margin for found in values.values())


def one_image(arm: str) -> float:
    return draws_needed(arm, PROBE_SEED, 1)


def probed_difference(arm: str) -> float:
    """1 where they agree: rounding itself is no number to compare between machines."""
    return float(difference(arm, PROBE_SEED) < 1e-12)


def first_error(arm: str) -> float:
    """The error of a few draws, of which the slope is made."""
    name, quantity = arm.split(", ")
    image = image_of(PROBE_SEED)
    return convergence.errors(family(name, PROBE_SEED), image, quantity, SIZES[:1], 2, PROBE_SEED)[
        0
    ]


CLAIMS = (
    Claim(
        row="R022",
        name="closed-form",
        sentence="Mean and covariance of an augmented image by formula are those of all augmented "
        "images.",
        tag="I",
        arms=ENUMERATED,
        metric="largest difference of an entry of mean or covariance, images of fashion in [0, 1]",
        margin=1e-12,
        arm=difference,
        verdict=all_below,
        probe=probed_difference,
        uses=USES,
        minutes=1,
        note="25 shifts by up to 2 px, with zero and circular padding; squares of 8 px at 784 "
        "places; ten shares of mixing with 40 images.",
    ),
    Claim(
        row="R022",
        name="slope",
        sentence="The error of sampled moments falls as one over the root of the number of draws.",
        tag="Q",
        arms=tuple(f"{name}, {what}" for name in ENUMERATED for what in ("mean", "covariance")),
        metric="slope of log relative error against log draws, from 256 to 16,384 draws",
        margin=0.05,
        arm=error_slope,
        verdict=half,
        probe=first_error,
        uses=USES,
        minutes=2,
        note="Root mean square over 40 repeats at each of four sizes. The margin is on the mean of "
        "the seeds, in every arm.",
    ),
    Claim(
        row="R022",
        name="draws",
        sentence="For at least one common augmentation it takes more than ten thousand draws to "
        "know its mean, covariance or loss to one per cent.",
        tag="Q",
        arms=tuple(f"{name}, {what}" for name in COMMON for what in convergence.QUANTITIES),
        metric="draws to a relative error of 1 %, root mean square, median over 12 fashion images",
        margin=1e4,
        arm=draws_needed,
        verdict=one_exceeds,
        probe=one_image,
        uses=USES,
        minutes=1,
        note="Exact, from the variance of one draw; no sampling; a covariance as if the mean were "
        "known. loss: squared error of a linear classifier. Held if one arm exceeds the margin in "
        "every seed; a loss that is nearly zero on an image needs many draws too. 0 but for "
        "rounding under flip: both images lie equally far from their mean. Held by covariances "
        "alone. The paper's statement is about the loss, and no loss of this linear model needs as "
        "many.",
    ),
)
