"""nbgrader itself, with the course's configuration, releases the same lab and reads its points."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course_lib.core import paths
from course_lib.project import labs, notebooks

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
SEEN = f"""\
from course_lib.grading import exercises
exercises.__path__.append({str(HERE / "exercises")!r})
"""
WARNS = """\
import warnings
def verdict(n):
    warnings.warn("a warning must not cost points")
    return "odd" if n % 2 else "even"
"""


@pytest.fixture
def course(tmp_path):
    """A course of one lab, solved but not run."""
    shutil.copy(paths.root() / "nbgrader_config.py", tmp_path)
    shutil.copytree(HERE / "solutions", tmp_path / "solutions")
    source = tmp_path / "solutions" / "98_sample" / "lab.py"
    notebook = notebooks.read_source(source)
    nbformat.write(notebook, source.with_suffix(".ipynb"))
    labs.write(notebook, source)
    return tmp_path


def nbgrader(course, *command):
    """One of nbgrader's commands, in the course's folder."""
    env = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(paths.root()),
        "COURSE_HOME": str(course / "home"),
        **{
            f"JUPYTER_{what}_DIR": str(course / "jupyter") for what in ("CONFIG", "DATA", "RUNTIME")
        },
    }
    line = [sys.executable, "-m", "nbgrader", *command]
    done = subprocess.run(line, cwd=course, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]


def hand_in(course, answers):
    """A student's lab with these answer cells, by grade id."""
    lab = nbformat.read(course / "labs" / "98_sample" / "lab.ipynb", 4)
    for cell in lab.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = answers.get(name, cell.source)
        if cell.source.startswith("import torch"):
            cell.source = SEEN + cell.source
    folder = course / "grading" / "submitted" / "ann" / "98_sample"
    folder.mkdir(parents=True)
    nbformat.write(lab, folder / "lab.ipynb")


def test_release_and_autograde(course):
    ours = (course / "labs" / "98_sample" / "lab.ipynb").read_bytes()
    nbgrader(course, "generate_assignment", "98_sample", "--force")
    files = sorted(file.name for file in (course / "labs").rglob("*") if file.is_file())
    assert files == ["lab.ipynb"]
    assert (course / "labs" / "98_sample" / "lab.ipynb").read_bytes() == ours
    solved = nbformat.read(course / "solutions" / "98_sample" / "lab.ipynb", 4)
    ids = {c.metadata.get("nbgrader", {}).get("grade_id"): c.source for c in solved.cells}
    right = "u98-standardise-answer"
    hand_in(course, {right: ids[right], "u98-verdict-answer": WARNS})
    nbgrader(course, "autograde", "98_sample")
    graded = nbformat.read(course / "grading/autograded/ann/98_sample/lab.ipynb", 4)
    assert points(course) == {"standardise": 3, "order": 0, "verdict": 4}
    assert len(graded.cells) == len(solved.cells)


def points(course):
    """What nbgrader stored for each exercise."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course}/grading/gradebook.db") as book:
        (submission,) = book.assignment_submissions("98_sample")
        grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
        return {grade.name.split("-")[1]: grade.auto_score for grade in grades}
