"""Made-up claims with their tables, of nine kinds, for `table_court`.

A table of rows gives each method's error in percent, a number a seed; a table of probes gives what
a method's accuracy loses, in points, when a cue is taken away. Signs are clear: no number that
decides is within 0.02 of 0.
"""

from course_lib.core.randomness import Rng
from course_lib.grading.exercises.u02._rows import (
    METHODS,
    Claim,
    Dice,
    Table,
    ends_apart,
    first_seed_only,
    mixed_signs,
    rows,
    shift,
    turned,
)

CUES = ("seam", "border", "colour cast", "texture", "position", "JPEG blocks")
KINDS = {
    "shown": "two rows show what is said",
    "chain": "a whole order is shown",
    "star": "rows come from different papers",
    "schedule": "nets or schedules differ",
    "seeds": "there are too few common seeds",
    "signs": "the seeds do not agree",
    "reversed": "the table says the opposite",
    "none found": "no shortcut was found",
    "found": "a shortcut was found",
}
EACH = 10  # tables of a kind


def shown(variant: int, dice: Dice) -> tuple[Claim, Table]:
    claim, table = rows(dice, 2, (0.2, 0.3) if variant % 5 == 2 else (0.3, 0.9))
    better, worse = claim["names"]
    if variant % 5 == 1:  # both starred, and from one paper
        for row in table.values():
            row["source"] = "Hu 2018"
    if variant % 5 == 3:  # one arm has a seed more, and a bad one
        table[better]["error"] = {90 + variant: 60.0, **table[better]["error"]}
    if variant % 5 in (2, 4):
        table[worse]["error"] = turned(table[worse]["error"])
    return claim, table


def chain(variant: int, dice: Dice) -> tuple[Claim, Table]:
    claim, table = rows(dice, 3 + variant % 2)
    other = next(name for name in METHODS if name not in table)
    table[other] = {"source": "Ghiasi 2018", "net": "ResNet-50", "epochs": 270,
                    "error": {1: 15.0}}  # fmt: skip
    if variant % 4 == 2:
        ends_apart(claim, table, 70 + variant)
    return claim, table


def star(variant: int, dice: Dice) -> tuple[Claim, Table]:
    both, elsewhere = variant % 5 == 3, variant % 5 == 4
    claim, table = rows(dice, 3 if both else 2 + variant % 2 * (not elsewhere))
    names = claim["names"]
    table[names[2 if both else variant % 2]]["source"] = "Hu 2018"
    if elsewhere:  # both starred, and from two papers
        table[names[1 - variant % 2]]["source"] = "Ghiasi 2018"
    if both:  # and a pair that can be compared is not resolved
        mixed_signs(claim, table, 0)
    if variant % 4 == 2:  # it seems to say the opposite
        shift(table, names[0], 4.0)
    if variant % 5 == 0:  # one number a row, as papers print them
        first_seed_only(table)
    return claim, table


def schedule(variant: int, dice: Dice) -> tuple[Claim, Table]:
    claim, table = rows(dice, 2 + variant % 2)
    row = table[claim["names"][variant % 2]]
    if variant % 4 < 2:
        row["epochs"] += 60
    else:
        row["net"] = "ResNet-101"
    return claim, table


def seeds(variant: int, dice: Dice) -> tuple[Claim, Table]:
    claim, table = rows(dice, 2)
    if variant % 3 == 0:  # one seed each
        first_seed_only(table)
    elif variant % 3 == 1:  # three each, two in common
        error = table[claim["names"][variant % 2]]["error"]
        last = list(error)[-1]
        error[last + 50] = error.pop(last)
    else:
        error = table[claim["names"][1]]["error"]
        error.pop(next(iter(error)))
    if variant % 4 == 3:
        shift(table, claim["names"][0], 3.0)
    return claim, table


