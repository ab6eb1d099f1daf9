"""The audit passes a good exercise, and names each thing that is wrong with a bad one."""

from dataclasses import replace

import pytest
import torch

from course_lib.grading.audit import audit
from course_lib.grading.exercise import Case, Right, Wrong
from course_lib.grading.registry import find, ids

GOOD = ("u98/order", "u98/standardise", "u98/verdict")


@pytest.mark.parametrize("name", GOOD)
def test_a_good_exercise_passes(name):
    assert audit(find(name)) == []


def random_cases(rng):
    return [Case("random", (torch.rand(4, 3),))]


def seedless(rng, seen=iter(range(1000))):  # noqa: B008
    return [Case("counted", (torch.eye(3) * (2 + next(seen)),))]


def noisy(x):
    return x.mean(0) + torch.rand(3)


def no_case(rng):
    return []


def twice(rng):
    return [Case("same", (torch.eye(3),)), Case("same", (torch.eye(3),))]


def no_gradient(rng):
    return [Case("a number", (7,), kind="odd", gradient=True)]


def raising(*_):
    raise ZeroDivisionError("too bad")


BASE = "u98/standardise"
MORE = Wrong("softmax", lambda x: x.softmax(0), "You exponentiate, which nobody asked for.")
SPOILT = [
    (BASE, {"contract": "\n"}, "the contract is empty"),
    (BASE, {"title": ""}, "the title is empty"),
    (BASE, {"hints": ("a", "", "b")}, "the hint 2 is empty"),
    (BASE, {"hints": ("a", "b", "a")}, "the hint 1 is said twice"),
    (BASE, {"points": 0}, "the points are a whole number"),
    (BASE, {"wrong": lambda e: e.wrong[:4]}, "it has 4 wrong answers, and needs 5"),
    (BASE, {"right": lambda e: e.right[:1]}, "it has 1 right answers, and needs 2"),
    (BASE, {"right": lambda e: e.right[:1] * 2}, "two right answers are called"),
    (
        BASE,
        {"wrong": lambda e: (*e.wrong, replace(MORE, sentence=""))},
        "sentence of 'softmax' is empty",
    ),
    (
        BASE,
        {"wrong": lambda e: (*e.wrong, replace(MORE, sentence=e.wrong[0].sentence))},
        "the sentence of 'softmax' is said twice",
    ),
    (
        BASE,
        {"wrong": lambda e: (*e.wrong, Wrong("fine", e.reference, "It is what was asked for."))},
        "'fine' is wrong, and is accepted",
    ),
    (
        BASE,
        {"wrong": lambda e: (*e.wrong, Wrong("late", e.wrong[1].answer, "The same as another."))},
        "the sentence of 'late' does not come up, but that of 'rows'",
    ),
    (
        BASE,
        {"wrong": lambda e: (*e.wrong, Wrong("raises", raising, "It divides by zero."))},
        "'raises' should be wrong, and is error",
    ),
    (
        BASE,
        {"right": lambda e: (*e.right, Right("rows", e.wrong[1].answer))},
        "'rows' should be right, and is wrong",
    ),
    (BASE, {"reference": raising}, "the reference raised ZeroDivisionError: too bad"),
    (BASE, {"reference": noisy}, "the reference draws from a global generator"),
    (BASE, {"inputs": raising}, "its inputs raised ZeroDivisionError: too bad"),
    (BASE, {"inputs": seedless}, "the same seed gives other cases"),
    (BASE, {"inputs": random_cases}, "the same seed gives other cases"),
    (BASE, {"inputs": no_case}, "there is no case"),
    (BASE, {"inputs": twice}, "two cases are called 'same'"),
    ("u98/verdict", {"inputs": no_gradient}, "asks for gradients that the reference does not give"),
    ("u98/verdict", {"accept": lambda *_: None}, "'even' is wrong, and is accepted"),
    (
        "u98/verdict",
        {"accept": lambda *_: "No."},
        "the reference should be right, and is wrong: No.",
    ),
]


@pytest.mark.parametrize("name, change, said", SPOILT, ids=[said[:40] for *_, said in SPOILT])
def test_what_is_wrong_is_named(name, change, said):
    exercise = find(name)
    ((field, value),) = change.items()
    spoils = field in ("wrong", "right") and callable(value)
    found = audit(replace(exercise, **{field: value(exercise) if spoils else value}))
    assert any(said in text for text in found), found


def test_other_seeds_are_tried():
    exercise = find(BASE)

    def inputs(rng):
        return [Case("a", (torch.zeros(1, 1),))] if rng.seed == 2 else exercise.inputs(rng)

    (*_, last) = audit(replace(exercise, inputs=inputs))
    assert "(cases of seed 2)" in last


def test_what_is_wrong_on_every_seed_is_said_once():
    exercise = find(BASE)
    wrong = (*exercise.wrong, Wrong("fine", exercise.reference, "It is what was asked for."))
    assert audit(replace(exercise, wrong=wrong)) == [
        "'fine' is wrong, and is accepted (cases of seed 0)"
    ]


def test_a_check_that_takes_too_long_is_named(monkeypatch):
    monkeypatch.setattr("course_lib.grading.audit.SECONDS", 0.0)
    found = audit(find(BASE))
    assert "the check of the reference takes" in found[0]
    assert any("the check of 'unbiased' takes" in text for text in found)


def test_every_exercise_of_the_course_is_audited():
    assert set(ids()) >= set(GOOD)
