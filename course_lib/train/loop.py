"""The loop: batches become views, views a loss, the loss a step. The same for every method.

    from course_lib.train import train, recipe_from
    method = train(recipe_from("simclr", {"steps": "500"}), out="runs/a")

or `course train simclr steps=500 out=runs/a`. Run the same again after a kill and it goes on from
the last checkpoint to the same weights, bit for bit: every draw is a function of (seed, step,
sample), so there is no generator to save. On several processes (torchrun) each takes its share of
the batch and the gradient is that of one process with all of it.
"""

import contextlib
import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs

from course_lib.core import hardware, sync
from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.core.schedules import warmup_cosine
from course_lib.data import Dataset, load
from course_lib.methods import METHODS, Facts, Method, Recipe, Time
from course_lib.train import checkpoint
from course_lib.train.batches import Batches
from course_lib.train.optimisers import optimiser
from course_lib.train.report import Report
from course_lib.train.trouble import explained, stop_requested

SAVE_SECONDS = 30
PRECISIONS = {"bf16": torch.bfloat16, "fp32": torch.float32, "fp64": torch.float64}


def create(recipe: Recipe, data: Dataset) -> Method:
    """The untrained method of a recipe; its weights are a function of the seed alone."""
    kind = next(kind for kind, settings in METHODS.values() if settings is type(recipe))
    channels, size = data.image.shape[1:3]
    facts = Facts(channels, size, len(data.classes), len(data))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return kind(recipe, facts)


def train(
    recipe: Recipe,
    out: str | Path | None = None,
    *,
    data: Dataset | None = None,
    stop_after: int | None = None,
    say: Callable | None = print,
) -> Method:
    """Trains a recipe's method and returns it.

    out: run folder; without one nothing is saved. data: instead of the recipe's training split.
    stop_after: leave, saved, after that many steps in all. say: where status lines go, or None.
    """
    accelerator = Accelerator(
        cpu=hardware.device().type == "cpu",
        kwargs_handlers=[DistributedDataParallelKwargs(broadcast_buffers=False)],
    )
    device, folder = accelerator.device, Path(out) if out else None
    data = data or load(recipe.data, "train", **recipe.data_options)
    batches = Batches(data, recipe.batch, recipe.seed, device)
    total = recipe.steps or round(recipe.epochs * batches.per_epoch)
    dtype = precision(recipe.precision, device)
    method = create(recipe, data)
    method = sync.synchronise(method.to(device, dtype if dtype == torch.float64 else None))
    optim = optimiser(method, recipe)
    done = 0
    if folder:
        checkpoint.prepare(folder, recipe)
        done = checkpoint.restore(folder, method, optim, device)
    model = accelerator.prepare_model(method) if sync.world() > 1 else method
    report = Report(folder, total, method.constant_loss(recipe.batch), say)
    saved = time.monotonic()
    with explained(folder) if folder else contextlib.nullcontext():
        for step in range(done, min(total, stop_after or total)):
            t = Time(step, total, step / batches.per_epoch)
            if step % batches.per_epoch == 0:
                method.refresh(batches, t)
            lr = warmup_cosine(step, total, recipe.lr, round(recipe.warmup * total))
            output = update(model, method, optim, batches.at(step), recipe, t, lr, dtype)
            method.after_step(output.carry, t)
            report.step(step + 1, output, lr, recipe.batch)
            done = step + 1
            late = time.monotonic() - saved > SAVE_SECONDS
            if folder and (late or stop_requested()):
                checkpoint.save(folder, method, optim, done)
                saved = time.monotonic()
            if stop_requested():
                raise KeyboardInterrupt
        if folder:
            checkpoint.save(folder, method, optim, done)
    return method


def update(model, method, optim, batch: dict, recipe: Recipe, t: Time, lr: float, dtype):
    """One step of one batch."""
    device = batch["index"].device
    with torch.no_grad():
        views = method.views(batch, Rng(recipe.seed, t.step, batch["index"]))
    if dtype == torch.float64:
        views = {**views, "image": views["image"].double()}
    model.train()
    with torch.autocast(device.type, torch.bfloat16, enabled=dtype == torch.bfloat16):
        output = model(views, t)
    optim.zero_grad()
    output.loss.backward()
    if recipe.clip:
        torch.nn.utils.clip_grad_norm_(method.parameters(), recipe.clip)
    for group in optim.param_groups:
        group["lr"] = lr
    optim.step()
    return dataclasses.replace(output, loss=output.loss.detach())


def precision(name: str, device: torch.device) -> torch.dtype:
    """The dtype that a recipe's `precision` means on this device."""
    if name == "auto":
        name = "bf16" if hardware.bf16_wins(device) else "fp32"
    if name not in PRECISIONS:
        raise CourseError(f"precision is auto, bf16, fp32 or fp64, not {name!r}.")
    return PRECISIONS[name]
