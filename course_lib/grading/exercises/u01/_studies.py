"""Made-up studies of eight kinds, for `claim_court`: each compares two arms over paired seeds.

What decides a study is off its limit by a clear distance, so that rounding decides none. Numbers
are in units of the study's margin where nothing else is said.
"""

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from course_lib.core.randomness import Rng
from course_lib.widgets import style

KINDS = {
    "held": "the claim holds",
    "small": "the gain does not reach the margin",
    "lucky": "one lucky seed makes the mean",
    "void": "there was no room to show anything",
    "labels": "one arm had more labels",
    "split": "a choice was made on test",
    "encoder": "an encoder that is frozen did change",
    "seeds": "the arms have different seeds",
}
EACH = 12  # studies of a kind
# How the paired differences may look: (lowest, highest) of each seed.
CLEAR = [(1.2, 2.0)] * 3
AGAINST = [(2.5, 3.2), (2.2, 3.0), (-0.8, -0.3)]
UNEVEN = [(3.5, 4.5), (0.3, 0.6), (0.3, 0.6)]  # the mean reaches the margin, the middle not
NARROW = [(1.1, 1.3)] * 3
LITTLE = [(0.2, 0.7)] * 3
WORSE = [(-2.0, -0.2), (-1.5, -0.2), (0.2, 0.6)]
ONE_GOOD = [(1.9, 2.2), (0.1, 0.3), (0.1, 0.3)]  # the best seed of both arms; its sign agrees
LUCKY = [(5.0, 6.0), (-0.7, -0.3), (-0.7, -0.3)]
SPLIT = [(1.2, 1.6), (1.2, 1.6), (-2.5, -1.8)]  # the middle reaches the margin, the mean not
FALL = [(-2.5, -1.5)] * 3
NO_ROOM = [(0.1, 0.3)] * 3
Study = dict[str, Any]


class Dice:
    """Numbers drawn one after the other."""

    def __init__(self, rng: Rng):
        self.left = rng.uniform("numbers", 40)[0].tolist()
        self.words = [f"{word & 0xFFFFFF:06x}" for word in rng.bits("hashes", 3)[0].tolist()]

    def number(self, low: float, high: float) -> float:
        return low + (high - low) * self.left.pop()

    def one_of(self, options: Sequence) -> Any:
        return options[int(len(options) * self.left.pop())]


def study(kind: str, variant: int, rng: Rng) -> Study:
    """One study of a kind. variant: 0 to 11, of the ways in which it can be of this kind."""
    dice = Dice(rng)
    looks = {
        "held": [NARROW, AGAINST, CLEAR, CLEAR, CLEAR, UNEVEN],
        "small": [LITTLE, WORSE, ONE_GOOD, SPLIT, FALL],
        "lucky": [LUCKY],
        "void": [CLEAR, NO_ROOM, LITTLE],
    }.get(kind, [CLEAR, CLEAR, WORSE])
    made = compared(looks[variant % len(looks)], dice)
    if kind == "held":
        alter_held(made, variant % 6)
    elif kind == "small" and variant % 5 == 4:  # the old arm is above the floors, the new is not
        lift(made, max(made["floors"].values()) + 0.6 * made["margin"])
    elif kind == "void" and variant % 3 == 1:
        lift(made, 1 - 0.5 * made["margin"])
    elif kind == "void" or kind in ("labels", "encoder") and variant % 4 == 1:
        lift(made, max(made["floors"].values()) - dice.number(4, 6) * made["margin"])
    if kind in ("labels", "split", "encoder", "seeds"):
        spoil(made, kind, variant, dice)
    return rounded(made)


def compared(look: list[tuple[float, float]], dice: Dice) -> Study:
    """A sound study whose paired differences look so, above its floors."""
    margin = dice.one_of([0.01, 0.02, 0.03])
    pixels = dice.number(0.25, 0.35)
    floors = {"chance": 0.1, "raw pixels": pixels, "random net": pixels + dice.number(0.05, 0.12)}
    level = floors["random net"] + dice.number(4, 6) * margin
    gaps = [dice.number(*ends) * margin for ends in look]
    old = [level + step * margin for step in (3.0, dice.number(-0.5, 0.5), -3.0)]
    first = int(dice.number(1, 40))
    seeds = [first, first + int(dice.number(1, 9)), first + int(dice.number(10, 30))]
    labels, readout = dice.one_of([1, 10, 100]), dice.one_of(["linear", "knn"])
    common = {"labels": labels, "chosen on": "val"}
    arms = {
        "new": {"seeds": seeds, "test": [a + b for a, b in zip(old, gaps, strict=True)]},
        "old": {"seeds": list(seeds), "test": old},
    }
    for name, word in zip(arms, dice.words, strict=False):
        arms[name] |= common | {"encoder": [word, word]}
    return {"margin": margin, "readout": readout, **arms, "floors": floors}


