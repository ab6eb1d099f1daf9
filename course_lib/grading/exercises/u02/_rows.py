"""Made-up rows of a table for `table_court`: an order that is shown, and what is done to it."""

from typing import Any

from course_lib.core.randomness import Rng

METHODS = ("baseline", "Cutout", "Mixup", "CutMix", "DropBlock", "SE", "StochDepth", "GE")
Row = dict[str, Any]
Table = dict[str, Row]
Claim = dict[str, Any]


class Dice:
    """Numbers drawn one after the other."""

    def __init__(self, rng: Rng):
        self.left = rng.uniform("numbers", 120)[0].tolist()
        self.rng = rng

    def number(self, low: float, high: float) -> float:
        return low + (high - low) * self.left.pop()

    def whole(self, low: int, high: int) -> int:
        return low + int((high - low + 1) * self.left.pop())

    def names(self, words: tuple[str, ...], count: int) -> list[str]:
        order = self.rng.uniform("names", len(words))[0].argsort().tolist()
        return [words[i] for i in order[:count]]


def rows(dice: Dice, count: int, gap: tuple[float, float] = (0.3, 0.9)) -> tuple[Claim, Table]:
    """An order that is shown: each row has a lower error than the next in every seed."""
    names = dice.names(METHODS, count)
    first = dice.whole(1, 30)
    seeds = [first, first + dice.whole(1, 9), first + dice.whole(12, 30)]
    wobble = {seed: dice.number(-1.5, 1.5) for seed in seeds}  # shared by all rows of a seed
    level, table = dice.number(18, 26), {}
    net, epochs = f"ResNet-{(18, 34, 50)[dice.whole(0, 2)]}", (90, 200, 300)[dice.whole(0, 2)]
    for name in names:
        error = {seed: level + wobble[seed] + dice.number(-0.05, 0.05) for seed in seeds}
        table[name] = {"source": "ours", "net": net, "epochs": epochs, "error": error}
        level += dice.number(*gap)
    return {"names": names}, table


def shift(table: Table, name: str, by: float, seed: int | None = None) -> None:
    """Adds to a row's errors, or to that of one seed."""
    for one in table[name]["error"]:
        if seed is None or one == seed:
            table[name]["error"][one] += by


def turned(error: dict[int, float]) -> dict[int, float]:
    """The same seeds, listed in another order."""
    return dict([*error.items()][1:] + [*error.items()][:1])


def first_seed_only(table: Table) -> None:
    """Leaves every row the first of its seeds."""
    for row in table.values():
        row["error"] = dict([*row["error"].items()][:1])


def ends_apart(claim: Claim, table: Table, new: int) -> None:
    """Leaves the ends of an order of three two seeds in common; neighbours keep three."""
    middle, last = (table[name]["error"] for name in claim["names"][1:])
    old = next(iter(last))
    middle[new], last[new] = middle[old] + 1.0, last.pop(old) + 1.0


def mixed_signs(claim: Claim, table: Table, place: int) -> None:
    """One of three seeds of a pair says the opposite; the mean may not."""
    name = claim["names"][place]
    shift(table, name, 3.2, list(table[name]["error"])[1])
    shift(table, name, -0.8)
