"""nbgrader as an instructor has it, in the course's folder: Validate, and marks in formgrader."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course_lib.core import paths
from course_lib.grading import gradebook, registry
from course_lib.grading.records import Record, Score
from course_lib.project import lab as server
from tests.browser import lab
from tests.browser.test_unit1 import RIGHT

NAME = "01_representation"
LAB = f"labs/{NAME}/lab.ipynb"
NASTY = "<img src=x onerror=\"document.title='taken over'\">"

pytestmark = pytest.mark.browser


def launch(work: Path, port: int, token: str, first: str) -> subprocess.Popen:
    """JupyterLab as `jupyter lab` starts it in the course's folder, with nbgrader on."""
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += ["--Application.log_level=ERROR", f"--ServerApp.port={port}"]
    command += [f"--ServerApp.root_dir={work}", "--LabApp.news_url=None"]
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"JUPYTER_TOKEN": token, "PATH": beside}
    return subprocess.Popen(command, cwd=work, env=env, start_new_session=True)


@pytest.fixture
def course(monkeypatch, tmp_path):
    """A course of one lab, and a server that an instructor would start."""
    work = lab.prepare(monkeypatch, tmp_path)
    shutil.copy(paths.root() / "nbgrader_config.py", work)
    for folder in ("labs", "solutions"):
        shutil.copytree(paths.root() / folder / NAME, work / folder / NAME)
    monkeypatch.setattr(server, "launch", launch)
    return work


def answered(work: Path, file: Path, page: str = "") -> str:
    """Writes the lab with its first exercise solved, and a page of the student's → its hash."""
    notebook = nbformat.read(work / LAB, 4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "u01-softmax_ce-answer":
            cell.source = f"{RIGHT}\n# {page}" if page else RIGHT
    if page:
        notebook.cells.insert(0, nbformat.v4.new_markdown_cell(page))
    file.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, file)
    return hashlib.sha256(file.read_bytes()).hexdigest()


def record(student: str, sha256: str, status: str = "wrong") -> Record:
    """A record in which the first exercise is right, the last as stated, and no other tried."""
    made = {}
    for name in registry.ids("u01"):
        most = float(registry.find(name).points)
        made[name] = Score(1, "not attempted", 0.0, most, None, ["Nothing is filled in yet."])
    first, *_, last = made
    made[first] = Score(1, "right", made[first].max, made[first].max, None, ["All cases agree."])
    made[last] = Score(1, status, 0.0, made[last].max, None, ["You never say void."])
    when = "2027-01-31T12:00:00+00:00"
    return Record(student, NAME, f"{student}/lab.ipynb", sha256, when, 7, made)


def test_validate_says_which_checks_fail(course):
    answered(course, course / "lab.ipynb")
    with lab.seat(course, 1400) as seat:
        seat.open("lab.ipynb")
        seat.page.locator(".validate-button").first.click()
        dialog = seat.page.locator(".jp-Dialog", has_text="Validation")
        dialog.wait_for(timeout=lab.PATIENCE)
        said = dialog.inner_text()
        seat.shoot("instructor-validate")
        assert said.count("The following cell failed") == len(registry.ids("u01")) - 1
        assert 'check("u01/claim_court", verdict)' in said
        assert 'check("u01/softmax_ce", softmax_ce)' not in said


def test_formgrader_shows_answers_and_keeps_marks(course):
    book, folder = course / "grading" / "gradebook.db", course / "submitted"
    graded = [
        record("ann", answered(course, folder / "ann" / "lab.ipynb", NASTY)),
        record("bob", answered(course, folder / "bob" / "lab.ipynb", NASTY), status="manual"),
    ]
    assert gradebook.store(graded, book, course / "labs", folder) == {}
    with lab.seat(course, 1400) as seat:
        page = seat.page
        page.goto(f"{seat.url}/lab?token={seat.token}")  # it also lets the browser in
        page.locator(".lm-MenuBar-itemLabel", has_text="Nbgrader").wait_for(timeout=lab.PATIENCE)
        seat.menu("Nbgrader", "Formgrader")
        frame = page.frame_locator("iframe")
        frame.locator("td", has_text=NAME).first.wait_for(timeout=lab.PATIENCE)
        seat.shoot("instructor-formgrader")
        page.goto(f"{seat.url}/formgrader/gradebook/{NAME}/lab")
        entry = page.locator("a", has_text="Submission #1").first
        entry.wait_for(timeout=lab.PATIENCE)
        seat.shoot("instructor-gradebook")
        entry.click()
        marks = page.locator("input.score")
        marks.last.wait_for(timeout=lab.PATIENCE)
        page.wait_for_load_state("networkidle")  # the marks are shown before they are listened to
        assert marks.count() == len(registry.ids("u01"))
        assert "log_softmax" in page.content() and "You never say void." in page.content()
        assert page.locator(".highlight", has_text="taken over").count() == 1  # in the answer alone
        assert page.title() == "lab"
        with page.expect_response(lambda answer: "/api/grade/" in answer.url):
            marks.last.fill("3")
            marks.last.press("Tab")
        seat.shoot("instructor-marks")
    (mark,) = gradebook.store(graded, book, course / "labs", folder).items()
    assert mark in [((who, "u01/claim_court"), 3) for who in ("ann", "bob")]
