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
    recipe = METHODS[method][1]()
    if recipe.net == "vit":
        small |= {"net.depth": 2}
    if hasattr(recipe, "local"):
        small |= {"local.size": 8}
    layers = getattr(recipe, "layers", ())
    if isinstance(layers, tuple) and len(layers) > 1:  # a ViT of one block has no more than two
        small |= {"layers": (0, 1)}
    return override(recipe, small | words)


def one_step(name: str, precision: str, lr: float, **words) -> dict[str, torch.Tensor]:
    """What one plain SGD step changes in every trained parameter: lr times its gradient."""
    plain = {"optimizer": "sgd", "weight_decay": 0, "steps": 1} | words
    recipe = tiny_recipe(name, precision=precision, lr=lr, **plain)
    data = tiny_data()
    before = dict(create(recipe, data).named_parameters())
    after = train(recipe, data=data, say=None)
    return {
        key: (before[key].detach().to(p) - p.detach()) / lr
        for key, p in after.named_parameters()
        if p.requires_grad
    }


def some_steps(name: str, steps: int, **words) -> dict[str, torch.Tensor]:
    """The whole state after some SGD steps in float64, so that a queue or a centre counts too."""
    calm = {"precision": "fp64", "optimizer": "sgd", "lr": 0.01, "steps": steps} | words
    return train(tiny_recipe(name, **calm), data=tiny_data(), say=None).state_dict()


def with_a_break(name: str, folder: str, precision: str = "fp32") -> bool:
    """Whether a run that stops within its second epoch and goes on ends as one that does not."""
    data, recipe = tiny_data(), tiny_recipe(name, steps=7, precision=precision)
    whole = train(recipe, data=data, say=None).state_dict()
    train(recipe, folder, data=data, stop_after=3, say=None)
    again = train(recipe, folder, data=data, say=None).state_dict()
    return all(torch.equal(value, again[key]) for key, value in whole.items())
