"""What a whole class did in one lab: shares, the most common wrong answers by name, times.

It reads the records of grading and nothing else, so that it can be made again at any time.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from textwrap import fill

from course_lib.core.errors import CourseError, nearest
from course_lib.grading import handed, registry, roster
from course_lib.grading.exercise import Exercise
from course_lib.grading.records import STATUSES, Record, Score

MOST = 5  # wrong answers that are shown for each exercise
BROKEN = {"timeout": "did not end in time", "killed": "killed: memory, output or processes"}


@dataclass
class Wrong:
    """A wrong answer that several gave. sentence: what it misunderstands, as students read it."""

    name: str
    sentence: str
    students: list[str] = field(default_factory=list)


@dataclass
class Summary:
    """One exercise over all submissions. counts: status → submissions. seconds: in the sandbox."""

    id: str
    title: str
    kind: str
    max: float
    counts: Counter = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Of all submissions, how many solved it."""
        return self.counts["right"] / max(1, sum(self.counts.values()))

    @property
    def time(self) -> str:
        """Median and longest, of those who attempted it."""
        if not self.seconds:
            return "–"
        return f"{median(self.seconds):.1f}, longest {max(self.seconds):.1f}"


def known(name: str) -> Exercise | None:
    """The exercise of an id, or None where the course has it no more."""
    return registry.find(name) if name in registry.files() else None


def label(name: str, score: Score) -> tuple[str, str]:
    """(name, sentence) under which an answer that is not right is counted."""
    if score.wrong:
        exercise = known(name)
        told = {wrong.name: wrong.sentence for wrong in exercise.wrong} if exercise else {}
        return score.wrong, told.get(score.wrong) or next(iter(score.sentences), "")
    if score.status in BROKEN:
        return BROKEN[score.status], ""
    if score.status == "error":
        said = next(iter(score.sentences), "an error").partition("\n")[0]
        return said if len(said) < 90 else said[:89] + "…", ""
    return "no misconception that the course knows", ""


def summaries(records: Sequence[Record]) -> list[Summary]:
    """One for each exercise, in the order of the lab; wrong answers, the most common first.

    Submissions that could not be read do not count.
    """
    found: dict[str, Summary] = {}
    for record in records:
        if handed.unread(record):
            continue
        for name, score in record.exercises.items():
            if name not in found:
                exercise = known(name)
                title = exercise.title if exercise else name
                kind = exercise.kind if exercise else ""
                found[name] = Summary(name, title, kind, score.max)
            count(found[name], record.student, score)
    for summary in found.values():
        summary.wrong.sort(key=lambda one: -len(one.students))
    return list(found.values())


def count(summary: Summary, student: str, score: Score) -> None:
    """Adds one submission to an exercise's summary."""
    summary.counts[score.status] += 1
    if score.status != "not attempted":
        summary.seconds.append(score.seconds)
    if score.status in ("wrong", "error", "timeout", "killed"):
        name, sentence = label(summary.id, score)
        same = next((one for one in summary.wrong if one.name == name), None)
        if same is None:
            summary.wrong.append(same := Wrong(name, sentence))
        same.students.append(student)


def outdated(record: Record) -> list[str]:
    """The exercises of a record that were graded in another version than the course has now."""
    pairs = ((name, score, known(name)) for name, score in record.exercises.items())
    return [name for name, score, now in pairs if now and now.version != score.version]


def marked(records: Sequence[Record], marks: Mapping[tuple[str, str], float]) -> list[Record]:
    """The records with marks given by hand, (student, exercise) → points, in their place.

    Raises CourseError for a student or exercise without a record, or points that are out of range.
    """
    at = {record.student: replace(record, exercises=dict(record.exercises)) for record in records}
    for (student, name), points in marks.items():
        if student not in at:
            raise CourseError(f"No submission of {student!r} was graded: {nearest(student, at)}")
        scores = at[student].exercises
        if name not in scores:
            raise CourseError(f"There is no exercise {name!r} here: {nearest(name, scores)}")
        if not 0 <= points <= scores[name].max:
            most = f"{scores[name].max:g}"
            raise CourseError(f"{student}, {name}: {points:g} points; it has from 0 to {most}.")
        before = scores[name]
        note = f"{points:g} points by hand, {before.points:g} before"
        scores[name] = replace(before, points=points, notes=[*before.notes, note])
    return list(at.values())


def read_marks(file: Path) -> dict[tuple[str, str], float]:
    """Marks by hand from a CSV file with the columns student, exercise, points."""
    found = {}
    for row in roster.table(file, ["student", "exercise", "points"]):
        try:
            found[row["student"], row["exercise"]] = float(row["points"].replace(",", "."))
        except ValueError:
            raise CourseError(
                f"{file}: {row['points']!r} for {row['student']} is no number of points."
            ) from None
    return found


def heading(records: Sequence[Record]) -> str:
    """Which lab, how many, how well."""
    lab = " and ".join(sorted({record.lab for record in records}))
    many = f"{len(records)} submission" + "s" * (len(records) > 1)
    graded = [record for record in records if not handed.unread(record)]
    if len(graded) < len(records):
        many += f", of which {len(records) - len(graded)} could not be graded"
    if not graded:
        return f"{lab}: {many}"
    most = f"{max(record.max for record in graded):g}"
    return f"{lab}: {many}, median {median(record.points for record in graded):g} of {most} points"


def attention(records: Sequence[Record]) -> list[tuple[str, str]]:
    """(student, note) for all that an instructor should look at."""
    found = []
    for record in records:
        found += [(record.student, note) for note in record.notes]
        for name, score in record.exercises.items():
            found += [(record.student, f"{name}: {note}") for note in score.notes]
        if old := outdated(record):
            text = f"graded in another version of {', '.join(old)}: run `course grade` again"
            found.append((record.student, text))
    return found


def text(records: Sequence[Record]) -> str:
    """The report as plain text."""
    lines = [heading(records), ""]
    columns = [status for status in STATUSES if any(s.counts[status] for s in summaries(records))]
    columns = ["right", *(status for status in columns if status != "right")]
    head = "".join(f"{name:>15}" for name in columns)
    lines.append(f"{'exercise':<24}{'solved':>8}{head}   seconds (median)")
    for one in summaries(records):
        cells = "".join(f"{one.counts[status]:>15}" for status in columns)
        lines.append(f"{one.id:<24}{one.share:>8.0%}{cells}   {one.time}")
    for one in summaries(records):
        if one.wrong:
            lines += ["", f"{one.id}, most common wrong answers"]
            lines += [said(wrong) for wrong in one.wrong[:MOST]]
    if notes := attention(records):
        lines += ["", "To look at", *(f"  {student}: {note}" for student, note in notes)]
    return "\n".join(lines) + "\n"


def said(wrong: Wrong) -> str:
    """A wrong answer: how many gave it, its name, and what it misunderstands."""
    words = f"{wrong.name}: {wrong.sentence}" if wrong.sentence else wrong.name
    first = f"{len(wrong.students):>5}  "
    return fill(words, 100, initial_indent=first, subsequent_indent=" " * len(first))
