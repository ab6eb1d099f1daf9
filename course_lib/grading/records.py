"""What grading found out about one submission, as a file: `OUT/records/STUDENT.json`, and a table.

A record is written whole when a submission is done, so that grading can be stopped and resumed.
"""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from course_lib.core.errors import CourseError
from course_lib.core.files import write_whole

STATUSES = ("right", "wrong", "not attempted", "error", "timeout", "killed", "manual")


@dataclass
class Score:
    """How one exercise went. version: of the exercise. wrong: the name of the misconception that
    the answer behaves like. sentences: for the student. seconds: in the sandbox. notes: for the
    instructor, such as that an answer cell came twice."""

    version: int
    status: str
    points: float
    max: float
    wrong: str | None = None
    sentences: list[str] = field(default_factory=list)
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)

    def __post_init__(self):
        if self.status not in STATUSES:
            raise CourseError(f"A status is one of {', '.join(STATUSES)}, not {self.status!r}.")


@dataclass
class Record:
    """One submission. file: within the folder of submissions. sha256: of the file, "" where it
    could not be read. graded: time in ISO 8601. seed: of the inputs. exercises: id → score, in the
    order of the lab. notes: what the instructor should know of the whole submission."""

    student: str
    lab: str
    file: str
    sha256: str
    graded: str
    seed: int
    exercises: dict[str, Score] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def points(self) -> float:
        return sum(score.points for score in self.exercises.values())

    @property
    def max(self) -> float:
        return sum(score.max for score in self.exercises.values())


def path(out: Path, student: str) -> Path:
    """Where a student's record is."""
    return out / "records" / f"{student}.json"


def write(out: Path, record: Record) -> Path:
    """Writes a record, whole or not at all → its path."""
    file = path(out, record.student)
    write_whole(file, (json.dumps(asdict(record), indent=1) + "\n").encode())
    return file


def read(file: Path) -> Record:
    """One record. Raises CourseError for a file that is none."""
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        scores = {name: Score(**score) for name, score in known.pop("exercises").items()}
        return Record(**known, exercises=scores)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise CourseError(
            f"{file} is no record of grading ({error}): delete it and grade again."
        ) from None


def read_all(out: Path) -> list[Record]:
    """Every record of a folder of results, by student. Raises CourseError where there is none."""
    files = sorted((out / "records").glob("*.json"))
    if not files:
        raise CourseError(f"There are no records in {out}: `course grade FOLDER` makes them.")
    return [read(file) for file in files]


def table(out: Path, records: Iterable[Record]) -> Path:
    """Writes `scores.csv`, a line for each student and exercise → its path."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["student", "exercise", "points", "max", "status"])
    for record in records:
        for name, score in record.exercises.items():
            row = [record.student, name, f"{score.points:g}", f"{score.max:g}", score.status]
            rows.writerow(row)
    write_whole(out / "scores.csv", text.getvalue().encode())
    return out / "scores.csv"
