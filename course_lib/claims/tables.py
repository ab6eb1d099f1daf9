"""All methods beside one another on scenes, tuned with the same small budget.

Every method sees as many image passes as SimCLR in 3 epochs: 6 an image through the trained
encoder, a small crop counted by its pixels, a teacher's passes not counted. What a method is given
besides the data is one of three settings of batch and learning rate, the one whose kNN is best on
val with a seed that no result counts.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path

from course_lib.claims.claim import Claim
from course_lib.claims.record import results
from course_lib.claims.scenes import BASE, PROBE_SEED, PROBE_STEPS, scenes, tested, trained
from course_lib.core.errors import CourseError
from course_lib.evaluate import RawPixels, random_encoder, report
from course_lib.methods import Method

TUNING_SEED = 77
TRIED = ("batch=256 lr=0.002", "batch=64 lr=0.002", "batch=64 lr=0.001")
METHODS = {
    "supervised": "supervised epochs=6",
    "SimCLR": "simclr epochs=3",
    "MoCo v2": "moco epochs=3",
    "BYOL": "byol epochs=3",
    "InstDisc": "instdisc epochs=6",
    "DeepCluster": "deepcluster epochs=6",
    "SwAV": "swav epochs=2 queue=1024",
    "DINO": "dino net=convnet epochs=2",
    "Barlow Twins": "barlow epochs=3",
    "rotation": "rotation epochs=1.5",
}
TRANSFORMERS = {
    "supervised, ViT": "supervised net=vit epochs=6",
    "SimCLR, ViT": "simclr net=vit epochs=3",
    "DINO, ViT": "dino epochs=2",
    "MAE, ViT": "mae epochs=6",
}
UNTRAINED = ("random", "raw pixels")
READ = ("kNN", "linear", "seconds")
USES = (*BASE, "convnet", "vit", *(words.split()[0] for words in METHODS.values()), "mae")


def on_val(arm: str, seed: int, steps: int = 0) -> float:
    """arm: a method and one of the settings tried → kNN on val."""
    name, _, setting = arm.partition(": ")
    net = trained(f"{(METHODS | TRANSFORMERS)[name]} {setting}", seed, steps)
    return report({"net": net}, scenes(), ("knn",), floors=False, seed=seed)[0].val


def few_steps_on_val(arm: str) -> float:
    return on_val(arm, PROBE_SEED, PROBE_STEPS)


def chosen() -> dict[str, str]:
    """A method's words with the setting that was best on val; {} while none is stored."""
    file = results() / "figures" / "tuning.json"
    if not file.exists():
        return {}
    arms = json.loads(file.read_text(encoding="utf-8"))["arms"]

    def on_val_of(name: str) -> Callable[[str], float]:
        return lambda tried: arms[f"{name}: {tried}"][0]

    every = METHODS | TRANSFORMERS
    return {name: f"{words} {max(TRIED, key=on_val_of(name))}" for name, words in every.items()}


@cache
def timed(words: str, seed: int, steps: int = 0) -> tuple[Method, float]:
    """A net, and the seconds of its training."""
    begin = time.perf_counter()
    return trained(words, seed, steps), time.perf_counter() - begin


def measured(arm: str, seed: int, steps: int = 0, *, settings: Mapping[str, str]) -> float:
    """arm: a method, or no method, and what is asked of it."""
    name, what = arm.rsplit(", ", 1)
    if name == "random":
        return tested(random_encoder(scenes()["train"].image, seed), what.lower(), seed)
    if name == "raw pixels":
        return tested(RawPixels(), what.lower(), seed)
    if name not in settings:
        raise CourseError("The methods are not tuned yet: course claims run tuning")
    net, seconds = timed(settings[name], seed, steps)
    return seconds if what == "seconds" else tested(net, what.lower(), seed)


def few_steps_measured(arm: str) -> float:
    """kNN after few steps, whatever is asked: seconds differ from run to run."""
    name = arm.rsplit(", ", 1)[0]
    return measured(f"{name}, kNN", PROBE_SEED, PROBE_STEPS, settings=chosen())


def megabytes(arm: str, seed: int, *, settings: Mapping[str, str]) -> float:
    """What a fresh process of ten steps needs at most beyond libraries and data."""
    code = (
        "import resource as r, sys; from course_lib.claims.scenes import scenes, trained; scenes();"
        "peak = lambda: r.getrusage(r.RUSAGE_SELF).ru_maxrss / 1024; before = peak();"
        "trained(sys.argv[1], int(sys.argv[2]), 10); print(peak() - before)"
    )
    command = [sys.executable, "-c", code, settings[arm], str(seed)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    return float(done.stdout)


def columns(names: Mapping[str, str]) -> tuple[str, ...]:
    """The arms of a table, those of a method together."""
    trained_ones = [f"{name}, {what}" for name in names for what in READ]
    return (*trained_ones, *(f"{name}, {what}" for name in UNTRAINED for what in READ[:2]))


CLAIMS = (
    Claim(
        row="tuning",
        sentence="Three settings of each method on val, of which the best is used in the tables.",
        tag="figure",
        arms=tuple(f"{name}: {tried}" for name in METHODS | TRANSFORMERS for tried in TRIED),
        metric="kNN-20 accuracy on val of scenes, from 0 to 1",
        seeds=(TUNING_SEED,),
        arm=on_val,
        probe=few_steps_on_val,
        uses=USES,
        minutes=60,
    ),
    Claim(
        row="all_methods",
        sentence="All methods on the same convnet, the same data and as many image passes.",
        tag="figure",
        arms=columns(METHODS),
        metric="kNN-20 and linear probe, test accuracy on scenes from 0 to 1; seconds of training",
        arm=partial(measured, settings=chosen()),
        probe=few_steps_measured,
        uses=USES,
        minutes=60,
    ),
    Claim(
        row="all_transformers",
        sentence="Methods on the same small ViT, the same data and as many image passes.",
        tag="figure",
        arms=columns(TRANSFORMERS)[: len(TRANSFORMERS) * len(READ)],
        metric="kNN-20 and linear probe, test accuracy on scenes from 0 to 1; seconds of training",
        arm=partial(measured, settings=chosen()),
        probe=few_steps_measured,
        uses=USES,
        minutes=60,
    ),
    Claim(
        row="memory",
        sentence="What training needs of memory beyond libraries and data.",
        tag="figure",
        arms=tuple(METHODS | TRANSFORMERS),
        metric="peak resident memory of a fresh process of ten steps, MB above what it began with",
        seeds=(1,),
        arm=partial(megabytes, settings=chosen()),
        uses=USES,
        minutes=5,
    ),
)
