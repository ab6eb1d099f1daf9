"""Unit 8: masked modelling, on scenes."""

import time
from collections.abc import Mapping
from functools import cache
from statistics import median

import torch

from course_lib.claims.claim import Claim, Values
from course_lib.claims.scenes import (
    BASE,
    PROBE_SEED,
    PROBE_STEPS,
    linear_floors,
    recipe,
    scenes,
    tested,
    trained,
)
from course_lib.claims.tables import CHOSEN_VIT
from course_lib.core.hardware import precision
from course_lib.core.randomness import Rng
from course_lib.methods import Time
from course_lib.methods.masked.mae import MAE
from course_lib.methods.masked.patches import patchify, take
from course_lib.train import create
from course_lib.train.batches import Batches
from course_lib.train.loop import update
from course_lib.train.optimisers import optimiser

USES = (*BASE, "finetune", "vit", "mae", "simclr")
ALL = 1 / 64  # the smallest share that hides a patch: the encoder computes 63 of 64 tokens
SETTINGS: Mapping[str, str] = {
    "a quarter of the tokens": "mae",
    "all tokens": f"mae ratio={ALL}",
    "plain pixels": "mae epochs=12 normalise=false",
}
CPU = torch.device("cpu")


@cache
def step_seconds(seed: int, rounds: int = 12) -> Mapping[str, float]:
    """Median seconds of a training step of 256 images by arm, the arms taking turns."""
    data = scenes()["train"]
    runs: dict[str, tuple] = {}
    for arm in ("a quarter of the tokens", "all tokens"):
        wanted = recipe(SETTINGS[arm], seed)
        method = create(wanted, data)
        runs[arm] = wanted, method, optimiser(method, wanted), []
    batches, dtype = Batches(data, 256, seed, CPU), precision("auto", CPU)
    for number in range(rounds):
        for wanted, method, optim, spent in runs.values():
            begin = time.perf_counter()
            t = Time(number, 100, 0.0)
            update(method, method, optim, batches.at(number), wanted, t, 1e-3, dtype)
            spent.append(time.perf_counter() - begin)
    return {arm: median(spent[2:]) for arm, (*_, spent) in runs.items()}


def seconds(arm: str, seed: int) -> float:
    return step_seconds(seed)[arm]


def a_fraction(values: Values, margin: float) -> bool:
    """In every seed the first arm is at most `margin` of the second."""
    first, second = values.values()
    return all(a <= margin * b for a, b in zip(first, second, strict=True))


def masked_error(arm: str, seed: int, steps: int = 0) -> float:
    """Mean squared error at hidden patches, pixels in [0, 1], of 1,024 test images.

    arm: MAE that predicts plain pixels, or the mean colour of each image's visible patches.
    """
    return error_of(arm == "MAE", trained(SETTINGS["plain pixels"], seed, steps), seed)


@torch.no_grad()
def error_of(painted_by_net: bool, method: MAE, seed: int) -> float:
    """As `masked_error` says, of a trained MAE."""
    batch = scenes()["test"].batch(slice(0, 1024))
    views = method.views(batch, Rng(seed, 0, batch["index"]))
    image, order = views["image"][0], views["order"]
    patches = patchify(image, method.patch)  # (B, L, p·p·C)
    hidden = order[:, method.visible :]
    if painted_by_net:
        method.eval()
        painted = method.predict(method.latent(image, order), order)
    else:
        seen = take(patches, order[:, : method.visible]).unflatten(-1, (-1, image.shape[1]))
        colour = seen.mean(dim=(1, 2))  # (B, C)
        painted = colour.repeat(1, patches.shape[-1] // image.shape[1])[:, None].expand_as(patches)
    return take(painted - patches, hidden).square().mean().item()


def few_steps_error(arm: str) -> float:
    return masked_error(arm, PROBE_SEED, PROBE_STEPS)


def read_out(arm: str, seed: int, steps: int = 0) -> float:
    """arm: a tuned net of the table of ViTs, or MAE's before training, and a readout; fine-tuning
    has 50 labels a class, the probe all."""
    name, readout = arm.split(", ")
    if name == "untrained":
        net = create(recipe(CHOSEN_VIT["MAE, ViT"], seed), scenes()["train"])
    else:
        net = trained(CHOSEN_VIT[f"{name}, ViT"], seed, steps)
    return tested(net, readout, seed, per_class=50 if readout == "finetune" else None)


def few_steps_read_out(arm: str) -> float:
    name = arm.split(", ")[0]
    return read_out(f"{name}, knn", PROBE_SEED, PROBE_STEPS)


def starts_well_reads_badly(values: Values, margin: float) -> bool:
    """Fine-tuned, MAE leads scratch by the margin; under a probe it is behind SimCLR."""
    mean = [sum(arm) / len(arm) for arm in values.values()]
    return mean[0] - mean[1] >= margin and mean[2] < mean[3]


CLAIMS = (
    Claim(
        row="R063",
        name="time",
        sentence="A step that encodes only visible patches takes at most 0.6 of the time.",
        tag="Q",
        arms=("a quarter of the tokens", "all tokens"),
        metric="seconds of a training step of 256 images of scenes, median, arms in turn",
        margin=0.6,
        arm=seconds,
        verdict=a_fraction,
        uses=USES,
        minutes=3,
    ),
    Claim(
        row="R063",
        name="masked",
        sentence="MAE's error at hidden patches is at most half that of the visible mean colour.",
        tag="Q",
        arms=("MAE", "mean colour"),
        metric="mean squared error of hidden pixels in [0, 1], test images of scenes",
        margin=0.5,
        arm=masked_error,
        verdict=a_fraction,
        probe=few_steps_error,
        uses=USES,
        minutes=12,
        note="After 12 epochs at a batch of 256, fewer than a thousand steps, MAE paints hardly "
        "better than one colour. Steps are what it lacks: in a run that is not stored, half the "
        "epochs in batches of 64, which is twice the steps, left two thirds of the error of the "
        "mean colour. More was not tried.",
    ),
    Claim(
        row="R063",
        name="finetune",
        sentence="Fine-tuned with 50 labels a class MAE beats a start from scratch, though a "
        "linear probe ranks it below SimCLR.",
        tag="Q",
        arms=("MAE, finetune", "untrained, finetune", "MAE, linear", "SimCLR, linear"),
        metric="test accuracy on scenes, from 0 to 1; 50 labels a class to fine-tune, all to probe",
        margin=0.03,
        arm=read_out,
        verdict=starts_well_reads_badly,
        floors=linear_floors,
        probe=few_steps_read_out,
        uses=USES,
        minutes=30,
        note="The nets are the tuned ones of the table of ViTs, after six passes an image. The "
        "start from scratch has the few steps of fine-tuning; with more it might come nearer. The "
        "random net among the floors is a convnet.",
    ),
)
