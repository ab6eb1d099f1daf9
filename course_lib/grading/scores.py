"""Points as a table for a learning management system, and who handed in late."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from course_lib.core.files import write_whole
from course_lib.grading import handed, roster
from course_lib.grading.records import Record

Deadlines = Mapping[tuple[str, str], datetime]


def minutes_late(record: Record, submissions: Path | None, deadlines: Deadlines) -> int | None:
    """Minutes after the student's own deadline, 0 in time; None where either is not known."""
    when = handed.when(submissions / record.file) if submissions else None
    due = roster.due(deadlines, record.student, record.lab)
    if when is None or due is None:
        return None
    return max(0, -int((due - when).total_seconds() // 60))


def table(
    records: Sequence[Record],
    people: Sequence[Mapping[str, str]] = (),
    submissions: Path | None = None,
    deadlines: Deadlines | None = None,
) -> str:
    """A line for each student of the roster, then those who are not on it; the roster's columns
    first. Who handed in nothing has no points, which is not the same as 0."""
    by_name = {record.student: record for record in records}
    own = list(people[0]) if people else ["student"]
    rows = [dict(person) for person in people]
    listed = {row["student"] for row in rows}
    rows += [{"student": name} for name in by_name if name not in listed]
    text = io.StringIO()
    head = [*own, "points", "max", "state", "minutes late"]
    writer = csv.DictWriter(text, head, restval="", lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    for row in rows:
        writer.writerow(row | line(by_name.get(row["student"]), submissions, deadlines or {}))
    return text.getvalue()


def line(record: Record | None, submissions: Path | None, deadlines: Deadlines) -> dict[str, str]:
    """What grading adds to a student's row."""
    if record is None:
        return {"state": "nothing handed in"}
    if handed.unread(record):
        return {"state": "could not be graded"}
    late = minutes_late(record, submissions, deadlines)
    return {
        "points": f"{record.points:g}",
        "max": f"{record.max:g}",
        "state": "graded",
        "minutes late": "" if late is None else str(late),
    }


def write(out: Path, content: str) -> Path:
    """Writes `lms.csv` → its path."""
    write_whole(out / "lms.csv", content.encode())
    return out / "lms.csv"
