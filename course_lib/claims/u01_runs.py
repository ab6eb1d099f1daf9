"""Supervised runs that claims of unit 1 share, made once a process, and what they answer."""

import copy
import math
from functools import cache

import torch
from torch import Tensor

from course_lib.claims.scenes import recipe
from course_lib.core.errors import CourseError
from course_lib.core.randomness import key
from course_lib.data import Dataset, load
from course_lib.evaluate import RawPixels, accuracy, majority, random_encoder, report
from course_lib.methods import Method
from course_lib.train import train

PROBE_SEED, PROBE_STEPS = 99, 5
FEW = 512  # images of a probe's evaluation
PLAIN = "augment.area_min=1 augment.aspect=1 augment.flip=0 augment.jitter=0 augment.gray=0"
FLOOR_IMAGES = 10_000


@cache
def loaded(name: str, split: str) -> Dataset:
    return load(name, split)


@cache
def some(name: str, images: int, seed: int) -> Dataset:
    """So many training images drawn with the seed; all of them where it is 0."""
    whole = loaded(name, "train")
    if not images:
        return whole
    if images > len(whole):
        raise CourseError(f"{name} has {len(whole):,} training images, not {images:,}.")
    generator = torch.Generator().manual_seed(key("some images", seed))
    rows = torch.randperm(len(whole), generator=generator)[:images].sort().values
    return Dataset(whole.name, "train", whole.spec, whole.batch(rows), whole.classes)


@cache
def trained(words: str, seed: int, steps: int = 0, images: int = 0) -> Method:
    """A run by its words, such as "supervised data=fashion"; steps: for a probe, only so many."""
    wanted = recipe(words, seed, steps)
    return train(wanted, data=some(wanted.data, images, seed), say=None)


def copied(words: str, seed: int, steps: int) -> Method:
    """The same run on all images, to look at in ways that change it."""
    return copy.deepcopy(trained(words, seed, steps))


@torch.no_grad()
def answers(method: Method, images: Tensor) -> Tensor:
    """Logits of a supervised method's own head for uint8 images, (N, K), BatchNorm as in use."""
    method.eval()
    parts = [method.head(method.encoder(x.float() / 255)) for x in images.split(500)]
    return torch.cat(parts)


def right(method: Method, data: Dataset, images: int | None = None) -> float:
    """Accuracy of the method's own head on a data set, or on its first images."""
    return accuracy(answers(method, data.image[:images]).argmax(dim=1), data.label[:images])


@cache
def fashion_floors() -> dict[str, float]:
    """Chance, and kNN on raw pixels and on a random net, with 10,000 training images of fashion."""
    data = {split: loaded("fashion", split) for split in ("val", "test")}
    data["train"] = some("fashion", FLOOR_IMAGES, 0)
    nets = {"raw pixels": RawPixels(), "random net": random_encoder(data["train"].image, 0)}
    found = report(nets, data, ("knn",), floors=False)
    return {
        "chance": majority(data["train"].label, data["test"].label),
        **{f"{score.encoder} kNN": score.test for score in found},
    }


def even_guess() -> dict[str, float]:
    """The loss of ten classes that are all equally likely."""
    return {"chance": math.log(10)}
