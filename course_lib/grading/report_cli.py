"""`course grade report OUT`: all that follows from graded submissions, made again at any time."""

from pathlib import Path
from typing import Annotated

import typer

from course_lib.core import paths
from course_lib.core.errors import CourseError
from course_lib.core.files import write_whole
from course_lib.grading import (
    assignment,
    gradebook,
    handed,
    pages,
    records,
    roster,
    scores,
    variants,
)
from course_lib.grading import report as summary


def report(
    out: Annotated[Path, typer.Argument(help="The folder that `course grade` wrote.")],
    people: Annotated[
        Path | None, typer.Option("--roster", help="CSV with a column student; the rest is kept.")
    ] = None,
    marks: Annotated[
        Path | None, typer.Option(help="CSV of marks by hand: student, exercise, points.")
    ] = None,
    deadlines: Annotated[
        Path | None, typer.Option(help="CSV: student (or *), lab (or *), deadline.")
    ] = None,
    submissions: Annotated[
        Path | None, typer.Option(help="The folder that was graded, for times and answers.")
    ] = None,
    book: Annotated[
        Path | None, typer.Option("--gradebook", help="nbgrader's database, also written to.")
    ] = None,
    word: Annotated[
        str, typer.Option("--seed", help="Of `course release --students`: whose draw is answered?")
    ] = "",
) -> None:
    """Say how a class did: shares solved, wrong answers by name, times; a page a student; CSV.

    Writes report.txt, report.html, html/STUDENT.html and lms.csv into OUT. Marks by hand, from a
    table or from nbgrader's gradebook, count in place of the grader's.
    """
    if (deadlines or word) and not submissions:
        raise CourseError("Times and draws are read from what was handed in: add --submissions.")
    found = records.read_all(out)
    if (root := paths.root()) is None:
        raise CourseError("Labs are in the course's folder: run this command there.")
    found = by_hand(found, root / "labs", book, submissions, marks)
    if word:
        note_draws(found, root / "labs", submissions, word)
    known = roster.students(people) if people else []
    due = roster.deadlines(deadlines) if deadlines else {}
    text = summary.text(found) + missing(found, [row["student"] for row in known])
    write_whole(out / "report.txt", text.encode())
    table = scores.write(out, scores.table(found, known, submissions, due))
    typer.echo(f"{text}\n{pages.write(out, found)}\n{table}")


def by_hand(
    found: list[records.Record],
    labs: Path,
    book: Path | None,
    submissions: Path | None,
    marks: Path | None,
) -> list[records.Record]:
    """The records with the marks of nbgrader's gradebook, then those of a table."""
    if book:
        found = summary.marked(found, gradebook.store(found, book, labs, submissions))
    return summary.marked(found, summary.read_marks(marks)) if marks else found


def note_draws(
    found: list[records.Record], labs: Path, submissions: Path | None, word: str
) -> None:
    """A note on each answer that is for another draw than the student's own."""
    for record in found:
        lab = assignment.read(labs / record.lab / "lab.ipynb")
        for name, code in handed.answers(record, lab, submissions).items():
            right = record.exercises[name].status == "right"  # others have no points to lose
            if right and (said := variants.other_draw(code, word, record.student)):
                record.exercises[name].notes.append(said)


def missing(found: list[records.Record], names: list[str]) -> str:
    """Who of the roster handed in nothing, and who handed in without being on it."""
    have = {record.student for record in found}
    gone = [name for name in names if name not in have]
    strange = sorted(have - set(names)) if names else []
    lines = [f"\nNothing handed in ({len(gone)}): {', '.join(gone)}"] if gone else []
    lines += [f"\nNot on the roster: {', '.join(strange)}"] if strange else []
    return "".join(f"{line}\n" for line in lines)
