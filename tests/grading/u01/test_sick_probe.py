"""The diagnosis: every cause can be read from the numbers of a log, and from nothing else."""

import re

import pytest

from course_lib.core.errors import CourseError
from course_lib.grading.engine import examine
from course_lib.grading.exercises.u01 import sick_probe
from course_lib.grading.exercises.u01._probes import (
    CAUSES,
    COMMON,
    NAMES,
    figure,
    probes,
    show,
    text,
)
from course_lib.grading.registry import find

EXERCISE = find("u01/sick_probe")
MANY = [run for draw in range(150) for run in probes(draw).values()]


def read(log: str) -> str:
    """A reader who has the printed text alone, and thinks of each line as the hints say."""
    line = dict(row.split(None, 1) for row in log.split("\n"))
    whole = lambda name: [int(word) for word in re.findall(r"\d+", line[name])]  # noqa: E731
    hashes = {
        name: re.findall(r"\b[0-9a-f]{8}\b", line[name]) for name in ("parameters", "buffers")
    }
    val, test = ([float(word) for word in line[name].split()] for name in ("val", "test"))
    dim, _, _, projected = whole("encoder")
    *sets, _, distinct = whole("images")
    kept = whole("kept")[0] - 1
    if hashes["parameters"][0] != hashes["parameters"][1]:
        return "not frozen"
    if hashes["buffers"][0] != hashes["buffers"][1]:
        return "batchnorm"
    if "test mean 0.000 std 1.000" in line["inputs"]:
        return "test statistics"
    if whole("probe")[0] == 10 * (projected + 1):
        return "projector"
    if sum(sets) != distinct:
        return "duplicates"
    return "healthy" if val[kept] == max(val) else "chosen on test"


def test_every_cause_can_be_read_from_the_numbers():
    assert {run.cause for run in MANY} == set(CAUSES)
    assert [read(text("A", run)) for run in MANY] == [run.cause for run in MANY]


def test_no_word_gives_a_cause_away():
    bare = {re.sub(r"\b[0-9a-f]{8}\b|-?\d+(\.\d+)?| +", "", text("A", run)) for run in MANY}
    assert len(bare) == 1


def test_each_run_leaves_one_trace_only():
    for run in MANY:
        cause = run.cause
        assert (run.parameters[0] != run.parameters[1]) == (cause == "not frozen")
        assert run.buffers[0] == run.buffers[1] or cause in ("not frozen", "batchnorm")
        assert (run.inputs == run.projected) == (cause == "projector") and run.projected != run.dim
        assert (run.distinct != sum(run.images)) == (cause == "duplicates")
        assert run.kept == run.best[cause == "chosen on test"] and run.best[0] != run.best[1]
        sound = "test" if cause == "test statistics" else "train"
        assert [split for split, (m, s) in run.moments.items() if (m, s) == (0, 1)] == [sound]
        assert run.val.count(max(run.val)) == run.test.count(max(run.test)) == 1


def test_scores_give_no_cause_away():
    """Whatever the cause, some run has the best score of its five and some a test above val."""
    best, above = set(), set()
    for draw in range(150):
        runs = probes(draw)
        best.add(max(runs.values(), key=lambda run: run.test[run.kept - 1]).cause)
        above |= {r.cause for r in runs.values() if r.test[r.kept - 1] > r.val[r.kept - 1]}
    assert best == above == set(CAUSES)


def test_five_runs_with_two_common_causes_at_least():
    for draw in range(150):
        causes = [run.cause for run in probes(draw).values()]
        assert len(causes) == 5 and len(set(causes) & set(COMMON)) >= 2
        assert causes.count("healthy") <= 2


def test_the_same_number_draws_the_same_logs_and_another_draws_others():
    assert probes(3) == probes(3) != probes(4)
    for no_number in ("3", 3.0, True, None, 2**70):
        with pytest.raises(CourseError, match="any whole number"):
            probes(no_number)


def given(draw, **changed):
    return {"draw": draw} | sick_probe.truth(probes(draw)) | changed


@pytest.mark.parametrize("draw", [0, 2, 77, -5])
def test_a_diagnosis_is_judged_by_its_own_draw(draw):
    assert examine(EXERCISE, given(draw)).state == "right"
    assert examine(EXERCISE, given(draw) | {"draw": draw + 1}).state == "wrong"


@pytest.mark.parametrize("name", sick_probe.SHORTCUTS)
def test_a_shortcut_is_named_on_any_draw(name):
    rule, sentence = sick_probe.SHORTCUTS[name]
    for draw in range(200, 400):
        said = rule(probes(draw))
        earlier = [other(probes(draw)) for other, _ in sick_probe.SHORTCUTS.values()]
        if said != sick_probe.truth(probes(draw)) and earlier.count(said) == 1:
            result = examine(EXERCISE, {"draw": draw, **said})
            assert result.state == "wrong" and result.sentence == sentence
            return
    pytest.fail("no draw shows it")


def test_every_other_slip_is_told_a_fact_of_that_run():
    seen = set()
    for draw in range(12):
        for name, run in probes(draw).items():
            for said in set(CAUSES) - {run.cause}:
                clue = sick_probe.against(name, run, said)
                assert clue and run.cause not in clue
                seen.add(said)
    assert seen == set(CAUSES)
    draw = next(d for d in range(99) if probes(d)["B"].cause == "duplicates")
    told = examine(EXERCISE, given(draw, B="projector")).sentence
    assert told.startswith("4 of 5 are right. Run B is not: A probe on ")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"draw": 1}, 'Give a dict with "draw" and the runs A, B, C, D, E'),
        (given(1) | {"draw": "1"}, "`draw` is any whole number, not '1'"),
        (given(1) | {"draw": 2**70}, "`draw` is any whole number"),
        (given(1, A="batch norm"), "did you mean 'batchnorm'?"),
        (given(1, C=["batchnorm"]), "Run C: there is no cause"),
        ("healthy", "Give a dict"),
    ],
)
def test_a_slip_in_the_form_is_said(answer, said):
    assert said in examine(EXERCISE, answer).sentence


def test_a_string_that_equals_all_others_is_no_cause():
    class Any(str):
        __eq__ = lambda self, other: True  # noqa: E731
        __hash__ = str.__hash__

    assert examine(EXERCISE, given(1, A=Any("healthy"))).points == 0


def test_the_logs_are_shown_with_their_curves(capsys):
    show(7)
    printed = capsys.readouterr().out
    assert all(f"run {name}" in printed for name in NAMES)
    assert len(figure(probes(7)).axes) == len(NAMES)
