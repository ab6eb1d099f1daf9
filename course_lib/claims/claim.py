"""What a claim is: a sentence, the arms that it compares, and the rule that decides."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from course_lib.claims.fingerprint import fingerprint
from course_lib.claims.record import results
from course_lib.core.errors import CourseError, nearest

Values = Mapping[str, Sequence[float]]  # arm → a value a seed


def paired_margin(values: Values, margin: float) -> bool:
    """The default rule: does the first arm beat the second?

    Yes when the mean of the paired differences reaches the margin, and at least two thirds of them
    are positive.
    """
    first, second = list(values.values())[:2]
    differences = [a - b for a, b in zip(first, second, strict=True)]
    positive = sum(d > 0 for d in differences)
    return sum(differences) / len(differences) >= margin and 3 * positive >= 2 * len(differences)


@dataclass(frozen=True)
class Claim:
    """A comparison, or with tag "figure" numbers that claim nothing (then margin is None).

    row: of the systems table. sentence: what is said. tag: I, Q, C, R or figure. arms: their names,
    the one said to be better first. metric: in words with its unit. arm: (name, seed) → value.
    probe: name → value of five steps and a tiny evaluation. floors: () → name → value. verdict:
    (values, margin) → bool. uses: what it takes from registries, see `fingerprint`. minutes: of
    CPU, its budget. name: of one among several of a row.
    """

    row: str
    sentence: str
    tag: str
    arms: tuple[str, ...]
    metric: str
    arm: Callable[[str, int], float]
    margin: float | None = None
    seeds: tuple[int, ...] = (1, 2, 3)
    probe: Callable[[str], float] | None = None
    floors: Callable[[], Mapping[str, float]] | None = None
    verdict: Callable[[Values, float], bool] = paired_margin
    uses: tuple[str, ...] = ()
    minutes: float = 5
    name: str = ""
    note: str = field(default="", compare=False)

    @property
    def key(self) -> str:
        """What it is called on the command line and in results/."""
        return f"{self.row}-{self.name}" if self.name else self.row

    @property
    def figure(self) -> bool:
        return self.tag == "figure"

    @property
    def file(self) -> Path:
        """Where its result is stored."""
        return results() / ("figures" if self.figure else "claims") / f"{self.key}.json"

    def stamp(self) -> str:
        """The fingerprint of all that its values depend on; the probe is not among it."""
        functions: list[Callable] = [self.arm, *([self.floors] if self.floors else [])]
        if not self.figure:
            functions.append(self.verdict)
        return fingerprint(functions, self.uses, (self.metric, self.margin, self.arms, self.seeds))


def known() -> dict[str, Claim]:
    """Every claim and figure of the course by its key: the CLAIMS of each file in this package."""
    found: dict[str, Claim] = {}
    package = Path(inspect.getfile(Claim)).parent
    for module in sorted(info.name for info in iter_modules([str(package)])):
        for claim in getattr(import_module(f"course_lib.claims.{module}"), "CLAIMS", ()):
            if claim.key in found:
                raise CourseError(f"Two claims are called {claim.key}: give one another name.")
            found[claim.key] = claim
    return found


def find(key: str, claims: Mapping[str, Claim] | None = None) -> list[Claim]:
    """The claim of that key, or all of that row; CourseError with the nearest name otherwise."""
    claims = known() if claims is None else claims
    chosen = [claim for claim in claims.values() if key in (claim.key, claim.row)]
    if not chosen:
        raise CourseError(f"There is no claim {key!r}: {nearest(key, claims)}")
    return chosen
