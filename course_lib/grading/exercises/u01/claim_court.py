"""A judgement: does a study support its claim, and could it have?"""

from collections import Counter
from collections.abc import Sequence
from statistics import fmean

import torch

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.grading.exercise import Case, Exercise, Right
from course_lib.grading.exercises.u01._court import judged
from course_lib.grading.exercises.u01._rules import WRONG
from course_lib.grading.exercises.u01._studies import KINDS, Study, show, studies

__all__ = ["EXERCISE", "exhibit", "show"]
CONTRACT = """
You are the court. A study claims that its arm *new* beats its arm *old* by a margin. Write
`verdict(study)` → `"held"`, `"not held"`, `"void"` or `"invalid"`.

`study` is a dict: `margin`; `readout` (`"linear"`, `"knn"` or `"finetune"`); `floors`, a dict from
name to accuracy; and two arms, `new` and `old`. An arm is a dict: `seeds`, a list; `test`, the
accuracy of each of these seeds, in the same order; `labels` (a class); `chosen on`, the split on
which its settings were chosen; `encoder`, the encoder's hash before and after the readout. Ask in
this order:

1. **Is the procedure broken?** Then the study is *invalid*, whatever its numbers are: the arms have
   unequal numbers of labels; or an arm's settings were not chosen on `"val"`; or the arms do not
   have the same seeds, in whatever order; or the encoder of an arm changed, unless the readout is
   fine-tuning, which changes it by design.
2. **Was there room?** If not, it is *void*, since it could show nothing: the mean of neither arm is
   above the highest floor; or the mean of the old arm plus the margin is above 1.
3. **Is the claim shown?** It is *held* if the paired differences, new minus old of the same seed,
   have a mean of at least the margin, and at least two of the three are above 0. Otherwise it is
   *not held*, which is a result too.

You are tried on fresh studies of eight kinds, and must be right on at least nine of ten of each.
"""
WORDS = ("held", "not held", "void", "invalid")
ENOUGH = 0.9  # of each kind


def in_one_sweep(study: Study) -> str:
    new, old = study["new"], study["old"]
    fixed = study["readout"] == "finetune" or all(len(set(a["encoder"])) == 1 for a in (new, old))
    same = sorted(new["seeds"]) == sorted(old["seeds"]) and new["labels"] == old["labels"]
    if not (fixed and same and new["chosen on"] == old["chosen on"] == "val"):
        return "invalid"
    pairs = [sorted(zip(arm["seeds"], arm["test"], strict=True)) for arm in (new, old)]
    gaps = [a - b for (_, a), (_, b) in zip(*pairs, strict=True)]
    best = max(fmean(new["test"]), fmean(old["test"]))
    if best <= max(study["floors"].values()) or fmean(old["test"]) > 1 - study["margin"]:
        return "void"
    held = fmean(gaps) >= study["margin"] and sorted(gaps)[1] > 0  # the middle one of three
    return "held" if held else "not held"


def with_tensors(study: Study) -> str:
    table = {name: torch.tensor(study[name]["test"]).double() for name in ("new", "old")}
    seeds = {name: torch.tensor(study[name]["seeds"]) for name in table}
    facts = {(study[name]["labels"], study[name]["chosen on"]) for name in table}
    hashes = [study[name]["encoder"] for name in table]
    sound = len(facts) == 1 and facts.pop()[1] == "val"
    sound &= torch.equal(seeds["new"].sort().values, seeds["old"].sort().values)
    if not sound or study["readout"] != "finetune" and any(a != b for a, b in hashes):
        return "invalid"
    gap = table["new"][seeds["new"].argsort()] - table["old"][seeds["old"].argsort()]
    means = torch.stack([table["new"].mean(), table["old"].mean()])
    if (means <= max(study["floors"].values())).all() or means[1] + study["margin"] > 1:
        return "void"
    return ["not held", "held"][int(gap.mean() >= study["margin"] and gap.gt(0).sum() > 1)]


def inputs(rng: Rng) -> list[Case]:
    made = enumerate(studies(rng), start=1)
    return [Case(f"study {number}", (study,), kind=kind) for number, (kind, study) in made]


def exhibit(number: int) -> Study:
    """A study of the check, by the number that its message names."""
    cases = inputs(Rng(0, 0, torch.zeros(1, dtype=torch.int64)))
    if type(number) is not int or not 1 <= number <= len(cases):
        raise CourseError(f"The studies are numbered 1 to {len(cases)}.")
    return cases[number - 1].args[0]


def accept(cases: Sequence[Case], expected: Sequence, found: Sequence) -> str | None:
    """Wants enough right of every kind; speaks of the kind that fares worst."""
    for case, given in zip(cases, found, strict=True):
        if type(given) is not str or given not in WORDS:  # no string that equals all others
            return f"Of {case.name} you say {given!r}; a verdict is one of {', '.join(WORDS)}."
    rows = list(zip(cases, expected, found, strict=True))
    right = Counter(case.kind for case, wanted, given in rows if wanted == given)
    count = Counter(case.kind for case in cases)
    worst = min(KINDS, key=lambda kind: right[kind] / count[kind])
    if right[worst] >= ENOUGH * count[worst]:
        return None
    missed = [(case.name, given) for case, wanted, given in rows
              if case.kind == worst and wanted != given]  # fmt: skip
    name, given = missed[0]
    number = name.removeprefix("study ")
    return (
        f"Of {count[worst]} studies in which {KINDS[worst]} you judge {right[worst]} right. One of "
        f"them is `exhibit({number})`, where you say {given!r}."
    )


EXERCISE = Exercise(
    id="u01/claim_court",
    title="Claim court",
    kind="judge",
    contract=CONTRACT,
    reference=judged,
    inputs=inputs,
    accept=accept,
    wrong=WRONG,
    right=(Right("in one sweep", in_one_sweep), Right("with tensors", with_tensors)),
    hints=(
        "Write three functions, one for each question, and ask them in the given order. The "
        "message of the check names the kind that fares worst, and an exhibit of it.",
        "Pair by seed: a dict from seed to accuracy for one arm, then look up the seeds of the "
        "other. For the floors take the highest one and the better arm.",
        "`gaps = [v - old[s] for s, v in zip(new_seeds, new_test)]` with `old` that dict. Held: "
        "`mean(gaps) >= margin and sum(g > 0 for g in gaps) >= 2`. Void: `max(mean_new, mean_old) "
        "<= max(floors.values()) or mean_old + margin > 1`. Before both, the four ways to be "
        "invalid, with `or` between them.",
    ),
    points=4,
)
