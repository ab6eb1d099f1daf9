"""The verdict of `table_court`, by rules that can be replaced."""

from collections.abc import Callable

import torch

from course_lib.grading.exercises.u02._rows import Claim, Row, Table

Gaps = Callable[[Row, Row], list[float]]
Pair = Callable[[Row, Row], str]


def comparable(a: Row, b: Row) -> bool:
    return all(a[key] == b[key] for key in ("source", "net", "epochs"))


def gaps(a: Row, b: Row) -> list[float]:
    """By how much the first has less error, for each seed that both have."""
    return [b["error"][seed] - value for seed, value in a["error"].items() if seed in b["error"]]


def sign(found: list[float]) -> str:
    """What three or more agreeing differences say."""
    if len(found) < 3:
        return "unresolved"
    return "supported" if min(found) > 0 else "contradicted" if max(found) < 0 else "unresolved"


def paired(a: Row, b: Row, fair: Callable[[Row, Row], bool] = comparable, differ: Gaps = gaps,
           says: Callable[[list[float]], str] = sign) -> str:  # fmt: skip
    return says(differ(a, b)) if fair(a, b) else "not comparable"


RANKS = ("contradicted", "not comparable", "unresolved", "supported")


def ordered(claim: Claim, table: Table, pair: Pair = paired, ranks=RANKS) -> str:
    """The gravest of what the neighbours say."""
    rows = [table[name] for name in claim["names"]]
    said = [pair(a, b) for a, b in zip(rows[:-1], rows[1:], strict=True)]
    return min(said, key=ranks.index)


def free(table: Table) -> str:
    """Whether a method relies on no shortcut."""
    found = any(sign(list(row["drop"].values())) == "supported" for row in table.values())
    return "contradicted" if found else "unresolved"


def verdict(claim: Claim, table: Table) -> str:
    return ordered(claim, table) if "names" in claim else free(table)


def by(claim: Claim, table: Table, pair: Pair = paired, ranks=RANKS) -> str:
    """The verdict with another rule for pairs."""
    return ordered(claim, table, pair, ranks) if "names" in claim else free(table)


def average(values) -> float:
    return sum(values) / len(values)


def in_one_sweep(claim: Claim, table: Table) -> str:
    if claim.get("says") == "no shortcut":
        for row in table.values():
            if len(row["drop"]) > 2 and all(value > 0 for value in row["drop"].values()):
                return "contradicted"
        return "unresolved"
    found = set()
    for first, second in zip(claim["names"], claim["names"][1:], strict=False):
        a, b = table[first], table[second]
        if (a["source"], a["net"], a["epochs"]) != (b["source"], b["net"], b["epochs"]):
            found.add("not comparable")
            continue
        common = set(a["error"]) & set(b["error"])
        lower = sum(a["error"][seed] < b["error"][seed] for seed in common)
        if len(common) < 3 or 0 < lower < len(common):
            found.add("unresolved")
        else:
            found.add("supported" if lower else "contradicted")
    for word in ("contradicted", "not comparable", "unresolved"):
        if word in found:
            return word
    return "supported"


def with_tensors(claim: Claim, table: Table) -> str:
    if "names" not in claim:
        least = [min(r["drop"].values()) for r in table.values() if len(r["drop"]) >= 3]
        return "contradicted" if least and torch.tensor(least).max() > 0 else "unresolved"
    worst = 3
    for one, two in zip(claim["names"][:-1], claim["names"][1:], strict=True):
        rows = [dict(table[name]) for name in (one, two)]
        errors = [row.pop("error") for row in rows]
        seeds = sorted(errors[0].keys() & errors[1].keys())
        gap = torch.tensor([[e[s] for s in seeds] for e in errors]).double().diff(dim=0)
        level = 3 if (gap > 0).all() else 0 if (gap < 0).all() else 2
        level = 1 if rows[0] != rows[1] else level if len(seeds) >= 3 else 2
        worst = min(worst, level)
    return ("contradicted", "not comparable", "unresolved", "supported")[worst]


def by_what_is_said(claim: Claim, table: Table) -> str:
    """Right: only a claim about shortcuts says something in words."""
    return free(table) if "says" in claim else ordered(claim, table)
