"""The start of a run: the untrained method, and where its last checkpoint left it."""

from pathlib import Path

import torch

from course_lib.core import hardware, sync
from course_lib.core.errors import CourseError
from course_lib.data import Dataset
from course_lib.methods import METHODS, Facts, Method, Recipe
from course_lib.train import checkpoint
from course_lib.train.optimisers import optimiser


def create(recipe: Recipe, data: Dataset) -> Method:
    """The untrained method of a recipe; its weights are a function of the seed alone."""
    kind = next(kind for kind, settings in METHODS.values() if settings is type(recipe))
    channels, size = data.image.shape[1:3]
    facts = Facts(channels, size, len(data.classes), int(data.index.max()) + 1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return kind(recipe, facts)


def begin(method: Method, recipe: Recipe, folder: Path | None, device, dtype: torch.dtype):
    """Method and optimiser on the device, as the last checkpoint left them, and its step."""
    refuse_parts(method, recipe)
    hardware.keep_memory()
    method = sync.synchronise(method.to(device, dtype if dtype == torch.float64 else None))
    if recipe.compile:
        for part in method.children():  # encoders and heads; the names of parameters stay
            part.compile()
    optim = optimiser(method, recipe)
    if not folder:
        return method, optim, 0
    checkpoint.prepare(folder, recipe)
    return method, optim, checkpoint.restore(folder, method, optim, device)


def refuse_parts(method: Method, recipe: Recipe) -> None:
    """Refuses to accumulate where parts of a batch do not give the gradient of the whole."""
    if recipe.accumulate == 1:
        return
    if recipe.accumulate < 1:
        raise CourseError(f"accumulate={recipe.accumulate} must be 1 or more.")
    norms = any("BatchNorm" in type(module).__name__ for module in method.modules())
    if norms or not method.own_loss:
        why = "its BatchNorm uses" if norms else "its loss compares"
        raise CourseError(
            f"accumulate={recipe.accumulate} would train something else: {why} all samples of a "
            "batch; use accumulate=1, and more processes for a larger batch."
        )
