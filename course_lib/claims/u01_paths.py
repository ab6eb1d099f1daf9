"""Unit 1: a residual net as many paths. Its blocks taken out, and exchanged, beside a plain net."""

from collections.abc import Mapping
from functools import cache
from statistics import median

import torch

from course_lib.claims.claim import Claim, Values
from course_lib.claims.u01_depth import DEEP, DEPTH_USES
from course_lib.claims.u01_runs import (
    FEW,
    PROBE_SEED,
    PROBE_STEPS,
    copied,
    fashion_floors,
    loaded,
    right,
)
from course_lib.core.randomness import key
from course_lib.nets import reordered, without_block

SETTINGS: Mapping[str, str] = {
    "residual": f"{DEEP} net.depth=16",
    "plain": f"{DEEP} net.depth=16 net.residual=false",
}
STAGES = ((0, 1, 2, 3), (5, 6, 7), (9, 10, 11), (13, 14, 15))  # blocks that keep the maps' shape
MOVABLE = tuple(block for stage in STAGES for block in stage)
TESTED = 2000


@cache
def after(arm: str, seed: int, steps: int, images: int) -> float:
    """arm: a net, then "all blocks", "without block k" or "k exchanged" → test accuracy."""
    name, what = arm.split(", ")
    method = copied(SETTINGS[name], seed, steps)
    if what.startswith("without"):
        method.encoder = without_block(method.encoder, int(what.split()[-1]))
    elif what.endswith("exchanged"):
        method.encoder = reordered(method.encoder, exchanged(int(what.split()[0]), seed))
    return right(method, loaded("fashion", "test"), images)


def changed(arm: str, seed: int) -> float:
    return after(arm, seed, 0, TESTED)


def few_steps_changed(arm: str) -> float:
    return after(arm, PROBE_SEED, PROBE_STEPS, FEW)


def exchanged(times: int, seed: int) -> list[int]:
    """The 16 blocks in order but for so many exchanges of two of one stage, drawn with the seed."""
    generator = torch.Generator().manual_seed(key("exchanged blocks", times, seed))
    order = list(range(16))
    for _ in range(times):
        stage = STAGES[int(torch.randint(len(STAGES), (1,), generator=generator))]
        a, b = (stage[i] for i in torch.randperm(len(stage), generator=generator)[:2].tolist())
        order[a], order[b] = order[b], order[a]
    return order


def typical_drop(arm: str, seed: int) -> float:
    """The median over blocks of how much accuracy falls when one is taken out."""
    whole = changed(f"{arm}, all blocks", seed)
    return median(whole - changed(f"{arm}, without block {k}", seed) for k in MOVABLE)


def few_steps_drop(arm: str) -> float:
    """The accuracy of the whole net: a drop after five steps is zero or noise."""
    return few_steps_changed(f"{arm}, all blocks")


def one_survives(values: Values, margin: float) -> bool:
    """The first arm drops by at most 0.05 and the second by the margin, in the mean and in two of
    three seeds."""
    few, many = values.values()
    means = sum(few) / len(few) <= 0.05 and sum(many) / len(many) >= margin
    often = [a <= 0.05 and b >= margin for a, b in zip(few, many, strict=True)]
    return means and 3 * sum(often) >= 2 * len(often)


DELETIONS = tuple(
    f"{name}, {what}"
    for name in ("residual", "plain")
    for what in (
        "all blocks",
        *(f"without block {k}" for k in MOVABLE),
        *(f"{k} exchanged" for k in (1, 2, 4, 8)),
    )
)
CLAIMS = (
    Claim(
        row="R006",
        sentence="A residual net hardly notices that a block is missing; a plain net falls apart.",
        tag="Q",
        arms=("residual", "plain"),
        metric="median over 13 of 16 blocks of the fall in accuracy, 2,000 test images of fashion",
        margin=0.3,
        arm=typical_drop,
        verdict=one_survives,
        floors=fashion_floors,
        probe=few_steps_drop,
        uses=DEPTH_USES,
        minutes=12,
        note="Blocks that change the shape of the maps are left in place.",
    ),
    Claim(
        row="blocks",
        sentence="Two nets of 16 blocks with each block taken out, and with blocks exchanged.",
        tag="figure",
        arms=DELETIONS,
        metric="accuracy on 2,000 test images of fashion, from 0 to 1",
        arm=changed,
        floors=fashion_floors,
        probe=few_steps_changed,
        uses=DEPTH_USES,
        minutes=12,
        note="The nets are those of R006. k exchanged: k times two blocks of one stage, drawn with "
        "the seed.",
    ),
)
