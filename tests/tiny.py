"""A data set and recipes small enough for a test of a second."""

import torch

from course_lib.core.randomness import Rng
from course_lib.data import Dataset
from course_lib.methods import METHODS, Recipe
from course_lib.train import create, override, train


def tiny_data(n: int = 64, size: int = 16, classes: int = 4) -> Dataset:
    """Classes differ in the direction of a gradient, images in colour; (n, 3, size, size)."""
    index = torch.arange(n)
    label = index % classes
    angle = label * (torch.pi / classes)
    ramp = torch.linspace(-1, 1, size)
    slope = angle.cos()[:, None, None] * ramp + angle.sin()[:, None, None] * ramp[:, None]
    grain = Rng(7, 0, index).normal("grain", 3 * size * size).view(n, 3, size, size)
    tint = torch.stack([slope, -slope, slope * slope], 1)
    own = 40 * Rng(7, 0, index).normal("own colour", 3)[:, :, None, None]
    image = (128 + 60 * tint + own + 10 * grain).clamp(0, 255).to(torch.uint8)
    columns = {"image": image, "label": label, "index": index}
    return Dataset("tiny", "train", {}, columns, tuple("abcd"[:classes]))


def tiny_recipe(method: str, **words) -> Recipe:
    """A recipe of any method for `tiny_data`."""
    small = {"width": 8, "batch": 32, "steps": 6, "warmup": 0.0, "precision": "fp32", "seed": 3}
    return override(METHODS[method][1](), small | words)


def one_step(name: str, precision: str, lr: float, batch: int = 32) -> dict[str, torch.Tensor]:
    """Every parameter's change in one plain SGD step, which is lr times its gradient."""
    recipe = tiny_recipe(
        name, precision=precision, optimizer="sgd", weight_decay=0, lr=lr, steps=1, batch=batch
    )
    data = tiny_data()
    before = dict(create(recipe, data).named_parameters())
    after = train(recipe, data=data, say=None)
    return {
        key: (before[key].detach().to(p) - p.detach()) / lr for key, p in after.named_parameters()
    }
