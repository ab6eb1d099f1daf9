"""All methods beside one another on scenes, tuned with the same small budget.

Every method sees as many image passes as SimCLR in 3 epochs: 6 an image with gradient; a teacher's
and DeepCluster's for clustering are not counted. SwAV and DINO go without small crops; else views
are each method's own. Each has three settings of batch and learning rate, of which the best by kNN
on val counts, with a seed that no result counts.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, partial

from course_lib.claims.claim import Claim
from course_lib.claims.scenes import (
    BASE,
    PROBE_SEED,
    PROBE_STEPS,
    by_knn,
    few_scenes,
    recipe,
    scenes,
    tested,
    trained,
    untrained,
)
from course_lib.core.errors import CourseError
from course_lib.core.paths import root
from course_lib.evaluate import report
from course_lib.methods import Method
from course_lib.train import create

TUNING_SEED = 77
TRIED = ("batch=256 lr=0.002", "batch=64 lr=0.002", "batch=64 lr=0.001")
METHODS = {
    "supervised": "supervised epochs=6",
    "SimCLR": "simclr epochs=3",
    "MoCo v2": "moco epochs=6",
    "BYOL": "byol epochs=3",
    "InstDisc": "instdisc epochs=6",
    "DeepCluster": "deepcluster epochs=6",
    "SwAV": "swav epochs=3 local.views=0",
    "DINO": "dino net=convnet epochs=3 local.views=0 frozen=0.25",
    "Barlow Twins": "barlow epochs=3",
    "rotation": "rotation epochs=1.5",
}
VIT = "net=vit net.depth=4 net.patch=8"  # a quarter of the default's work
TRANSFORMERS = {
    "supervised, ViT": f"supervised {VIT} epochs=6",
    "SimCLR, ViT": f"simclr {VIT} epochs=3",
    "DINO, ViT": f"dino {VIT} epochs=3 local.views=0 frozen=0.25",
    "MAE, ViT": f"mae {VIT} epochs=6",
}
UNTRAINED, READ = ("random", "random, ViT", "raw pixels"), ("kNN", "linear", "seconds")
USES = (*BASE, "convnet", "vit", *(words.split()[0] for words in METHODS.values()), "mae")


def on_val(arm: str, seed: int, steps: int = 0) -> float:
    """arm: a method and one of the settings tried → kNN on val."""
    name, _, setting = arm.partition(": ")
    return knn_on_val(f"{(METHODS | TRANSFORMERS)[name]} {setting}", seed, steps)


def knn_on_val(words: str, seed: int, steps: int) -> float:
    net, data = trained(words, seed, steps), few_scenes() if steps else scenes()
    return report({"net": net}, data, ("knn",), floors=False, seed=seed)[0].val


def few_steps_on_val(arm: str) -> float:
    return on_val(arm, PROBE_SEED, PROBE_STEPS)


class Chosen(Mapping[str, str]):
    """Methods' words, each with the setting that was best on val; empty while none is stored.

    Read when it is asked, since the tuning may have been stored a moment ago; its repr, which
    fingerprints take, changes with what is stored.
    """

    def __init__(self, methods: Mapping[str, str], row: str):
        self.methods, self.row = methods, row

    def read(self) -> dict[str, str]:
        checkout = root()
        file = checkout / "results" / "figures" / f"{self.row}.json" if checkout else None
        if file is None or not file.exists():
            return {}
        arms, found = json.loads(file.read_text(encoding="utf-8"))["arms"], {}
        for name, words in self.methods.items():
            values = {tried: arms.get(f"{name}: {tried}", [-1.0])[0] for tried in TRIED}
            if min(values.values()) >= 0:  # else it joined after the tuning
                found[name] = f"{words} {max(TRIED, key=values.__getitem__)}"
        return found

    def __getitem__(self, name: str) -> str:
        found = self.read()
        if name not in found:
            raise CourseError(f"{name} is not tuned yet: course claims run {self.row}")
        return found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.read())

    def __len__(self) -> int:
        return len(self.read())

    def __repr__(self) -> str:
        return repr(self.read())


CHOSEN = Chosen(METHODS, "tuning")
CHOSEN_VIT = Chosen(TRANSFORMERS, "tuning_transformers")


def floor(name: str, readout: str, seed: int) -> float:
    """What one of UNTRAINED reaches on test."""
    if name != "random, ViT":
        return untrained(name, readout, seed)
    return tested(create(recipe(f"supervised {VIT}", seed), scenes()["train"]), readout, seed)


@cache
def timed(words: str, seed: int, steps: int = 0) -> tuple[Method, float]:
    """A net, and the seconds of its training."""
    begin = time.perf_counter()
    return trained(words, seed, steps), time.perf_counter() - begin


def measured(arm: str, seed: int, steps: int = 0, *, settings: Mapping[str, str]) -> float:
    """arm: a method, or no method, and what is asked of it."""
    name, what = arm.rsplit(", ", 1)
    if name in UNTRAINED:
        return floor(name, what.lower(), seed)
    net, seconds = timed(settings[name], seed, steps)
    return seconds if what == "seconds" else tested(net, what.lower(), seed)


def few_steps_measured(arm: str, *, settings: Mapping[str, str]) -> float:
    """kNN after few steps, whatever is asked: seconds differ from run to run."""
    name = arm.rsplit(", ", 1)[0]
    if name in UNTRAINED:
        return floor(name, "knn", PROBE_SEED)
    return by_knn(settings[name], PROBE_SEED, PROBE_STEPS)


def columns(names: Iterable[str], asked: Sequence[str] = READ) -> tuple[str, ...]:
    """The arms of a table, those of a method together."""
    return tuple(f"{name}, {what}" for name in names for what in asked)


def tuning(row: str, names: Iterable[str]) -> Claim:
    """What every method makes of every setting, on val."""
    return Claim(
        row=row,
        sentence="Three settings of each method on val, of which the best is used in the table.",
        tag="figure",
        arms=tuple(f"{name}: {tried}" for name in names for tried in TRIED),
        metric="kNN-20 accuracy on val of scenes, from 0 to 1",
        seeds=(TUNING_SEED,),
        arm=on_val,
        probe=few_steps_on_val,
        uses=USES,
        minutes=60,
    )


def table(row: str, sentence: str, arms: tuple, settings: Mapping, note: str = "") -> Claim:
    """What the tuned methods reach on test."""
    return Claim(
        row=row,
        sentence=sentence,
        tag="figure",
        arms=arms,
        metric="kNN-20 and linear probe, test accuracy on scenes from 0 to 1; seconds of training",
        arm=partial(measured, settings=settings),
        probe=partial(few_steps_measured, settings=settings),
        uses=USES,
        minutes=60,
        note=note,
    )


CLAIMS = (
    tuning("tuning", METHODS),
    tuning("tuning_transformers", TRANSFORMERS),
    table(
        "all_methods",
        "All methods on the same convnet, the same data and as many image passes.",
        columns(METHODS) + columns(("random", "raw pixels"), READ[:2]),
        CHOSEN,
        "The lowest four of the trained start slowly and are not broken: with four times the "
        "passes each is far above the random net (`longer`; one seed). DeepCluster gains least.",
    ),
    table(
        "all_transformers",
        "Methods on the same small ViT, the same data and as many image passes.",
        columns(TRANSFORMERS) + columns(("random, ViT", "raw pixels"), READ[:2]),
        CHOSEN_VIT,
    ),
)
