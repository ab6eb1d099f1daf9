"""A design under a budget: which augmentation, and how much of it, for what will happen outside?"""

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_lib.core.errors import CourseError, nearest
from course_lib.core.randomness import Rng
from course_lib.grading.exercise import Case, Exercise, Right
from course_lib.grading.exercises.u02 import _spent  # whole: a lab imports this file
from course_lib.grading.exercises.u02._policies import (
    BRIEFS,
    Policy,
    drawn,
    learnt,
    made,
    operations,
    outside,
    relative_trace,
    without,
)

CONTRACT = """
A linear readout learns from a few pictures that were taken in the laboratory, and is used outside.
You know what happens there; and augmentation has a budget. Write
`policy(brief, images, operations, budget)` → a dict from names of operations to weights.

- `images` (N, 64), float32: the pictures, 8 × 8 pixels, row after row. `operations`: a dict from a
  name to a matrix A (64, 64); it turns a picture x into A x, so `images @ A.T` does it to all.
  There are `"left 1"`, `"left 2"` and the same for `right`, `up`, `down` (a shift by so many
  pixels; what comes in is 0), `"darker"`, `"brighter"`, `"mirrored"`, and `"left covered"` with
  the same for `right`, `top`, `bottom` (that half is 0).
- The weight of an operation is the probability with which a picture is changed by it. Weights are
  not negative; with what is left of 1 a picture stays as it is. What you leave out has weight 0.
- The budget is on the **relative trace**: the trace of the covariance of the augmented picture,
  tr Cov t(x) = E|t(x)|² − |E t(x)|², summed over the images, divided by their Σ|x|². It must be at
  most `budget`.
- `brief` says what happens outside; each change that it names happens as often as each other one,
  and as often as no change. `"the camera shakes sideways"`: left or right by 1 or 2 pixels.
  `"the camera nods"`: up or down by 1 or 2. `"the belt runs late"`: left by 1 or 2. `"some films
  are turned over"`: mirrored. `"a hand covers one half"`: any of the four halves.

A ridge regression then learns from your augmented pictures in closed form, with their exact mean
and covariance: nothing is sampled or trained. Its error is measured on fresh pictures as they come
outside. Your policy must remove at least nine tenths of the error that the best use of the budget
we know removes, compared with no augmentation; on each of 10 questions. The function may search,
for less than a second a question.
"""
EACH = 2  # questions a brief
ENOUGH = 0.9
SLACK = 1e-3  # of the budget, for rounding


def inputs(rng: Rng) -> list[Case]:
    cases = []
    count = EACH * len(BRIEFS)
    seeds = [abs(word) % 10**9 for word in rng.bits("pictures", count)[0].tolist()]
    shares = rng.uniform("budgets", count)[0].tolist()
    order = rng.uniform("order", count)[0].argsort().tolist()
    for number, place in enumerate(order, 1):
        brief, images = list(BRIEFS)[place % len(BRIEFS)], drawn(seeds[place])[0]
        full = relative_trace(images, outside(brief))
        budget = round((0.3 + 0.2 * shares[place]) * full, 4)
        args = (brief, images, operations(), budget)
        cases.append(Case(f"question {number}", args, kind=str(seeds[place])))
    return cases


def asked(number: int) -> Case:
    """A question of the check, by its number from 1."""
    cases = inputs(Rng(0, 0, torch.zeros(1, dtype=torch.int64)))
    if type(number) is not int or not 1 <= number <= len(cases):
        raise CourseError(f"The questions are numbered 1 to {len(cases)}.")
    return cases[number - 1]


def exhibit(number: int) -> tuple:
    """(brief, images, operations, budget) of a question of the check, by its number from 1."""
    return asked(number).args


def error(number: int, weights: Policy) -> float:
    """The squared error outside, on fresh pictures, of a ridge that learns with these weights."""
    case = asked(number)
    weights = plain(weights)
    if lack := malformed(weights):
        raise CourseError(f"These weights are no policy: {lack}.")
    return learnt(int(case.kind), case.args[0], weights)


