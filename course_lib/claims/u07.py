"""Unit 7: redundancy reduction, on scenes."""

from collections.abc import Mapping

import torch

from course_lib.claims.claim import Claim, Values
from course_lib.claims.scenes import (
    BASE,
    LINEAR,
    PROBE_SEED,
    PROBE_STEPS,
    by_knn,
    by_linear,
    copied,
    linear_floors,
    scenes,
)
from course_lib.core.health import effective_rank
from course_lib.core.randomness import Rng
from course_lib.methods import Output, Time

USES = (*BASE, "convnet", "barlow")
SETTINGS: Mapping[str, str] = {"full": "barlow", "lam 0": "barlow lam=0"}


def output(arm: str, seed: int, steps: int) -> Output:
    """What a trained net says of 2,048 test images, BatchNorm as in training."""
    method = copied(SETTINGS[arm], seed, steps)
    batch = scenes()["test"].batch(slice(0, 2048))
    method.train()
    with torch.no_grad():
        return method(method.views(batch, Rng(seed, 0, batch["index"])), Time(1, 1, 1.0))


def correlation(arm: str, seed: int, steps: int = 0) -> float:
    """arm: a net, and which part of its matrix."""
    net, part = arm.split(", ")
    return output(net, seed, steps).logs[part.replace("-", "_")].item()


def few_steps_correlation(arm: str) -> float:
    return correlation(arm, PROBE_SEED, PROBE_STEPS)


def as_worded(values: Values, margin: float) -> bool:
    """In every seed: full has a diagonal of at least the margin and at most 0.1 beside it; with
    lam 0 what is beside it is at least 0.5."""
    diagonal, beside, beside_alone = values.values()
    return min(diagonal) >= margin and max(beside) <= 0.1 and min(beside_alone) >= 0.5


def rank(arm: str, seed: int, steps: int = 0) -> float:
    return effective_rank(output(arm, seed, steps).embedding)


def few_steps_rank(arm: str) -> float:
    return rank(arm, PROBE_SEED, PROBE_STEPS)


def a_fraction(values: Values, margin: float) -> bool:
    """In every seed the second arm is at most `margin` of the first."""
    first, second = values.values()
    return all(b <= margin * a for a, b in zip(first, second, strict=True))


def linear_of(arm: str, seed: int) -> float:
    return by_linear(SETTINGS[arm], seed)


def few_steps_knn(arm: str) -> float:
    return by_knn(SETTINGS[arm], PROBE_SEED, PROBE_STEPS)


CLAIMS = (
    Claim(
        row="R057",
        name="correlation",
        sentence="Barlow Twins makes views agree and features differ; with lam 0 features repeat "
        "one another.",
        tag="Q",
        arms=("full, diagonal", "full, off-diagonal", "lam 0, off-diagonal"),
        metric="mean of C_ii, and root mean square of C_ij, 2,048 test images of scenes",
        margin=0.8,
        arm=correlation,
        verdict=as_worded,
        probe=few_steps_correlation,
        uses=USES,
        minutes=8,
        note="Failed by its numbers, not by its direction: after 3 epochs the diagonal is at the "
        "margin and the rest at a fifth, against nine tenths with lam 0. The weights 1 and 1/128 "
        "are a choice for 128 features; others were not tried.",
    ),
    Claim(
        row="R057",
        name="rank",
        sentence="With lam 0 the embeddings' effective rank is at most a quarter of what it is.",
        tag="Q",
        arms=("full", "lam 0"),
        metric="effective rank of embeddings, of 128, 4,096 views of test images of scenes",
        margin=0.25,
        arm=rank,
        verdict=a_fraction,
        probe=few_steps_rank,
        uses=USES,
        minutes=8,
    ),
    Claim(
        row="R057",
        name="probe",
        sentence="Without the decorrelation term the features are worse.",
        tag="Q",
        arms=("full", "lam 0"),
        metric=LINEAR,
        margin=0.05,
        arm=linear_of,
        floors=linear_floors,
        probe=few_steps_knn,
        uses=USES,
        minutes=8,
    ),
)
