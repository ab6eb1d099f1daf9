"""The loop: batches become views, views a loss, the loss a step. The same for every method.

Run again after a kill, it goes on to the same weights, bit for bit: every draw is a function of
(seed, step, sample), so there is no generator to save. Each of several processes (torchrun) takes
its share of the batch, and the gradient is that of one process with all of it.
"""

import time
from collections.abc import Callable
from pathlib import Path

import torch

from course_lib.core import hardware, sync
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
    """Trains a recipe's method and returns it. out: run folder; without one nothing is saved.

    data: instead of the recipe's training split. stop_after: leave, saved, after that many steps in
    all. say: where status lines go, or None.
    """
    accelerator = sync.accelerator()
    device, folder = accelerator.device, Path(out) if out else None
    data = data or load(recipe.data, "train", **recipe.data_options)
    batches = Batches(data, recipe.batch, recipe.seed, device)
    total = recipe.steps or round(recipe.epochs * batches.per_epoch)
    dtype = hardware.precision(recipe.precision, device)
    method, optim, done = begin(create(recipe, data), recipe, folder, device, dtype)
    last = min(total, stop_after or total)
    model = accelerator.prepare_model(method) if sync.world() > 1 else method
    report = Report(folder, total, method.constant_loss(recipe.batch), say)
    saved = time.monotonic()
    with explained(folder):
        for step in range(done, last):
            t = Time(step, total, step / batches.per_epoch)
            if step % batches.per_epoch == 0:
                method.refresh(batches, t)
            lr = warmup_cosine(step, total, recipe.lr, round(recipe.warmup * total))
            output = update(model, method, optim, batches.at(step), recipe, t, lr, dtype)
            method.after_step(output.carry, t)
            report.step(step + 1, output, lr, recipe.batch)
            due = step + 1 == last or time.monotonic() - saved > SAVE_SECONDS
            if folder and (due or stop_requested()):
                checkpoint.save(folder, method, optim, step + 1)
                saved = time.monotonic()
            if stop_requested():
                raise KeyboardInterrupt
    return method


def begin(method: Method, recipe: Recipe, folder: Path | None, device, dtype: torch.dtype):
    """Method and optimiser on the device, as the last checkpoint left them, and its step."""
    method = sync.synchronise(method.to(device, dtype if dtype == torch.float64 else None))
    optim = optimiser(method, recipe)
    if not folder:
        return method, optim, 0
    checkpoint.prepare(folder, recipe)
    return method, optim, checkpoint.restore(folder, method, optim, device)


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
    return output
