"""Encoders and scores on clutter that several claims share, made once a process."""

from functools import cache

from torch import nn

from course_lib.data import Dataset, load
from course_lib.evaluate import PCA, RawPixels, majority, random_encoder, report
from course_lib.methods import Method
from course_lib.train import recipe_from, train

SPLITS = ("train", "val", "test")
USES = ("clutter", "convnet", "knn", "linear", "finetune", "simclr", "supervised", "rotation")
SETTINGS = {
    "supervised": {"epochs": 6},
    "simclr": {"epochs": 6},
    "rotation": {"epochs": 6},
    "supervised of width 16": {"epochs": 6, "width": 16},
}
ACCURACY = "test accuracy on clutter, from 0 to 1"


@cache
def clutter() -> dict[str, Dataset]:
    return {split: load("clutter", split) for split in SPLITS}


@cache
def trained(name: str, seed: int, steps: int = 0) -> Method:
    """An encoder on clutter by the name in SETTINGS; steps: for a probe, only so many."""
    words = SETTINGS[name] | {"seed": seed, "data": "clutter"} | ({"steps": steps} if steps else {})
    return train(recipe_from(name.split()[0], words), data=clutter()["train"], say=None)


@cache
def encoder(name: str, seed: int, steps: int = 0) -> nn.Module:
    """Any encoder that these claims compare."""
    images = clutter()["train"].image
    if name == "raw pixels":
        return RawPixels()
    if name == "PCA 64":
        return PCA(images, 64)
    if name == "random":
        return random_encoder(images, seed)
    return trained(name, seed, steps)


@cache
def score(name: str, readout: str, per_class: int | None, seed: int, steps: int = 0) -> float:
    """Test accuracy on clutter, settings chosen on val."""
    found = report(
        {name: encoder(name, seed, steps)},
        clutter(),
        (readout,),
        per_class=per_class,
        floors=False,
        seed=seed,
    )
    return found[0].test


def floors() -> dict[str, float]:
    """Chance, raw pixels and a random net on clutter, by kNN with all labels."""
    data = clutter()
    return {
        "chance": majority(data["train"].label, data["test"].label),
        "raw pixels kNN": score("raw pixels", "knn", None, 0),
        "random net kNN": score("random", "knn", None, 0),
    }


def short(arm: str) -> float:
    """Five steps of the arm's encoder and a kNN readout."""
    name = arm.split(", ")[0]
    return score(name, "knn", None, 99, 5)
