"""Unit 2: stochastic depth. What leaving out blocks saves, costs, and does to the first block."""

import time
from collections.abc import Mapping
from functools import cache

import torch

from course_lib.claims.claim import Claim
from course_lib.claims.scenes import recipe
from course_lib.claims.u01_runs import (
    FEW,
    PLAIN,
    PROBE_SEED,
    PROBE_STEPS,
    loaded,
    right,
    some,
)
from course_lib.claims.u02_order import floors
from course_lib.claims.verdicts import no_worse, share_of
from course_lib.core import hardware
from course_lib.core.schedules import warmup_cosine
from course_lib.methods import Method, Recipe, Time
from course_lib.train import create
from course_lib.train.batches import Batches
from course_lib.train.loop import update
from course_lib.train.optimisers import optimiser

IMAGES, WARM, TIMED = 5000, 4, 40
CPU = torch.device("cpu")
USES = ("clutter", "resnet", "supervised", "convnet", "knn")
DEEP = (
    f"supervised data=clutter net=resnet net.depth=12 net.stem_stride=2 width=16 batch=128 {PLAIN}"
)
SETTINGS: Mapping[str, str] = {
    "left out a batch": f"{DEEP} epochs=8 net.survival=0.5",
    "every block": f"{DEEP} epochs=8",
    "left out a sample": f"{DEEP} epochs=8 net.survival=0.5 net.survival_per=sample",
}


class Run:
    """A training run that can be watched step by step; the steps are those of `train`."""

    def __init__(self, arm: str, seed: int, steps: int = 0):
        self.recipe: Recipe = recipe(SETTINGS[arm], seed, steps)
        data = some("clutter", IMAGES, seed)
        self.batches = Batches(data, min(self.recipe.batch, len(data)), seed, CPU)
        self.total = steps or round(self.recipe.epochs * self.batches.per_epoch)
        self.method: Method = create(self.recipe, data)
        self.optimiser = optimiser(self.method, self.recipe)
        self.dtype = hardware.precision(self.recipe.precision, CPU)

    def step(self, step: int) -> float:
        """One step → the norm of the gradient of the first block's branch."""
        warm = round(self.recipe.warmup * self.total)
        rate = warmup_cosine(step, self.total, self.recipe.lr, warm)
        t = Time(step, self.total, step / self.batches.per_epoch)
        batch = self.batches.at(step)
        update(self.method, self.method, self.optimiser, batch, self.recipe, t, rate, self.dtype)
        first = self.method.encoder.blocks[0].branch
        return torch.stack([p.grad.square().sum() for p in first.parameters()]).sum().sqrt().item()


@cache
def seconds(seed: int) -> dict[str, float]:
    """Mean seconds of a training step of every arm, taken in turns so that all see the same
    machine."""
    runs = {arm: Run(arm, seed) for arm in SETTINGS}
    spent = dict.fromkeys(runs, 0.0)
    for step in range(WARM + TIMED):
        for arm, run in runs.items():
            begin = time.perf_counter()
            run.step(step)
            spent[arm] += time.perf_counter() - begin if step >= WARM else 0.0
    return {arm: total / TIMED for arm, total in spent.items()}


def step_time(arm: str, seed: int) -> float:
    return seconds(seed)[arm]


def blocks_computed(arm: str) -> float:
    """The mean number of branches computed in five steps, in place of seconds."""
    run, ran = Run(arm, PROBE_SEED, PROBE_STEPS), list[int]()
    for block in run.method.encoder.blocks:
        block.branch.register_forward_hook(lambda *_: ran.append(1))
    for step in range(PROBE_STEPS):
        run.step(step)
    return len(ran) / PROBE_STEPS


@cache
def whole(arm: str, seed: int, steps: int = 0) -> tuple[Method, float]:
    """A run and the mean gradient norm of its first block."""
    run = Run(arm, seed, steps)
    norms = [run.step(step) for step in range(run.total)]
    return run.method, sum(norms) / len(norms)


def on_val(arm: str, seed: int, steps: int = 0, images: int | None = None) -> float:
    return right(whole(arm, seed, steps)[0], loaded("clutter", "val"), images)


def floors_on_val() -> dict[str, float]:
    return floors("val")


def few_steps_on_val(arm: str) -> float:
    return on_val(arm, PROBE_SEED, PROBE_STEPS, FEW)


def first_gradient(arm: str, seed: int) -> float:
    return whole(arm, seed, 0)[1]  # as `on_val` asks, so that they share the run


def few_steps_gradient(arm: str) -> float:
    return whole(arm, PROBE_SEED, PROBE_STEPS)[1]


CLAIMS = (
    Claim(
        row="R016",
        name="time",
        sentence="A step is shorter when blocks are really left out: at 12 blocks by a tenth or "
        "more.",
        tag="Q",
        arms=tuple(SETTINGS),
        metric="seconds of a training step of a batch of 128, mean of 40",
        margin=0.9,
        arm=step_time,
        verdict=share_of,
        probe=blocks_computed,
        uses=USES,
        minutes=3,
        note="The third arm draws a coin a sample: everything is computed and then multiplied by 0 "
        "or 1, which saves nothing. The seeds are three measurements with the arms taken in turns. "
        "The probe counts branches that are computed instead of seconds.",
    ),
    Claim(
        row="R016",
        name="error",
        sentence="Leaving out blocks in training costs at most half a point of accuracy.",
        tag="R",
        arms=("left out a batch", "every block"),
        metric="accuracy on clutter's validation images, from 0 to 1",
        margin=0.005,
        arm=on_val,
        verdict=no_worse,
        floors=floors_on_val,
        probe=few_steps_on_val,
        uses=USES,
        minutes=7,
        note="5,000 training images drawn with the seed, not augmented; 12 blocks of width 16 and "
        "up, 8 epochs. The paper trained 500 epochs of 110 layers. R016-gradient is what the row "
        "names to fall back on.",
    ),
    Claim(
        row="R016",
        name="gradient",
        sentence="With blocks left out more gradient reaches the first block.",
        tag="R",
        arms=("left out a batch", "every block"),
        metric="norm of the gradient of the first block's branch, mean over training",
        margin=0.0,
        arm=first_gradient,
        probe=few_steps_gradient,
        uses=USES,
        minutes=7,
        note="The runs of R016-error, made once if both are run together. A step in which the "
        "first block is left out counts with 0. Part of a difference may be that the loss stays "
        "higher while blocks are missing; the two are not told apart here. Held by its rule, which "
        "wants the mean and two of three seeds; but the third seed says the opposite, and the "
        "difference is a small part of the seeds' spread. Read it as none.",
    ),
)