def signs(variant: int, dice: Dice) -> tuple[Claim, Table]:
    claim, table = rows(dice, 2 + (variant % 3 == 2), (0.3, 0.7))
    mixed_signs(claim, table, 0)
    if variant % 3 == 1:  # two of three against it
        for one in list(table[claim["names"][0]]["error"])[::2]:
            shift(table, claim["names"][0], 2.5, one)
        shift(table, claim["names"][0], -5.0, list(table[claim["names"][0]]["error"])[1])
    return claim, table


def opposite(variant: int, dice: Dice) -> tuple[Claim, Table]:
    claim, table = rows(dice, 2 if variant % 4 == 0 else 3)
    names = claim["names"]
    if variant % 4 in (0, 2):  # the first pair
        names[0], names[1] = names[1], names[0]
    if variant % 4 in (1, 3):  # the last pair
        names[1], names[2] = names[2], names[1]
    if variant % 4 == 2:  # and the other pair cannot be compared
        table[names[2]]["source"] = "Hu 2018"
    if variant % 4 == 3:  # and the other pair is not resolved
        mixed_signs(claim, table, 0)
    return claim, table


def probes(kind: str, variant: int, dice: Dice) -> tuple[Claim, Table]:
    """Cues that were taken away. Of a lucky one the mean is high and the seeds do not agree."""
    cues = dice.names(CUES, 2 + variant % 3)
    seeds = [3, 8, 11 + dice.whole(0, 9)]
    table = {}
    for place, cue in enumerate(cues):
        drop = {s: (-0.4 - dice.number(0, 0.4)) * (1 if n != place % 3 else -1)
                for n, s in enumerate(seeds)}  # fmt: skip
        table[cue] = {"drop": drop}
    one = table[cues[variant % len(cues)]]
    if kind == "found":
        one["drop"] = {s: dice.number(0.4, 9.0) for s in seeds}
    elif variant % 4 == 0:  # one lucky seed
        one["drop"] = {s: (9.0, -0.5, -0.6)[n] for n, s in enumerate(seeds)}
    elif variant % 4 == 1:  # one seed, or two
        one["drop"] = {s: dice.number(4.0, 8.0) for s in seeds[: 1 + (variant > 1)]}
    elif variant % 4 == 2:
        one["drop"] = {s: -dice.number(0.1, 1.0) for s in seeds}
    return {"says": "no shortcut"}, table


MAKERS = {"shown": shown, "chain": chain, "star": star, "schedule": schedule, "seeds": seeds,
          "signs": signs, "reversed": opposite}  # fmt: skip


def made(kind: str, variant: int, rng: Rng) -> tuple[Claim, Table]:
    """One claim and its table, with two decimals, as one prints them."""
    dice = Dice(rng)
    claim, table = MAKERS[kind](variant, dice) if kind in MAKERS else probes(kind, variant, dice)
    for row in table.values():
        key = "error" if "error" in row else "drop"
        row[key] = {seed: round(value, 2) for seed, value in row[key].items()}
    return claim, table


def tables(rng: Rng) -> list[tuple[str, Claim, Table]]:
    """(kind, claim, table) for all, in a drawn order."""
    all_ = [(kind, *made(kind, n, rng.fold((kind, n)))) for kind in KINDS for n in range(EACH)]
    return [all_[i] for i in rng.uniform("order", len(all_))[0].argsort().tolist()]


def show(claim: Claim, table: Table) -> None:
    """Prints a claim, and its table with a star where a row comes from another paper."""
    print("claim:", " < ".join(claim["names"]) if "names" in claim else claim["says"])
    for name, row in table.items():
        measured = row["error"] if "error" in row else row["drop"]
        values = ", ".join(f"seed {s}: {v:g}" for s, v in measured.items())
        about = (
            f"{row['source']}, {row['net']}, {row['epochs']} epochs; " if "source" in row else ""
        )
        print(f"  {name + '*' * (row.get('source', 'ours') != 'ours'):<12} {about}{values}")
