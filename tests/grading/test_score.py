"""Solved, a lab scores full marks; each wrong answer none; untouched, nothing is attempted."""

from importlib import import_module
from pathlib import Path

import pytest

from course_lib.core import paths
from course_lib.grading import registry, student
from course_lib.grading.audit import value_of
from course_lib.grading.exercise import Exercise
from course_lib.project import labs, notebooks
from tests.solved import run

OWN = Path(__file__).parent / "solutions"
COURSE = sorted((paths.root() / "solutions").glob("*/lab.py"))
SAMPLES = sorted(OWN.glob("*/lab.py"))
LABS = SAMPLES + [pytest.param(source, marks=pytest.mark.slow) for source in COURSE]


@pytest.fixture(params=LABS, ids=[source.parent.name for source in SAMPLES + COURSE])
def solved(request, monkeypatch):
    """A lab's notebook with its solutions, about to be run where nothing was checked before."""
    monkeypatch.setattr(student, "SESSION", {})
    monkeypatch.chdir(request.param.parent)
    return notebooks.read_source(request.param)


def test_the_solved_lab_scores_full_marks_and_each_wrong_answer_none(solved):
    lab = run(solved)
    assert lab.marks and lab.points()[0] == lab.points()[1]
    assert all(mark.state == "right" for mark in lab.marks.values())
    for name in lab.marks:
        exercise = registry.find(name)
        for wrong in exercise.wrong:
            mark = lab.answered(name, value_of(exercise, wrong.answer))
            assert (mark.points, mark.state) == (0, "wrong"), f"{name}: {wrong.name}"
        for right in exercise.right:
            mark = lab.answered(name, value_of(exercise, right.answer))
            assert mark.points == exercise.points, f"{name}: {right.name}"


def test_the_untouched_lab_runs_through_and_claims_nothing(solved, monkeypatch):
    lab = run(labs.release(solved))
    states = {name: mark.state for name, mark in lab.marks.items()}
    assert states and set(states.values()) == {"not attempted"}, states
    assert lab.points()[0] == 0


def test_the_core_of_a_lab_has_four_to_six_exercises_of_three_kinds():
    for source in COURSE:
        cells = notebooks.read_source(source).cells
        asked = filter(None, (labs.checked(c.source) for c in cells if c.cell_type == "code"))
        names = [name.split("/") for name in asked]
        core = {
            unit: import_module(f"course_lib.grading.exercises.{unit}").CORE for unit, _ in names
        }
        found: list[Exercise] = [registry.find(f"{u}/{n}") for u, n in names if n in core[u]]
        assert 4 <= len(found) <= 6 and len({e.kind for e in found}) >= 3, source


def test_no_lab_is_left_without_its_source():
    root = paths.root()
    stored = {file.parent.name for file in (root / "labs").glob("*/*")}
    assert stored == {source.parent.name for source in COURSE}
    assert not [file for file in (root / "labs").glob("*/*") if file.name != "lab.ipynb"]
