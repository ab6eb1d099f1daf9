"""Encoders and scores on scenes that several claims share, made once a process."""

import copy
import shlex
from functools import cache

import torch
from torch import nn

from course_lib.data import Dataset, load
from course_lib.evaluate import RawPixels, majority, random_encoder, report
from course_lib.methods import Method, Recipe
from course_lib.train import recipe_from, train

SPLITS = ("train", "val", "test")
BASE = ("scenes", "knn", "linear")  # what every claim on scenes takes from registries
KNN = "kNN-20 test accuracy on scenes, from 0 to 1"
LINEAR = "linear probe, test accuracy on scenes, from 0 to 1"
PROBE_SEED, PROBE_STEPS = 99, 5


@cache
def scenes() -> dict[str, Dataset]:
    return {split: load("scenes", split) for split in SPLITS}


@cache
def few_scenes() -> dict[str, Dataset]:
    """The first thousand images of each split, for the tiny evaluation of a probe."""
    rows = torch.arange(1000)
    return {
        split: Dataset(data.name, split, data.spec, data.batch(rows), data.classes)
        for split, data in scenes().items()
    }


@cache
def trained(words: str, seed: int, steps: int = 0) -> Method:
    """A run on scenes by its words, such as "moco batch=64"; steps: for a probe, only so many."""
    return train(recipe(words, seed, steps), data=scenes()["train"], say=None)


def copied(words: str, seed: int, steps: int = 0) -> Method:
    """The same run, to look at in ways that change it: clusters made anew, BatchNorm in training
    mode, whose running statistics would then be those of test images."""
    return copy.deepcopy(trained(words, seed, steps))


def recipe(words: str, seed: int, steps: int = 0) -> Recipe:
    """The recipe of a run by its words, quoted as a shell would where a value has blanks."""
    method, *settings = shlex.split(words)
    chosen = dict(word.split("=", 1) for word in settings) | {"seed": str(seed)}
    return recipe_from(method, chosen | ({"steps": str(steps)} if steps else {}))


def tested(
    encoder: nn.Module, readout: str, seed: int, per_class: int | None = None, few: bool = False
) -> float:
    """Test accuracy on scenes, settings chosen on val; few: of a probe, on few images."""
    only, data = {"encoder": encoder}, few_scenes() if few else scenes()
    return report(only, data, (readout,), per_class=per_class, floors=False, seed=seed)[0].test


@cache
def by_knn(words: str, seed: int, steps: int = 0) -> float:
    return tested(trained(words, seed, steps), "knn", seed, few=steps > 0)


@cache
def by_linear(words: str, seed: int, steps: int = 0) -> float:
    return tested(trained(words, seed, steps), "linear", seed, few=steps > 0)


@cache
def untrained(name: str, readout: str, seed: int) -> float:
    """What a net that was never trained reaches, or raw pixels."""
    first = RawPixels() if name == "raw pixels" else random_encoder(scenes()["train"].image, seed)
    return tested(first, readout, seed)


@cache
def floors() -> dict[str, float]:
    """Chance, and kNN on raw pixels and on a random net."""
    data = scenes()
    return {
        "chance": majority(data["train"].label, data["test"].label),
        "raw pixels kNN": untrained("raw pixels", "knn", 0),
        "random net kNN": untrained("random", "knn", 0),
    }


@cache
def linear_floors() -> dict[str, float]:
    """Chance, and a linear probe on raw pixels and on a random net."""
    data = scenes()
    return {
        "chance": majority(data["train"].label, data["test"].label),
        "raw pixels linear": untrained("raw pixels", "linear", 0),
        "random net linear": untrained("random", "linear", 0),
    }
