"""`make bench-gpu`: on one CUDA GPU, at most eight minutes.

An epoch of SimCLR with a ResNet-18 on 60,000 images of 32 px, eager and compiled; whether every
method stays finite in bf16; and whether a run that is left and resumed ends bit-equal, with the
names of the kernels that have no fixed order where it does not.
"""

import re
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import torch

from benchmarks.laptop import share
from benchmarks.noise import noise
from benchmarks.steps import Step
from course_lib.core.errors import CourseError
from course_lib.data import Dataset
from course_lib.methods import METHODS
from course_lib.train import train
from course_lib.train.words import parse

SAMPLES, SIZE = 60_000, 32
RESNET = "simclr net=resnet width=64 batch=512 precision=bf16"
SMALL = ("batch=64", "steps=6", "precision=bf16", "warmup=0")


def refuse_without_gpu() -> None:
    if not torch.cuda.is_available():
        raise CourseError("make bench-gpu needs a CUDA GPU, and this machine has none.")


def waiting(step: Step) -> Callable[[], None]:
    """A step that ends when the GPU has done it."""

    def call() -> None:
        step()
        torch.cuda.synchronize()

    return call


def epochs(data: Dataset, say: Callable, rounds: int = 30) -> dict[str, dict]:
    """Seconds of an epoch, and the share of a step that views take."""
    found = {}
    for name, words in {"eager": RESNET, "compiled": f"{RESNET} compile=true"}.items():
        step, floor = Step(words, data), Step(words, data, floor=True)
        found[name] = share(waiting(step), waiting(floor), step.passes(), rounds)
        steps = len(data) // step.recipe.batch
        found[name]["epoch_s"] = steps * found[name]["step_ms"] / 1000
        found[name]["memory_mb"] = torch.cuda.max_memory_allocated() / 2**20
        say(f"{name}: an epoch in {found[name]['epoch_s']:.2f} s, "
            f"views {100 * (1 - found[name]['share']):.0f} % of a step")  # fmt: skip
    return found


def finite(name: str, data: Dataset) -> bool:
    """Whether six steps of a method in bf16 leave only finite weights."""
    recipe, _ = parse(name, SMALL)
    method = train(recipe, data=data, say=None)
    return all(bool(torch.isfinite(p).all()) for p in method.parameters())


def resumed_equal(name: str, data: Dataset) -> bool:
    """Whether six steps, and three with three more after a checkpoint, end in the same bits."""
    recipe, _ = parse(name, SMALL)
    straight = train(recipe, data=data, say=None).state_dict()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        train(recipe, out, data=data, stop_after=3, say=None)
        resumed = train(recipe, out, data=data, say=None).state_dict()
    return all(torch.equal(value, resumed[key]) for key, value in straight.items())


def unordered_kernels(name: str, data: Dataset) -> list[str]:
    """The operations of a method whose sums have no fixed order on this GPU."""
    recipe, _ = parse(name, SMALL)
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            train(recipe, data=data, stop_after=2, say=None)
    finally:
        torch.use_deterministic_algorithms(False)
    found = (re.match(r"\S+(?= does not have a det)", str(one.message)) for one in seen)
    return sorted({match[0] for match in found if match})


def bench(say: Callable = print) -> dict:
    """Everything, as results/bench/gpu.json stores it."""
    refuse_without_gpu()
    data = noise(SAMPLES, SIZE)
    found: dict = {"gpu": torch.cuda.get_device_name(), "simclr": epochs(data, say)}
    few = noise(512, SIZE, 4)
    found["methods"] = {}
    for name in METHODS:
        words = {"finite": finite(name, few), "resumed_equal": resumed_equal(name, few)}
        words["unordered"] = [] if words["resumed_equal"] else unordered_kernels(name, few)
        found["methods"][name] = words
        say(f"{name}: {words}")
    return found