def alter_held(made: Study, way: int) -> None:
    """What must not keep a claim from holding."""
    if way == 0:  # just below the ceiling
        lift(made, 1 - 1.6 * made["margin"])
    if way == 2:  # the same seeds in another order; each position pairs unlike seeds
        for values in (made["old"]["seeds"], made["old"]["test"]):
            values.insert(0, values.pop())
    if way in (3, 5):  # to change is what fine-tuning does
        made["readout"] = "finetune"
        for arm in (made["new"], made["old"]):
            arm["encoder"][1] = arm["encoder"][0][::-1] + "f"
    if way == 4:  # the old arm is no better than an untrained net, the new one is
        lift(made, max(made["floors"].values()) - 0.6 * made["margin"])


def lift(made: Study, level: float) -> None:
    """Moves both arms until the old one's mean is at `level`; near 1 they are drawn together."""
    old = made["old"]["test"]
    by = level - sum(old) / len(old)
    squeeze = 0.05 if level > 0.9 else 1
    for place, value in enumerate(old):
        gap = made["new"]["test"][place] - value
        old[place] = level + squeeze * (value + by - level)
        made["new"]["test"][place] = old[place] + gap


def spoil(made: Study, kind: str, variant: int, dice: Dice) -> None:
    """Breaks the procedure in the way that the kind says."""
    arm = made[["new", "old"][variant % 2]]
    if kind == "labels":
        arm["labels"] *= dice.one_of([2, 5, 10])
    if kind == "split":
        arm["chosen on"] = "test"
    if kind == "encoder":
        arm["encoder"][1] = dice.words[2]
    if kind == "seeds" and variant % 3 == 2:
        arm["seeds"], arm["test"] = arm["seeds"][:2], arm["test"][:2]
    elif kind == "seeds":  # all three are other ones, or the last one is
        same = 2 * (variant % 3)
        arm["seeds"] = arm["seeds"][:same] + [seed + 50 for seed in arm["seeds"][same:]]


def rounded(made: Study) -> Study:
    """With accuracies of four digits, as one prints them."""
    for arm in (made["new"], made["old"]):
        arm["test"] = [round(value, 4) for value in arm["test"]]
    made["floors"] = {name: round(value, 4) for name, value in made["floors"].items()}
    return made


def studies(rng: Rng) -> list[tuple[str, Study]]:
    """(kind, study) for all, in a drawn order."""
    made = [
        (kind, study(kind, variant, rng.fold((kind, variant))))
        for kind in KINDS
        for variant in range(EACH)
    ]
    return [made[i] for i in rng.uniform("order", len(made))[0].argsort().tolist()]


def show(made: Study) -> None:
    """Prints a study and draws its arms seed by seed, with the floors."""
    for name, value in made.items():
        print(f"{name:<9}{value}")
    style.show(
        figure(made),
        "The test accuracy of both arms for each seed of the study above, joined where both have "
        "the seed; dashed lines are the floors.",
    )


def figure(made: Study) -> Figure:
    """Both arms, one place a seed, and the floors as lines."""
    fig = style.figure(6, 2.8)
    ax = fig.subplots()
    of = {n: dict(zip(made[n]["seeds"], made[n]["test"], strict=True)) for n in ("old", "new")}
    seeds = sorted({*of["old"], *of["new"]})
    for place, seed in enumerate(seeds):
        if seed in of["old"] and seed in of["new"]:
            ends = [of["old"][seed], of["new"][seed]]
            ax.plot([place, place], ends, "-", color=style.INK, lw=1)
    for name, marker, colour in (("old", "s", "#E69F00"), ("new", "o", "#0072B2")):
        places = [seeds.index(seed) for seed in of[name]]
        ax.plot(places, list(of[name].values()), marker, color=colour, label=name)
    for name, value in made["floors"].items():
        ax.axhline(value, color=style.INK, lw=1, ls="--")
        ax.text(len(seeds) - 0.5, value, f" {name}", va="center", fontsize=8)
    ax.set_xlim(-0.5, len(seeds) - 0.5)
    ax.set_xticks(range(len(seeds)), [str(seed) for seed in seeds])
    ax.legend(loc="upper left", bbox_to_anchor=(1.2, 1))
    style.label(ax, "seed", "test accuracy")
    return fig