def plain(weights: Policy) -> Policy:
    """A dict of numbers, from any kind of dict and any kind of number; else what it is."""
    if not isinstance(weights, dict):
        return weights

    def number(weight: Any) -> Any:
        if isinstance(weight, Tensor | np.ndarray | np.generic):
            return weight.item() if math.prod(weight.shape) == 1 else weight
        return float(weight) if isinstance(weight, Real) and type(weight) is not bool else weight

    return {name: number(weight) for name, weight in weights.items()}


def malformed(weights: Policy) -> str | None:
    """What keeps an answer from being a policy, or None."""
    if weights is None:
        return "it is None (is a `return` missing?)"
    if type(weights) is not dict:
        return "that is no dict from names to weights"
    for name, weight in weights.items():
        if name not in made():
            return f"there is no operation {name!r}; {nearest(str(name), made())}"
        if type(weight) not in (int, float) or not math.isfinite(weight) or weight < -1e-9:
            return f"{name!r} has the weight {weight!r}, which is no probability"
    total = sum(weights.values())
    return f"the weights sum to {total:.3f}" if total > 1 + 1e-6 else None


def wanting(case: Case, best: Policy, found: Policy) -> str | None:
    """What a policy lacks of what was asked, or None."""
    found = plain(found)
    if lack := malformed(found):
        return lack
    brief, images, _, budget = case.args
    spent = relative_trace(images, found)
    if spent > budget * (1 + SLACK):
        return f"its relative trace is {spent:.3f}"
    none, least = (without(int(case.kind), brief), learnt(int(case.kind), brief, best))
    share = (none - learnt(int(case.kind), brief, found)) / (none - least)
    if share >= ENOUGH:
        return None
    if share <= 0:
        return f"with a relative trace of {spent:.3f} the error is no smaller than without it"
    return f"with a relative trace of {spent:.3f} it removes {100 * share:.0f} % of that error"


def told(case: Case) -> str:
    """A question's budget, and how to find the question; a grader's own cannot be found."""
    number = int(case.name.removeprefix("question "))
    shown = asked(number).kind == case.kind
    how = f"is `budgets.exhibit({number})`, with" if shown else "has"
    return f"One of them {how} a budget of {case.args[3]}"


def accept(cases: Sequence[Case], expected: Sequence, found: Sequence) -> str | None:
    """None if every question is met; else speaks of the brief that fares worst."""
    lacks = [wanting(*one) for one in zip(cases, expected, found, strict=True)]
    missed = [(case, lack) for case, lack in zip(cases, lacks, strict=True) if lack]
    if not missed:
        return None
    count = {brief: sum(case.args[0] == brief for case, _ in missed) for brief in BRIEFS}
    worst = max(count, key=lambda brief: count[brief])
    case, lack = next(one for one in missed if one[0].args[0] == worst)
    return (
        f"You meet {len(cases) - len(missed)} of {len(cases)} questions. Worst are those in which "
        f"{worst}. {told(case)}: of your policy, {lack}."
    )


EXERCISE = Exercise(
    id="u02/budget",
    title="Augment under a budget",
    kind="design",
    contract=CONTRACT,
    reference=_spent.policy,
    inputs=inputs,
    accept=accept,
    wrong=_spent.WRONG,
    right=(Right("by formula", _spent.by_formula), Right("step by step", _spent.step_by_step)),
    hints=(
        "For each brief, write down the operations that happen outside. Equal weights for these "
        "and none for the others: then one number is left to choose, how large they are.",
        "Write a function for the relative trace of a dict of weights first. The mean of a picture "
        "is (1 − Σ w) x + Σ w A x, and E|t(x)|² is the same sum of squared lengths. Then find the "
        "largest common weight that fits, by halving an interval.",
        "`low, high = 0, 1 / len(names)`, and 30 times: `middle = (low + high) / 2`; if the trace "
        "of `dict.fromkeys(names, middle)` is at most `budget` then `low = middle`, else `high = "
        "middle`. Return the dict with `low`.",
    ),
    points=4,
)
