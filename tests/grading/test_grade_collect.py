"""Submissions are found in every layout, and a notebook is read as data."""

import json
import os

import pytest

from course_lib.core.errors import CourseError
from course_lib.grading import assignment, collect


def book(*cells, **more):
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}


def cell(source, grade="", kind="code"):
    about = {"nbgrader": {"grade_id": grade}} if grade else {}
    return {"cell_type": kind, "metadata": about, "source": source, "id": f"id-{grade}"}


LAB = book(
    cell("import torch"),
    cell("def verdict(n):\n    raise NotImplementedError()", "u98-verdict-answer"),
    cell("SECOND = 1", "u98-verdict-answer-2"),
    cell('check("u98/verdict", verdict)', "u98-verdict-check"),
    cell("order = ...", "u98-order-answer"),
    cell('check("u98/order", order)', "u98-order-check"),
)


def put(file, content="{}"):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    return file


@pytest.fixture
def lab(tmp_path):
    return assignment.read(put(tmp_path / "98_sample" / "lab.ipynb", json.dumps(LAB)))


def test_layouts_and_students(tmp_path):
    for name in ("ann/lab.ipynb", "bob/98_sample/lab.ipynb", "cy.ipynb", "dee/mine.ipynb"):
        put(tmp_path / name)
    put(tmp_path / "bob" / "other.ipynb")
    put(tmp_path / "ann" / ".ipynb_checkpoints" / "lab.ipynb")
    put(tmp_path / "cy" / "lab.ipynb")
    put(tmp_path / "grades.csv")
    put(tmp_path / "out" / "lab.ipynb")
    found = {s.student: s for s in collect.submissions(tmp_path, "98_sample", [tmp_path / "out"])}
    assert list(found) == ["ann", "bob", "cy", "cy.ipynb", "dee"]
    assert found["bob"].file == tmp_path / "bob/98_sample/lab.ipynb"
    assert found["bob"].notes == ["1 other notebooks in the folder do not count."]
    assert found["dee"].notes == ["The file is 'mine.ipynb'."]
    assert not any(one.trouble for one in found.values())


def test_an_empty_or_missing_folder_is_refused(tmp_path):
    with pytest.raises(CourseError, match="no notebook in"):
        collect.submissions(tmp_path, "98_sample")
    with pytest.raises(CourseError, match="cannot be read"):
        collect.submissions(tmp_path / "none", "98_sample")


def test_links_pipes_and_large_files_are_not_read(tmp_path):
    file = put(tmp_path / "a.ipynb")
    assert collect.content(file) == b"{}"
    (tmp_path / "link").symlink_to(file)
    os.mkfifo(tmp_path / "pipe")
    os.truncate(put(tmp_path / "huge"), 2**31)
    for name in ("link", "pipe", "huge", "none"):
        with pytest.raises(CourseError, match="cannot be opened|no plain file|2147 MB"):
            collect.content(tmp_path / name)


@pytest.mark.parametrize(
    "raw",
    ["", "[]", '{"cells": 1, "nbformat": 4}', '{"cells": [], "nbformat": 3}', "[" * 100_000]
    + [json.dumps(book(one)) for one in (3, {}, {"cell_type": 1, "source": ""}, {"source": [1]})],
)  # fmt: skip
def test_what_is_no_notebook_says_so(raw):
    with pytest.raises(CourseError, match="no notebook that can be read"):
        collect.cells(raw.encode())


def test_too_much_code_is_refused():
    with pytest.raises(CourseError, match="million letters"):
        collect.cells(json.dumps(book(cell("x" * (collect.CODE + 1)))).encode())


def test_a_lab_names_its_exercises_and_their_answers(lab):
    assert {name: one.name for name, one in lab.asked.items()} == {
        "u98/verdict": "verdict",
        "u98/order": "order",
    }
    assert lab.asked["u98/verdict"].answers == ["u98-verdict-answer", "u98-verdict-answer-2"]
    assert lab.code == ["import torch"] and lab.name == "98_sample"


def test_answers_are_taken_by_id_and_the_last_of_several_counts(lab):
    cells = [*LAB["cells"][:4], cell("own = 1"), cell("order = 1", "u98-order-answer")]
    cells += [cell("order = 2", "u98-order-answer")]
    found = assignment.answers(lab, collect.cells(json.dumps(book(*cells)).encode()))
    assert found["u98/order"].source == "order = 2"
    assert "2 times; the last one counts" in found["u98/order"].notes[0]
    assert "check cell was changed or deleted" in found["u98/order"].notes[1]
    assert found["u98/verdict"].source.endswith("SECOND = 1")
    assert not found["u98/verdict"].notes
    assert "own = 1" in found["u98/verdict"].others and "order = 2" in found["u98/verdict"].others
    assert "order = 1" not in found["u98/order"].others


def test_missing_answers_and_another_lab_are_named(lab):
    some = [LAB["cells"][1], LAB["cells"][2], cell("order = 1", "u98-order-answer", "markdown")]
    found = assignment.answers(lab, collect.cells(json.dumps(book(*some)).encode()))
    assert not found["u98/verdict"].missing
    assert "but markdown" in found["u98/order"].missing
    for cells, said in (
        ([cell("x", "u07-order-answer")], "cells of u07: is it another lab"),
        ([cell("x")], "copy the answers into the lab"),
    ):
        with pytest.raises(CourseError, match=said):
            assignment.answers(lab, collect.cells(json.dumps(book(*cells)).encode()))


def test_a_lab_is_found_by_name_or_refused(tmp_path):
    assert assignment.find("01_representation").name == "01_representation"
    with pytest.raises(CourseError, match="did you mean '01_representation'"):
        assignment.find("01_representations")
    empty = put(tmp_path / "lab.ipynb", json.dumps(book()))
    with pytest.raises(CourseError, match="holds no check"):
        assignment.find(str(empty))
    bad = book(cell("print(1)", "u98-order-check"))
    with pytest.raises(CourseError, match="must end with check"):
        assignment.read(put(tmp_path / "bad.ipynb", json.dumps(bad)))


def test_text_of_students_is_cleaned():
    assert collect.clean("a\x1b[2J\nb\udcff") == "a�[2J\nb?"
    assert len(collect.clean("x" * 5000, 100)) == 100
