"""The floors of every data set, as figures: what no training reaches.

Chance, raw pixels (kNN), and untrained convnets (kNN and linear probe) of three seeds, on val and
on test with the training images as the bank. Figures, not claims: they are what claims are
measured against. `python -m course_lib.claims.floors` runs the missing ones, or those named.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial

from course_lib.claims.claim import Claim, find
from course_lib.claims.runner import check, run
from course_lib.core.errors import CourseError
from course_lib.data import SPLITS, Dataset, load
from course_lib.evaluate import RawPixels, Score, random_encoder, report
from course_lib.evaluate.report import floor_of_chance

READOUTS = {
    "chance": ("chance", "knn"),
    "raw pixels kNN": ("raw pixels", "knn"),
    "random net kNN": ("random net", "knn"),
    "random net linear": ("random net", "linear"),
}
VARIANTS: Mapping[str, dict[str, dict]] = {  # set → name → options of `load`
    "fashion": {"": {}},
    "stamps": {"category": {"label": "category"}, "style": {"label": "style"}},
    "photos": {"": {}},
    "emoji": {"group": {"label": "group"}, "subgroup": {"label": "subgroup"}},
    "clutter": {"": {}},
    "scenes": {"": {}},
}
NOTE = (
    "chance: always the most frequent class of train. random net: an untrained convnet of width "
    "32, BatchNorm statistics from one pass over 2,000 training images; l2 of its probe chosen on "
    "val, so its val number is the best of six. kNN: k = 20, T = 0.07."
)


@cache
def splits(name: str, variant: str, few: bool) -> dict[str, Dataset]:
    """The three splits of one labelling of one set; few: about 300 images of each."""
    data = {split: load(name, split, **VARIANTS[name][variant]) for split in SPLITS}
    if few:
        for split, whole in data.items():
            rows = slice(None, None, max(1, len(whole) // 300))
            data[split] = replace(whole, columns=whole.batch(rows))
    return data


@cache
def fixed(name: str, variant: str, few: bool) -> list[Score]:
    """Floors that have no seed: chance and raw pixels."""
    data = splits(name, variant, few)
    pixels = report({"raw pixels": RawPixels()}, data, ("knn",), floors=False)
    return [*floor_of_chance(data, ("knn",)), *pixels]


@cache
def untrained(name: str, variant: str, few: bool, seed: int) -> list[Score]:
    """The random net of a seed; its arms share this."""
    data = splits(name, variant, few)
    net = random_encoder(data["train"].image, seed)
    return report({"random net": net}, data, ("knn", "linear"), floors=False)


def floor(arm: str, seed: int, *, name: str, few: bool = False) -> float:
    """One number. arm: "test, raw pixels kNN", with the labelling before it where there are two."""
    *variant, split, what = arm.split(", ")
    encoder, readout = READOUTS[what]
    labelling = (name, "".join(variant), few)
    for score in [*fixed(*labelling), *untrained(*labelling, seed)]:
        if (score.encoder, score.readout) == (encoder, readout):
            return score.val if split == "val" else score.test
    raise KeyError(arm)


def tiny(arm: str, *, name: str) -> float:
    """The probe: the same on few images."""
    return floor(arm, seed=99, name=name, few=True)


def figure(name: str, variants: Mapping[str, dict]) -> Claim:
    """The figure of one set."""
    arms = [
        ", ".join(filter(None, (variant, split, what)))
        for variant in variants
        for split in ("val", "test")
        for what in READOUTS
    ]
    return Claim(
        row=f"floors_{name}",
        sentence=f"What needs no training reaches this on {name}.",
        tag="figure",
        arms=tuple(arms),
        metric="accuracy, from 0 to 1",
        arm=partial(floor, name=name),
        probe=partial(tiny, name=name),
        seeds=(0, 1, 2),
        uses=(name, "convnet", "knn", "linear"),
        minutes=10,
        note=NOTE,
    )


CLAIMS = tuple(figure(name, variants) for name, variants in VARIANTS.items())


def main(names: list[str]) -> int:
    """Runs the figures of the sets named, or of all, unless they are fresh or agree by probe."""
    figures = {claim.key: claim for claim in CLAIMS}
    try:
        for key in [f"floors_{name}" for name in names] or list(figures):
            for claim in find(key, figures):
                if check(claim, probe=True) != "fresh":
                    run(claim)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
