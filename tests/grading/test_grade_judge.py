"""What comes out of the sandbox is judged by the engine, and a forged message gains nothing."""

import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.grading import exam, judge, registry
from course_lib.grading.assignment import Answer, Asked
from course_lib.grading.call import Outcome, Trouble, call
from course_lib.grading.collect import Cell
from course_lib.grading.exercise import Case, Exercise, Right, Wrong
from course_lib.grading.task import Limits
from course_lib.grading.visit import Ending
from course_lib.grading.wire import pack

LIMITS = Limits()
NAMES = ("u98/standardise", "u98/verdict", "u01/softmax_ce", "u01/claim_court")


def exam_of(name, seed=11):
    exercise = registry.find(name) if isinstance(name, str) else name
    return exam.Exam(Asked(exercise, "answer", Cell("code", "")), seed)


def rows(found):
    keys = ("result", "gradients", "arguments", "seconds")
    return [{key: vars(one)[key] for key in keys} for one in found]


def message(found, **more):
    trouble = vars(found[-1].trouble) if found[-1].trouble else None
    return {"state": "cases", "rows": rows(found), "trouble": trouble, "printed": "", **more}


def score(one, content, end="answered"):
    raw = content if isinstance(content, bytes) else pack(content)
    return judge.score(one, Answer("x"), Ending(end, raw, 1.0), LIMITS)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_verdicts_as_a_check(name):
    one = exam_of(name)
    exercise, trial = one.exercise, one.trial
    for right in (exercise.reference, *(right.answer for right in exercise.right)):
        made = score(one, message(trial.run(right)))
        assert (made.status, made.points, made.max) == ("right", exercise.points, exercise.points)
    for wrong in exercise.wrong[:4]:
        made = score(one, message(trial.run(wrong.answer)))
        assert (made.status, made.points, made.wrong) == ("wrong", 0, wrong.name)
        assert made.sentences[0].startswith(wrong.sentence[:40])


def test_values_are_judged_by_their_form_too():
    one = exam_of("u98/order")
    right = {"fruit": ["apple", "pear"], "number": 3}
    for value, status in (
        (right, "right"),
        (right | {"number": ...}, "not attempted"),
        (None, "not attempted"),
        (right | {"fruit": ["fig"]}, "wrong"),
        (len, "wrong"),
    ):
        made = score(one, {"state": "value", "value": value, "printed": ""})
        assert made.status == status and made.points == (2 if status == "right" else 0)


def test_a_function_that_is_none_is_not_attempted_or_named():
    one = exam_of("u98/verdict")
    assert score(one, {"state": "value", "value": None, "printed": ""}).status == "not attempted"
    made = score(one, {"state": "value", "value": "even", "printed": ""})
    assert made.status == "wrong" and "function itself" in made.sentences[0]
    stub = Trouble("NotImplementedError", "", 1, "raise NotImplementedError()", "verdict")
    made = score(one, message([Outcome(trouble=stub)]))
    assert made.status == "not attempted"
    made = score(one, {"state": "missing", "printed": ""})
    assert made.sentences == ["The answer cell does not define `answer`."]


def test_what_was_raised_and_printed_is_told():
    one = exam_of("u98/verdict")
    raised = Trouble("ValueError", "no\x1b[2J", 7, "raise ValueError", "verdict")
    made = score(one, message([Outcome(trouble=raised)], printed="so far"))
    assert made.status == "error" and made.sentences[0] == "Your code raised ValueError: no�[2J"
    assert "verdict, line 7" in made.sentences[1] and "so far" in made.sentences[1]
    made = score(one, {"state": "raised", "trouble": vars(raised), "printed": ""})
    assert made.status == "error" and "the answer cell itself" in made.sentences[1]


def forged(one):
    """Messages that an answer might write itself."""
    good = rows(one.trial.run(one.exercise.reference))
    base = {"state": "cases", "rows": good, "trouble": None, "printed": ""}
    yield base | {"rows": []}
    yield base | {"rows": good[:1]}
    yield base | {"rows": good + good[:1]}
    yield base | {"rows": "all"}
    yield base | {"state": "right", "points": 99}
    yield base | {"printed": 3}
    yield base | {"trouble": {"error": 1}}
    yield base | {"rows": [row | {"arguments": ()} for row in good]}
    yield base | {"rows": [row | {"gradients": [torch.zeros(1)] * 9} for row in good]}
    yield {"state": "value", "value": len, "printed": ""}
    yield {"state": "raised", "trouble": None, "printed": ""}
    yield []


