"""A judgement: what does a table say of a claim about augmentation?"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.grading.exercise import Case, Exercise, Right
from course_lib.grading.exercises.u02 import _pairs  # whole: a lab imports this file
from course_lib.grading.exercises.u02._rows import Claim, Table
from course_lib.grading.exercises.u02._tables import KINDS, show, tables
from course_lib.grading.exercises.u02._verdicts import WRONG

__all__ = ["EXERCISE", "exhibit", "show"]
CONTRACT = """
A claim and a table are on trial. Write `verdict(claim, table)` → `"supported"`, `"contradicted"`,
`"not comparable"` or `"unresolved"`. There are two sorts of claims.

**An order of methods**: `claim["names"]`, two or more names, the lowest error first; it claims of
each name that its error is lower than the next one's. `table` is a dict from name to a row, which
may hold more names than the claim. A row is a dict: `source` (`"ours"`, or the paper from which it
was copied, which tables mark with a star), `net`, `epochs`, and `error`, a dict from seed to error
in percent. Judge each pair of neighbours:

1. Rows whose source, net or epochs differ are *not comparable*.
2. Subtract errors of the same seed. With fewer than three seeds in common, or if the differences
   are not all of one sign, the pair is *unresolved*. Else it is *supported*, or *contradicted*.

If any pair is contradicted, so is the claim. Otherwise, if any is not comparable, that is the
verdict; otherwise, if any is unresolved, that. Supported is a claim if every pair is.

**`{"says": "no shortcut"}`**: a method relies on no shortcut. `table` is a dict from a cue to
`{"drop": …}`, a dict from seed to the points of accuracy that are lost when the cue is taken away.
A cue with at least three seeds whose drops are all above 0 is a shortcut. If there is one, the
claim is *contradicted*. If none was found it is *unresolved*: nobody has tried all cues.

You are tried on fresh tables of nine kinds, and must be right on at least nine of ten of each.
"""
WORDS = ("supported", "contradicted", "not comparable", "unresolved")
ENOUGH = 0.9  # of each kind


def inputs(rng: Rng) -> list[Case]:
    found = enumerate(tables(rng), start=1)
    return [
        Case(f"table {n}", (claim, table), kind=kind) for n, (kind, claim, table) in found
    ]  # fmt: skip


def exhibit(number: int) -> tuple[Claim, Table]:
    """A claim and a table of the check, by the number that its message names."""
    cases = inputs(Rng(0, 0, torch.zeros(1, dtype=torch.int64)))
    if type(number) is not int or not 1 <= number <= len(cases):
        raise CourseError(f"The tables are numbered 1 to {len(cases)}.")
    return cases[number - 1].args


def missed(case: Case, given: str) -> str:
    """What was said of a table, and how to see it; a grader's own tables cannot be seen."""
    number = int(case.name.removeprefix("table "))
    if exhibit(number) != case.args:
        return f"Of one that you miss you say {given!r}."
    return (
        f"One that you miss is `table_court.show(*table_court.exhibit({number}))`, of which you "
        f"say {given!r}."
    )


def accept(cases: Sequence[Case], expected: Sequence, found: Sequence) -> str | None:
    """Wants enough right of every kind; speaks of the kind that fares worst."""
    for given in found:
        if type(given) not in (str, np.str_) or str(given) not in WORDS:
            ask = " Is a `return` missing?" if given is None else ""
            return f"Of a table you say {given!r}; a verdict is one of {', '.join(WORDS)}.{ask}"
    rows = [(*row, str(given)) for *row, given in zip(cases, expected, found, strict=True)]
    right = Counter(case.kind for case, wanted, given in rows if wanted == given)
    count = Counter(case.kind for case in cases)
    worst = min(KINDS, key=lambda kind: right[kind] / count[kind])
    if right[worst] >= ENOUGH * count[worst]:
        return None
    one = next(
        missed(case, given)
        for case, wanted, given in rows
        if case.kind == worst and wanted != given
    )
    return f"Of {count[worst]} tables in which {KINDS[worst]} you judge {right[worst]} right. {one}"


EXERCISE = Exercise(
    id="u02/table_court",
    title="What a table shows",
    kind="judge",
    contract=CONTRACT,
    reference=_pairs.verdict,
    inputs=inputs,
    accept=accept,
    wrong=WRONG,
    right=(
        Right("in one sweep", _pairs.in_one_sweep),
        Right("with tensors", _pairs.with_tensors),
        Right("by what is said", _pairs.by_what_is_said),
    ),
    hints=(
        "Write a function for one pair of rows first, with four possible answers. An order of "
        "four names has three pairs.",
        "`common = [s for s in a['error'] if s in b['error']]` are the seeds of both rows; the "
        "differences are `b['error'][s] - a['error'][s]`, above 0 where the first is better.",
        "Collect the answers of all pairs, and return the first of 'contradicted', 'not "
        "comparable', 'unresolved' that is among them, else 'supported'. For the other sort: "
        "`any(len(d) >= 3 and min(d.values()) > 0 for d in drops)`.",
    ),
    points=4,
)
