"""The verdict of `table_court`, by rules that can be replaced."""

from collections.abc import Callable

from course_lib.grading.exercises.u02._tables import Claim, Row, Table

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
