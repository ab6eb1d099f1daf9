"""Scores in nbgrader's own gradebook: marks by hand stay, and formgrader gets a harmless page."""

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from course_lib.core.errors import CourseError
from course_lib.grading import gradebook, report
from course_lib.grading.records import Record, Score
from course_lib.project import labs, notebooks

pytestmark = pytest.mark.slow

SOURCE = Path(__file__).parent / "solutions" / "98_sample" / "lab.py"
NASTY = "<script>alert(1)</script>"


@pytest.fixture
def released(tmp_path):
    """The folder of released labs."""
    file = tmp_path / "labs" / "98_sample" / "lab.ipynb"
    file.parent.mkdir(parents=True)
    nbformat.write(labs.release(notebooks.read_source(SOURCE)), file)
    return file.parent.parent


def hand_in(released, folder, student):
    """A student's file, with a page of their own → its hash."""
    lab = nbformat.read(released / "98_sample" / "lab.ipynb", 4)
    lab.cells.insert(0, nbformat.v4.new_markdown_cell(NASTY))
    for cell in lab.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "u98-verdict-answer":
            cell.source = f"def verdict(n):  # {NASTY}\n    return 'odd'"
            cell.outputs = [nbformat.v4.new_output("display_data", data={"text/html": NASTY})]
    file = folder / student / "lab.ipynb"
    file.parent.mkdir(parents=True)
    nbformat.write(lab, file)
    return hashlib.sha256(file.read_bytes()).hexdigest()


def record(student, sha256="", status="wrong", points=0.0):
    """A record of the lab's three exercises."""
    made = {
        "u98/standardise": Score(1, "right", 3.0, 3.0, None, ["All agree."]),
        "u98/order": Score(1, "not attempted", 0.0, 2.0, None, ["Nothing is filled in yet."]),
        "u98/verdict": Score(1, status, points, 4.0, "odd", ["You never say even."]),
    }
    when = "2027-01-31T12:00:00+00:00"
    return Record(student, "98_sample", f"{student}/lab.ipynb", sha256, when, 7, made)


def book_of(file):
    from nbgrader.api import Gradebook

    return Gradebook(f"sqlite:///{file}")


def grade(book, student, name="u98-verdict-check"):
    return book.find_grade(name, "lab", "98_sample", student)


def test_scores_marks_and_errata(released, tmp_path):
    file = tmp_path / "grading" / "gradebook.db"
    first = [record("ann"), record("bob", status="manual")]
    assert gradebook.store(first, file, released) == {}
    with book_of(file) as book:
        scores = {one["student"]: one["score"] for one in book.submission_dicts("98_sample")}
        assert scores == {"ann": 3, "bob": 3}
        assert not grade(book, "ann").needs_manual_grade and grade(book, "bob").needs_manual_grade
        grade(book, "ann").manual_score = 2.5
        grade(book, "bob").manual_score = 4
        book.db.commit()

    hand = {("ann", "u98/verdict"): 2.5, ("bob", "u98/verdict"): 4}
    assert gradebook.store(first, file, released) == hand
    assert [one.points for one in report.marked(first, hand)] == [5.5, 7]
    with book_of(file) as book:
        assert not grade(book, "ann").needs_manual_grade

    regraded = [record("ann", status="right", points=4.0), first[1]]
    assert gradebook.store(regraded, file, released) == hand
    with book_of(file) as book:
        mark = grade(book, "ann")
        assert (mark.auto_score, mark.manual_score, mark.score) == (4, 2.5, 2.5)
        assert mark.needs_manual_grade and not grade(book, "bob").needs_manual_grade


def test_formgrader_gets_the_answers_and_nothing_that_runs(released, tmp_path):
    file, folder = tmp_path / "grading" / "gradebook.db", tmp_path / "submitted"
    known, lost = hand_in(released, folder, "ann"), hand_in(released, folder, "bob")
    later = folder / "bob" / "lab.ipynb"
    later.write_text(later.read_text().replace("'odd'", "'even'"))  # not what was graded
    gradebook.store([record("ann", known), record("bob", lost)], file, released, folder)
    pages = {}
    for who in ("ann", "bob"):
        page = nbformat.read(tmp_path / "grading/autograded" / who / "98_sample/lab.ipynb", 4)
        nbformat.validate(page)
        pages[who] = {c.metadata.get("nbgrader", {}).get("grade_id"): c for c in page.cells}
        shown = json.dumps([c for c in page.cells if c.cell_type != "code"])
        assert NASTY not in shown and "text/html" not in json.dumps(page)
    answer, check = (pages["ann"][f"u98-verdict-{role}"] for role in ("answer", "check"))
    assert answer.source.startswith("def verdict(n):  # <script>") and answer.outputs == []
    assert check.outputs[0].text == "Wrong, 0 of 4 points.\nYou never say even."
    assert pages["bob"]["u98-verdict-answer"].source == "# No answer could be read."


def test_a_lab_of_another_form_is_refused_and_the_marks_stay(released, tmp_path):
    file = tmp_path / "grading" / "gradebook.db"
    gradebook.store([record("ann")], file, released)
    before = file.read_bytes()
    lab = released / "98_sample" / "lab.ipynb"
    lab.write_text(lab.read_text().replace("u98-order-check", "u98-order-check-2"))
    with pytest.raises(CourseError, match="of another form of 98_sample"):
        gradebook.store([record("ann")], file, released)
    assert file.read_bytes() == before


def test_what_is_missing_is_one_sentence(released, tmp_path, monkeypatch):
    other = replace(record("ann"), lab="97_other")
    with pytest.raises(CourseError, match="no lab '97_other'"):
        gradebook.store([other], tmp_path / "a.db", released)
    monkeypatch.setitem(sys.modules, "nbgrader", None)
    with pytest.raises(CourseError, match="leave --gradebook out"):
        gradebook.store([record("ann")], tmp_path / "a.db", released)
