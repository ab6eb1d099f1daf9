"""No attack gains a point or harms another's grade, and each leaves a sentence to act on."""

import hashlib
import json
import re
import socket

import pytest

from course_lib.grading import exercises, records
from tests.grading.attacks.classroom import SAMPLE, Classroom
from tests.grading.attacks.code import ATTACKS

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
POINTS = {"u98/standardise": 3, "u98/order": 2, "u98/verdict": 4}


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """A class, graded once; `listener` hears who calls."""
    with pytest.MonkeyPatch.context() as patch, socket.create_server(("127.0.0.1", 0)) as listener:
        own = str(SAMPLE.parents[2] / "exercises")
        patch.setattr(exercises, "__path__", [*exercises.__path__, own])
        room = Classroom(tmp_path_factory.mktemp("class"), listener.getsockname()[1])
        room.before = state(room)
        room.records = {record.student: record for record in room.grade()}
        room.listener = listener
        yield room


def state(room):
    """What must not change: the submissions and the gradebook."""
    files = [f for f in room.folder.rglob("*.ipynb") if f.is_file() and f.stat().st_size < 10**7]
    return {f: hashlib.sha256(f.read_bytes()).hexdigest() for f in [*files, room.book, room.file]}


def told(score):
    return "\n".join([*score.sentences, *score.notes])


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.name for attack in ATTACKS])
def test_no_attack_gains_a_point(room, attack):
    student, name = room.where[attack.name]
    score = room.records[student].exercises[name]
    assert score.points == 0, told(score)
    assert re.fullmatch(attack.status, score.status), f"{score.status}: {told(score)}"
    assert score.sentences and re.search(attack.said, told(score)), told(score)
    assert all(c.isprintable() or c == "\n" for c in told(score))


def test_a_good_answer_scores_beside_any_attack(room):
    attacked = set(room.where.values())
    for record in room.records.values():
        if record.student.startswith("attack"):
            for name, score in record.exercises.items():
                if (record.student, name) not in attacked:
                    assert score.points == POINTS[name], f"{record.student}: {told(score)}"
    assert room.records["good"].points == 9
    assert room.records["daemon"].points == 6


def test_nothing_outside_the_sandbox_changed_and_nobody_called(room):
    assert state(room) == room.before
    room.listener.settimeout(0)
    with pytest.raises(BlockingIOError):
        room.listener.accept()


def test_every_submission_has_a_record_and_a_line_of_progress(room):
    entries = {path.name.removesuffix(".zip") for path in room.folder.iterdir()}
    assert entries == set(room.records)
    assert len(room.lines) == len(room.records)
    table = (room.out / "scores.csv").read_text().splitlines()
    assert len(table) == 1 + 3 * len(room.records)


@pytest.mark.parametrize(
    ("student", "said"),
    [
        ("no-json", "no notebook that can be read"),
        ("deep-json", "no notebook that can be read"),
        ("no-notebook", "no notebook that can be read"),
        ("huge", "200 MB"),
        ("two-books", "holds 2 notebooks"),
        ("link", "is a link"),
        ("link-inside", "There is no notebook"),
        ("pipe", "no plain file"),
        ("zipped", "archive"),
        ("other-lab", "cells of u42: is it another lab"),
    ],
)
def test_what_cannot_be_read_says_why(room, student, said):
    record = room.records[student]
    assert record.points == 0 and {s.status for s in record.exercises.values()} == {"error"}
    assert any(said in note for note in record.notes), record.notes


@pytest.mark.parametrize(
    ("student", "points", "said"),
    [
        ("untouched", 0, "^$"),
        ("wrong-name", 9, "'Lab 1 final .2..ipynb'"),
        ("nested", 9, "^$"),
        ("deleted", 6, "is not in the notebook"),
        ("markdown", 6, "not code any more, but markdown"),
        ("raised-points", 6, "check cell was changed"),
        ("copied", 9, "2 times; the last one counts"),
        ("spoilt", 7, "2 times; the last one counts"),
        ("no-metadata", 9, "check cell was changed"),
        ("own-helpers", 9, "^$"),
    ],
)
def test_changed_notebooks_score_what_their_cells_earn(room, student, points, said):
    record = room.records[student]
    notes = [*record.notes, *(note for s in record.exercises.values() for note in s.notes)]
    assert record.points == points, {n: told(s) for n, s in record.exercises.items()}
    assert re.search(said, "\n".join(notes)), notes


def test_an_untouched_lab_attempts_nothing(room):
    states = {score.status for score in room.records["untouched"].exercises.values()}
    assert states == {"not attempted"}


def test_a_second_run_grades_only_what_changed(room):
    file = room.folder / "untouched" / "lab.ipynb"
    first = records.read(records.path(room.out, "good"))
    file.write_text(json.dumps(json.loads(file.read_text()) | {"metadata": {"changed": 1}}))
    room.lines.clear()
    again = {record.student: record for record in room.grade()}
    graded = [line for line in room.lines if line.startswith("[")]
    # what could not be read is tried again, and costs nothing
    assert any("untouched" in line for line in graded) and not any("good" in g for g in graded)
    assert again["good"] == first and again["untouched"].sha256 != ""
