"""Scores in nbgrader's gradebook, where marks that a person gave stay; needs the instructor extra.

nbgrader's own autograde runs students' code unprotected, and is not used. Formgrader shows a
submission when a notebook of it lies in `autograded/`; the one that is written there is the
released lab with the student's answers, as text, and what grading said: nothing of it was run, and
no output or page of the student's can reach the instructor's browser.
"""

import copy
import logging
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from course_lib.core.errors import CourseError
from course_lib.core.files import write_whole
from course_lib.grading import assignment, handed
from course_lib.grading.pages import WORDS, points
from course_lib.grading.records import Record

NOTEBOOK = "lab"


def cell_id(name: str, role: str) -> str:
    """The id that nbgrader knows a cell by: "u01/softmax_ce" → "u01-softmax_ce-check"."""
    return f"{name.replace('/', '-')}-{role}"


def store(
    records: Sequence[Record], book: Path, labs: Path, submissions: Path | None = None
) -> dict[tuple[str, str], float]:
    """Puts the scores of one lab into a gradebook → the marks by hand that it holds.

    book: nbgrader's database. labs: the folder of released labs. submissions: where the graded
    files are, so that formgrader can show the answers. Returns (student, exercise) → points. Raises
    CourseError without nbgrader, for an unknown lab, or where its cells are not those of which the
    gradebook has submissions already.
    """
    api = nbgrader()
    lab = records[0].lab
    notebook = released(labs, lab)
    known = assignment.read(labs / lab / f"{NOTEBOOK}.ipynb")
    book.parent.mkdir(parents=True, exist_ok=True)
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sqlalchemy's, of how nbgrader uses it
        with api.Gradebook(f"sqlite:///{book.resolve()}") as gradebook:
            gradebook.update_or_create_assignment(lab)
        remember(notebook, lab, book)
        with api.Gradebook(f"sqlite:///{book.resolve()}") as gradebook:
            for record in records:
                at = handed.when(submissions / record.file) if submissions else None
                found.update(enter(gradebook, record, at.isoformat() if at else record.graded))
    for record in records:
        file = book.parent / "autograded" / record.student / lab / f"{NOTEBOOK}.ipynb"
        write_whole(
            file, shown(notebook, record, handed.answers(record, known, submissions)).encode()
        )
    return found


def nbgrader():
    """nbgrader's API. It calls alembic by its name, which must then be found on the path."""
    beside = str(Path(sys.executable).parent)
    if beside not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([beside, os.environ.get("PATH", "")])
    try:
        from nbgrader import api
    except ImportError:
        raise CourseError(
            "The gradebook is nbgrader's: run `pip install -e '.[instructor]' -c requirements.lock`"
            ", or leave --gradebook out."
        ) from None
    return api


def released(labs: Path, lab: str):
    """The notebook of a lab as students get it."""
    import nbformat

    file = labs / lab / f"{NOTEBOOK}.ipynb"
    if not file.is_file():
        raise CourseError(f"There is no lab {lab!r} in {labs}, so it has no place in a gradebook.")
    return nbformat.read(file, 4)


def remember(notebook, lab: str, book: Path) -> None:
    """The lab's cells and their points, in the gradebook; again when an erratum changed them."""
    from nbgrader.preprocessors import SaveCells

    names = {"notebook": NOTEBOOK, "assignment": lab, "db_url": f"sqlite:///{book.resolve()}"}
    step = SaveCells()
    step.log.setLevel(logging.ERROR)
    try:
        step.preprocess(copy.deepcopy(notebook), {"nbgrader": names})
    except RuntimeError:
        raise CourseError(
            f"{book} has submissions of another form of {lab}: its cells have other ids now. Move "
            "the gradebook away; a new one is made, and marks by hand can be given with --marks."
        ) from None


def enter(gradebook, record: Record, when: str) -> dict[tuple[str, str], float]:
    """One record's scores → the marks by hand of this student.

    A mark that a person gave stays; when the score below it changes, nbgrader is told that it needs
    another look. when: the work was handed in.
    """
    gradebook.update_or_create_student(record.student)
    gradebook.update_or_create_submission(record.lab, record.student, timestamp=when)
    found = {}
    for name, score in record.exercises.items():
        place = cell_id(name, "check"), NOTEBOOK, record.lab, record.student
        grade = gradebook.find_grade(*place)
        before = grade.auto_score
        grade.auto_score = None if score.status == "manual" else float(score.points)
        grade.needs_manual_grade = grade.manual_score is None and grade.auto_score is None
        if grade.manual_score is not None:
            found[record.student, name] = grade.manual_score
            grade.needs_manual_grade = before is not None and before != grade.auto_score
        comment = gradebook.find_comment(cell_id(name, "answer"), *place[1:])
        comment.auto_comment = "No response." if score.status == "not attempted" else None
    gradebook.db.commit()
    return found


def shown(notebook, record: Record, given: Mapping[str, str]) -> str:
    """The released lab with a student's answers, exercise id → code, and what grading said."""
    import nbformat

    page, left = copy.deepcopy(notebook), dict(given)
    for cell in page.cells:
        about = cell.metadata.get("nbgrader", {})
        name = next((n for n in record.exercises if owns(n, about.get("grade_id", ""))), "")
        if about.get("solution"):
            cell.source = left.pop(name, "" if name in given else "# No answer could be read.")
        elif about.get("grade") and name:
            score = record.exercises[name]
            first = f"{WORDS[score.status]}, {points(score.points, score.max)}."
            said = "\n".join([first, *score.sentences, *score.notes])
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=said)]
    return nbformat.writes(page) + "\n"


def owns(name: str, grade: str) -> bool:
    """Whether a cell of nbgrader's belongs to an exercise."""
    return grade.startswith((cell_id(name, "answer"), cell_id(name, "check")))
