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
from course_lib.methods import Method, Output, Recipe, Time
from course_lib.train import checkpoint
from course_lib.train.batches import batches_of, parts
from course_lib.train.report import Report
from course_lib.train.start import begin, create
from course_lib.train.trouble import explained, stop_requested

SAVE_SECONDS = 30


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
    all. say: where status lines go, or None."""
    accelerator = sync.accelerator()
    device, folder = sync.device(accelerator), Path(out) if out else None
    data = data or load(recipe.data, "train", **recipe.data_options)
    batches = batches_of(data, recipe.batch, recipe.seed, device)
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
            batch = batches.at(step, method.visits())
            output = update(model, method, optim, batch, recipe, t, lr, dtype)
            method.after_step(output.carry, t)
            report.step(step + 1, output, lr, recipe.batch)
            due = step + 1 == last or time.monotonic() - saved > SAVE_SECONDS
            stop = sync.anyone(stop_requested())
            if folder and (due or stop):
                checkpoint.save(folder, method, optim, step + 1)
                saved = time.monotonic()
            if stop:
                raise KeyboardInterrupt
    return method


def update(model, method, optim, batch: dict, recipe: Recipe, t: Time, lr: float, dtype) -> Output:
    """One step of one batch, whole or in parts whose gradients add up."""
    model.train()
    optim.zero_grad()
    outputs = []
    for part in parts(batch, recipe.accumulate):
        with torch.no_grad():
            views = method.views(part, Rng(recipe.seed, t.step, part["index"]))
        if dtype == torch.float64:
            views = {name: hardware.double(view) for name, view in views.items()}
        with torch.autocast(part["index"].device.type, torch.bfloat16, dtype == torch.bfloat16):
            outputs.append(model(views, t))
        (outputs[-1].loss / recipe.accumulate).backward()
    if recipe.clip:
        torch.nn.utils.clip_grad_norm_(method.parameters(), recipe.clip)
    for group in optim.param_groups:
        group["lr"] = lr
    optim.step()
    return Output.of(outputs)
