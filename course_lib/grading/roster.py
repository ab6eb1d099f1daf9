"""Tables that an instructor keeps, as CSV: who takes part, and who may hand in later.

A roster has a column `student`, the name under which work is handed in, and any others, such as
those that a learning management system asks for; they are passed through to the scores.
Deadlines have the columns `student` (or * for all), `lab` (or *) and `deadline`, such as
2027-01-31 23:59 or, with a time zone, 2027-01-31T23:59+01:00.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from course_lib.core.errors import CourseError, nearest

ALL = "*"
NAME = re.compile(r"\w[\w.@+-]*")  # becomes the name of a folder


def table(file: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a CSV file, with commas or semicolons. Raises CourseError where it is none, or
    lacks a column."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{file} cannot be read as text ({error}).") from None
    first = text.partition("\n")[0]
    rows = list(csv.DictReader(text.splitlines(), delimiter=";" if ";" in first else ","))
    have = list(rows[0]) if rows else first.split(",")
    for column in needed:
        if column not in have:
            hint = nearest(column, [name for name in have if name])
            raise CourseError(f"{file} has no column {column!r} in its first line; {hint}")
    return [{key: (value or "").strip() for key, value in row.items() if key} for row in rows]


def students(file: Path) -> list[dict[str, str]]:
    """The rows of a roster, each student once."""
    rows = table(file, ["student"])
    names = [row["student"] for row in rows]
    for name in names:
        if not NAME.fullmatch(name):
            raise CourseError(f"{file}: {name!r} cannot name a folder: use letters, digits, . _ -")
        if names.count(name) > 1:
            raise CourseError(f"{file} names {name!r} twice: one line a student.")
    return rows


def names(file: Path) -> list[str]:
    """The students of a roster."""
    found = [row["student"] for row in students(file)]
    if not found:
        raise CourseError(f"{file} names no student.")
    return found


def deadlines(file: Path) -> dict[tuple[str, str], datetime]:
    """(student or *, lab or *) → when work is due; a time without a zone is this machine's."""
    found = {}
    for row in table(file, ["student", "lab", "deadline"]):
        try:
            due = datetime.fromisoformat(row["deadline"]).astimezone()
        except ValueError:
            raise CourseError(
                f"{file}: {row['deadline']!r} is no date: write it as 2027-01-31 23:59."
            ) from None
        found[row["student"], row["lab"]] = due
    return found


def due(known: Mapping[tuple[str, str], datetime], student: str, lab: str) -> datetime | None:
    """When a student's lab is due: the latest line that fits, so an extension never shortens."""
    fits = [key for key in known if key[0] in (student, ALL) and key[1] in (lab, ALL)]
    return max((known[key] for key in fits), default=None)
