"""A training step as the loop makes it, and its floor: the same net on views that lie ready."""

from collections.abc import Callable
from functools import partial

import torch

from course_lib.core import hardware
from course_lib.core.randomness import Rng
from course_lib.data import Dataset
from course_lib.methods import Recipe, Time
from course_lib.train import create
from course_lib.train.batches import Batches
from course_lib.train.loop import update
from course_lib.train.start import begin
from course_lib.train.words import parse


class Step:
    """One training step after another of a recipe's words; `views`: instead of the method's own.

    `floor`: views are made once, so that what is left is forward, backward and update.
    """

    def __init__(
        self, words: str, data: Dataset, *, floor: bool = False, views: Callable | None = None
    ):
        method, *settings = words.split()
        self.recipe, _ = parse(method, settings)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.dtype = hardware.precision(self.recipe.precision, self.device)
        self.batches = Batches(data, self.recipe.batch, self.recipe.seed, self.device)
        made = create(self.recipe, data)
        self.method, self.optim, _ = begin(made, self.recipe, None, self.device, self.dtype)
        self.step, self.lr = 0, 1e-4
        self.method.refresh(self.batches, self.time())
        if views:
            self.method.views = partial(views, self.recipe)
        if floor:
            batch = self.batches.at(0)
            with torch.no_grad():
                ready = self.method.views(batch, Rng(0, 0, batch["index"]))
            self.method.views = lambda batch, rng: ready

    def time(self) -> Time:
        """Late enough that nothing is frozen any more."""
        return Time(self.step + 10_000, 20_000, 100.0)

    def __call__(self) -> None:
        batch = self.batches.at(self.step, self.method.visits())
        own, t = self.method, self.time()
        output = update(own, own, self.optim, batch, self.recipe, t, self.lr, self.dtype)
        own.after_step(output.carry, t)
        self.step += 1

    def passes(self) -> int:
        """Views of a step, local ones too."""
        recipe: Recipe = self.recipe
        local = getattr(recipe, "local", None)
        return recipe.batch * (recipe.augment.views + (local.views if local else 0))
