"""`course grade`: the command, what it refuses, resuming, and grading without a sandbox."""

import json
from pathlib import Path

import pytest

from course_lib import cli
from course_lib.core.errors import CourseError
from course_lib.grading import grade, grade_cli, records, sandbox, visit
from course_lib.grading.task import Limits
from course_lib.grading.visit import Ending
from course_lib.grading.wire import pack

ORDER = {"fruit": ["apple", "pear"], "number": 3}


def cell(source, grade_id=""):
    about = {"nbgrader": {"grade_id": grade_id}} if grade_id else {}
    return {"cell_type": "code", "metadata": about, "source": source}


def book(source):
    check = cell('check("u98/order", order)', "u98-order-check")
    return json.dumps({"cells": [cell(source, "u98-order-answer"), check], "nbformat": 4})


def put(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two submissions, and a sandbox in whose place `order` is read from the source."""
    put(tmp_path / "98_sample" / "lab.ipynb", book("order = ..."))
    for student, number in (("ann", 3), ("bob", 2)):
        put(tmp_path / "in" / student / "lab.ipynb", book(repr(ORDER | {"number": number})))

    def answers(tasks, seed, limits, hidden, unsafe):
        if any("broken" in task.source for task in tasks):
            raise CourseError("The sandbox did not start.")
        values = {task.id: {"state": "value", "value": eval(task.source), "printed": ""}
                  for task in tasks}  # fmt: skip
        return {name: Ending("answered", pack(value), 0.5) for name, value in values.items()}

    monkeypatch.setattr(visit, "answers", answers)
    monkeypatch.setattr(sandbox, "refusal", lambda: "")
    return tmp_path


def run(folder, **options):
    lines = []
    known = grade.grade(
        folder / "in", folder / "out", str(folder / "98_sample" / "lab.ipynb"),
        say=lines.append, **options,
    )  # fmt: skip
    return {record.student: record for record in known}, lines


def test_records_scores_and_progress(folder):
    found, lines = run(folder)
    ann, bob = found["ann"], found["bob"]
    assert (ann.points, ann.max, ann.lab, ann.file) == (2, 2, "98_sample", "ann/lab.ipynb")
    assert bob.exercises["u98/order"].wrong == "one less" and bob.points == 0
    assert ann.seed == bob.seed and len(ann.sha256) == 64 and not ann.notes
    assert records.read(folder / "out" / "records" / "ann.json") == ann
    table = (folder / "out" / "scores.csv").read_text().splitlines()
    assert table[1:] == ["ann,u98/order,2,2,right", "bob,u98/order,0,2,wrong"]
    assert sorted(line.split("] ")[1] for line in lines) == [
        "ann: 2 of 2 points",
        "bob: 0 of 2 points",
    ]


def test_only_what_changed_is_graded_again(folder):
    first, _ = run(folder, seed=1)
    put(folder / "in" / "bob" / "lab.ipynb", book(repr(ORDER)))
    second, lines = run(folder, seed=2)
    assert lines == ["1 of 2 were graded before and did not change.", "[1/1] bob: 2 of 2 points"]
    assert second["ann"] == first["ann"] and second["bob"].seed == 2
    assert run(folder, again=True, seed=3)[0]["ann"].seed == 3


def test_another_version_or_an_unsafe_record_is_graded_again(folder):
    assert "Graded without a sandbox (--unsafe)." in run(folder, unsafe=True)[0]["ann"].notes
    assert len(run(folder)[1]) == 2
    file = folder / "out" / "records" / "ann.json"
    file.write_text(file.read_text().replace('"version": 1', '"version": 0'))
    assert [line for line in run(folder)[1] if "ann" in line]
    file.write_text("{")
    assert [line for line in run(folder)[1] if "ann" in line]


def test_what_the_machine_failed_at_is_named_and_left_for_the_next_run(folder):
    put(folder / "in" / "ann" / "lab.ipynb", book("'broken'"))
    with pytest.raises(CourseError, match="1 were not graded, by no fault of their own: ann"):
        run(folder)
    assert [file.stem for file in (folder / "out" / "records").glob("*")] == ["bob"]
    put(folder / "in" / "ann" / "lab.ipynb", book(repr(ORDER)))
    assert set(run(folder)[0]) == {"ann", "bob"}


def test_without_a_sandbox_it_refuses_unless_told(folder, monkeypatch):
    monkeypatch.setattr(sandbox, "refusal", lambda: "bubblewrap is missing.")
    with pytest.raises(CourseError, match="bubblewrap is missing"):
        run(folder)
    assert not (folder / "out").exists()
    assert set(run(folder, unsafe=True)[0]) == {"ann", "bob"}


def test_few_answers_wait_at_a_time(folder, monkeypatch):
    for number in range(12):
        put(folder / "in" / f"s{number:02}" / "lab.ipynb", book(repr(ORDER)))
    most, seen = [], grade.wait

    def counted(running, **options):
        most.append(len(running))
        return seen(running, **options)

    monkeypatch.setattr(grade, "wait", counted)
    found, lines = run(folder, workers=2)
    assert len(found) == len(lines) == 14 and max(most) <= 4


def test_the_command_grades_a_folder_with_and_without_its_name(folder, monkeypatch, capsys):
    lab = str(folder / "98_sample" / "lab.ipynb")
    rest = [str(folder / "in"), "--lab", lab, "--out", str(folder / "out")]
    assert cli.main(["grade", *rest, "--seed", "5"]) == 0
    assert "2 graded" in capsys.readouterr().out
    assert cli.main(["grade", "run", *rest]) == 0
    assert "2 of 2 were graded before" in capsys.readouterr().out
    assert cli.main(["grade", str(folder / "none"), *rest[1:]]) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert {"run", "report"} <= {c.name or c.callback.__name__
                                 for c in grade_cli.app.registered_commands}  # fmt: skip


def test_how_many_run_at_a_time_follows_cores_and_memory():
    assert grade.cores(Limits(memory=1)) >= 1
    assert grade.cores(Limits(memory=1 << 60)) == 1