def test_forged_messages_are_errors_that_the_instructor_hears_of():
    one = exam_of("u98/standardise")
    for content in [*forged(one), b"", b"PK\x03\x04" + bytes(100)]:
        made = score(one, content)
        assert (made.status, made.points) == ("error", 0), content
        assert "look at the notebook" in made.notes[0]


def test_arguments_that_were_changed_are_seen_also_when_only_they_are():
    one = exam_of("u98/standardise")
    found = one.trial.run(one.exercise.reference)
    found[0].arguments = (found[0].arguments[0] + 1,)
    made = score(one, message(found))
    assert made.status == "wrong" and "changed in place" in made.sentences[0]


@pytest.mark.parametrize(
    ("end", "status", "said"),
    [
        ("timeout", "timeout", "10 seconds of computing, or 30 by the clock"),
        ("memory", "killed", "more than 3 GiB"),
        ("killed", "killed", "before it gave one"),
    ],
)
def test_what_did_not_end_by_itself_says_so_to_both(end, status, said):
    made = score(exam_of("u98/order"), b"", end)
    assert made.status == status and made.points == 0
    assert said in made.sentences[0] and made.sentences[0] in made.notes


def test_what_was_not_handed_in_is_not_attempted():
    answer = Answer(missing="The answer cell is not in the notebook.", notes=["once"])
    made = judge.score(exam_of("u98/order"), answer, None, LIMITS)
    assert (made.status, made.sentences) == ("not attempted", [answer.missing])


def odd(reference, **more):
    """An exercise whose answers, or whose inputs, are of another kind."""
    found = {"inputs": lambda rng: [Case("one", (torch.ones(2),))], **more}
    never = Wrong("never", lambda *a: 99, "Never.")
    return Exercise("u98/odd", "Odd", "implement", "c", reference, found.pop("inputs"), (never,),
                    (Right("same", reference),), ("a", "b", "c"), 1, **found)  # fmt: skip


def test_what_cannot_travel_is_for_the_instructor():
    layer = odd(lambda x: torch.nn.Linear(1, 1, bias=False))
    lambdas = odd(lambda f: 1, inputs=lambda rng: [Case("one", (lambda: 1,))])
    own = registry.find("u98/verdict").reference
    course = odd(lambda f: 1, inputs=lambda rng: [Case("one", (own,))])
    for exercise in (layer, lambdas, course):
        one = exam_of(exercise)
        assert one.by_hand
        made = judge.score(one, Answer("x"), None, LIMITS)
        assert made.status == "manual" and "by hand" in made.notes[0]
    assert not any(exam_of(name).by_hand for name in registry.ids())


def test_a_comparison_that_breaks_is_for_the_instructor(monkeypatch):
    def breaks(cases, expected, found):
        raise KeyboardInterrupt

    one = exam_of("u98/order")
    monkeypatch.setattr(judge.engine, "examine", lambda *a: 1 / 0)
    made = score(one, {"state": "value", "value": 1, "printed": ""})
    assert made.status == "manual" and "ZeroDivisionError" in made.notes[0]
    monkeypatch.setattr(judge.engine, "examine", breaks)
    with pytest.raises(KeyboardInterrupt):
        score(one, {"state": "value", "value": 1, "printed": ""})


def test_an_object_among_the_arguments_does_not_count_as_changed():
    class Thing:
        pass

    thing = Thing()
    one = exam_of(odd(lambda t: 1, inputs=lambda rng: [Case("one", (thing,))]))
    found = [call(lambda t: 1, case) for case in one.trial.cases]
    assert judge.outcomes(one, message(found) | {"rows": rows(found)}, 1.0)[0].arguments


def test_seeds_that_cannot_tell_right_from_wrong_are_not_used():
    numbers = iter([0, 0, 5])

    def inputs(rng):
        return [Case("one", (rng.seed % 2,))]

    even = odd(lambda n: 1 if n else 99, inputs=inputs)
    asked = {"u98/odd": Asked(even, "answer", Cell("code", ""))}
    with pytest.raises(CourseError, match="Seed 4 does not tell right from wrong in u98/odd"):
        exam.exams(asked, 4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exam.secrets, "randbelow", lambda most: next(numbers))
        assert exam.drawn(asked)[1] == 5
    assert exam.drawn(asked, 7)[1] == 7
