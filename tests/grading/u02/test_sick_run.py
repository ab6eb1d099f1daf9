"""The diagnosis: every cause can be read from the numbers of a log, and from nothing else."""

import re

import numpy as np
import pytest

from course_lib.core.errors import CourseError
from course_lib.grading import variants
from course_lib.grading.engine import examine
from course_lib.grading.exercises.u02 import sick_run
from course_lib.grading.exercises.u02._sick import CAUSES, COMMON, NAMES, figure, runs, show, text
from course_lib.grading.exercises.u02._sick_rules import SHORTCUTS, truth
from course_lib.grading.registry import find

EXERCISE = find("u02/sick_run")
MANY = [one for draw in range(150) for one in runs(draw).values()]


def read(log):
    """A reader who has the printed text alone, and thinks of each line as the hints say."""
    line = {row[:10].strip(): row[11:] for row in log.split("\n")[1:]}
    numbers = {name: [float(x) for x in re.findall(r"-?\d+\.\d+", row)]
               for name, row in line.items()}  # fmt: skip
    mean, std = numbers["images"]
    low, high, hole = numbers["net input"]
    if abs(low + mean / std) > 0.01 or abs(high - (1 - mean) / std) > 0.01:
        return "jitter late"
    if abs(hole - low) > 0.01:
        return "hole of the mean"
    if numbers["mixing"][0] != numbers["mixing"][1]:
        return "nominal weights"
    if int(re.findall(r"\d+", line["one batch"])[1]) == 1:
        return "one draw a batch"
    if len(set(re.findall(r"\b[0-9a-f]{6}\b", line["image 0"]))) == 1:
        return "same draws"
    if numbers["train acc."][0] < 1:
        return "read on mixtures"
    return "healthy" if numbers["last epoch"][0] == numbers["val"][-1] else "augmented val"


def test_every_cause_can_be_read_from_the_numbers():
    assert {one.cause for one in MANY} == set(CAUSES)
    assert [read(text("A", one)) for one in MANY] == [one.cause for one in MANY]


def test_no_word_gives_a_cause_away():
    bare = {re.sub(r"\b[0-9a-f]{6}\b|-?\d+(\.\d+)?| +", "", text("A", one)) for one in MANY}
    assert len(bare) == 1


def test_scores_give_no_cause_away():
    """Whatever the cause, some run is the weakest of its five, some has train below val."""
    weakest, below, above = set(), set(), set()
    for draw in range(120):
        made = runs(draw)
        weakest.add(min(made.values(), key=lambda one: one.val[-1]).cause)
        below |= {one.cause for one in made.values() if one.train[-1] < one.val[-1]}
        above |= {one.cause for one in made.values() if one.train[-1] > one.val[-1]}
    assert weakest == below == set(CAUSES) and above == set(CAUSES) - {"read on mixtures"}


def test_accuracies_are_between_0_and_1_and_lists_are_whole():
    for one in MANY:
        assert all(0 < value < 1 for value in (*one.train, *one.val, one.twice))
        assert 1 <= one.boxes <= one.batch and len(one.views) == 3


def test_five_runs_with_two_common_causes_at_least():
    for draw in range(60):
        causes = [one.cause for one in runs(draw).values()]
        assert len(causes) == 5 and len(set(causes) & set(COMMON)) >= 2
        assert causes.count("healthy") <= 2


def test_the_same_number_draws_the_same_logs_and_another_draws_others():
    assert runs(3) == runs(3) != runs(4)
    assert runs(np.int64(3)) == runs(3)
    for no_number in ("3", 3.0, True, None, 2**70, np.float64(3.0), np.bool_(True)):
        with pytest.raises(CourseError, match="any whole number"):
            runs(no_number)


def given(draw, **changed):
    return {"draw": draw} | truth(runs(draw)) | changed


@pytest.mark.parametrize("draw", [0, 2, 77, -5])
def test_a_diagnosis_is_judged_by_its_own_draw(draw):
    assert examine(EXERCISE, given(draw)).state == "right"
    assert examine(EXERCISE, given(draw) | {"draw": draw + 1}).state == "wrong"


@pytest.mark.parametrize("name", SHORTCUTS)
def test_a_shortcut_is_named_on_any_draw(name):
    rule, sentence = SHORTCUTS[name]
    for draw in range(200, 400):
        said = rule(runs(draw))
        earlier = [other(runs(draw)) for other, _ in SHORTCUTS.values()]
        if said != truth(runs(draw)) and earlier.count(said) == 1:
            result = examine(EXERCISE, {"draw": draw, **said})
            assert result.state == "wrong" and result.sentence == sentence
            return
    pytest.fail("no draw shows it")


def test_every_other_slip_is_told_a_fact_of_that_run():
    seen = set()
    for draw in range(12):
        for one in runs(draw).values():
            for said in set(CAUSES) - {one.cause}:
                clue = sick_run.against(one, said)
                assert clue and one.cause not in clue
                seen.add(said)
    assert seen == set(CAUSES)
    draw = next(d for d in range(99) if runs(d)["B"].cause == "augmented val")
    told = examine(EXERCISE, given(draw, B="one draw a batch")).sentence
    right = f"Of draw {draw}, 4 of 5 are right. Run B is not: "
    assert told.startswith(right + "There would then be one box; here ")


def test_an_answer_for_another_draw_is_told_by_which_it_was_judged():
    assert "Of draw 7, " in examine(EXERCISE, given(1) | {"draw": 7}).sentence


def test_draw_and_causes_may_be_of_numpy():
    answer = {n: np.str_(cause) for n, cause in truth(runs(5)).items()} | {"draw": np.int64(5)}
    assert examine(EXERCISE, answer).state == "right"


@pytest.mark.parametrize(
    ("code", "draw"),
    [
        ('d = dict(draw=1234, A="healthy")', 1234),
        ('d = {"draw": 1}\nd["draw"] = 1234', 1234),
        ('d = {"draw": 1234}\nd["A"] = 5', 1234),
        ('d = dict(draw=1)\nd = {"draw": 1234}', 1234),
        ('d = {"draw": 1}\nd["draw"] = own', None),
        ("sick_run.show(draw=1)", None),
    ],
)
def test_the_draw_of_an_answer_is_read_however_it_is_written(code, draw):
    assert variants.written(code) == draw


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"draw": 1}, 'Give a dict with "draw" and the runs A, B, C, D, E'),
        (given(1) | {"draw": "1"}, "`draw` is any whole number, not '1'"),
        (given(1, A="jitter"), "did you mean 'jitter late'?"),
        (given(1, C=["healthy"]), "Run C: there is no cause"),
        ("healthy", "Give a dict"),
    ],
)
def test_a_slip_in_the_form_is_said(answer, said):
    assert said in examine(EXERCISE, answer).sentence


def test_the_logs_are_shown_with_their_curves(capsys):
    show(7)
    printed = capsys.readouterr().out
    assert all(f"run {name}" in printed for name in NAMES)
    assert len(figure(runs(7)).axes) == len(NAMES)
