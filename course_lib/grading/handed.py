"""A graded submission looked at again, as data: when it was handed in, and the answers in it."""

import hashlib
from datetime import datetime
from pathlib import Path

from course_lib.core.errors import CourseError
from course_lib.grading import assignment, collect
from course_lib.grading.assignment import Lab
from course_lib.grading.records import Record


def when(file: Path) -> datetime | None:
    """When a file was handed in: what `timestamp.txt` beside it says, as nbgrader's exchange writes
    it, else when it was last changed; None where there is no file."""
    try:
        words = (file.parent / "timestamp.txt").read_text(encoding="utf-8").split()
        zone = "+00:00" if words[2:3] == ["UTC"] else ""
        return datetime.fromisoformat(f"{words[0]}T{words[1]}{zone}").astimezone()
    except (OSError, ValueError, IndexError):
        pass
    if file.is_symlink() or not file.is_file():
        return None
    return datetime.fromtimestamp(file.stat().st_mtime).astimezone()


def answers(record: Record, lab: Lab, submissions: Path | None) -> dict[str, str]:
    """Exercise id → code, of the very file that was graded; empty where that is not there any
    more, has changed, or cannot be read."""
    if submissions is None or not record.sha256:
        return {}
    try:
        raw = collect.content(submissions / record.file)
        if hashlib.sha256(raw).hexdigest() != record.sha256:
            return {}
        found = assignment.answers(lab, collect.cells(raw))
    except CourseError:
        return {}
    return {name: answer.source for name, answer in found.items()}


def unread(record: Record) -> str:
    """Why nothing of a submission could be graded, in the grader's sentence; "" if it was."""
    said = {" ".join(score.sentences) for score in record.exercises.values()}
    states = {score.status for score in record.exercises.values()}
    if record.exercises and (states != {"error"} or len(said) > 1):
        return ""
    return next((note for note in record.notes if not said or note in said), "")
