"""The pages of grading: one for the instructor, one for each student; each is one file of HTML.

Everything that comes from a student or a sentence is escaped, and nothing is loaded from anywhere.
A student's page holds the checks and their sentences; what the answer was tried on stays away,
and so do the notes, which are for the instructor.
"""

import html
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from course_lib.core.errors import CourseError
from course_lib.core.files import write_whole
from course_lib.grading import handed, report
from course_lib.grading.records import STATUSES, Record, Score
from course_lib.widgets.quiz import code

WORDS = {
    "right": "Right",
    "wrong": "Wrong",
    "not attempted": "Not attempted",
    "error": "Error",
    "timeout": "Stopped: too slow",
    "killed": "Stopped: too much memory, output or processes",
    "manual": "Looked at by a person",
}
COLOURS = {"right": "#0072B2", "not attempted": "#7A7A7A", "manual": "#7A7A7A"}
OTHER = "#D55E00"
STYLE = """
:root { color-scheme: light dark; --line: #8886; --soft: #8882; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
.quiet { opacity: .75; margin-top: 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .7rem .35rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; font-weight: normal; }
thead th { font-weight: 600; white-space: nowrap; }
.kind { opacity: .75; font-size: .85em; display: block; }
.exercise { border-left: 5px solid; padding: .1rem 0 .1rem 1rem; margin: 1.2rem 0; }
.exercise h2 { margin: 0; } .exercise p { margin: .3rem 0; white-space: pre-wrap;
  overflow-wrap: anywhere; }
.bar { background: var(--soft); height: .8rem; min-width: 8rem; display: flex; margin-top: .4rem; }
.bar i { background: #0072B2; } code { background: var(--soft); padding: 0 .2em; }
details { margin: .2rem 0; } summary { cursor: pointer; }
"""


def page(title: str, body: str) -> str:
    """A whole page. title: plain text; body: HTML."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head>"
        f"<body>\n<h1>{html.escape(title)}</h1>\n{body}\n</body></html>\n"
    )


def points(got: float, most: float) -> str:
    """ "2 of 3 points"."""
    return f"{got:g} of {most:g} point" + "s" * (most != 1)


def student(record: Record) -> str:
    """A student's page."""
    top = f'<p class="quiet">{html.escape(record.student)}, graded {moment(record.graded)}</p>'
    total = f"<p><b>{points(record.points, record.max)}</b></p>"
    boxes = "\n".join(box(name, score) for name, score in record.exercises.items())
    if why := handed.unread(record):
        return page(f"Lab {record.lab}", f"{top}\n<p>Nothing could be graded. {code(why)}</p>")
    end = (
        '<p class="quiet">Your answers were tried on inputs drawn afresh, by the same checks as in '
        "the lab. If a sentence seems wrong to you, hand in the exercise's name and your reason."
        "</p>"
    )
    return page(f"Lab {record.lab}", "\n".join([top, total, boxes, end]))


def moment(text: str) -> str:
    """A time of a record to the minute, as HTML."""
    zone = " UTC" if text.endswith("+00:00") else ""
    return html.escape(text[:16].replace("T", " ") + zone)


def box(name: str, score: Score) -> str:
    """One exercise on a student's page."""
    exercise = report.known(name)
    title = code(exercise.title if exercise else name)
    colour = COLOURS.get(score.status, OTHER)
    state = f"<p><b>{WORDS[score.status]}</b>, {points(score.points, score.max)}</p>"
    said = "".join(f"<p>{code(sentence)}</p>" for sentence in score.sentences)
    small = f'<span class="kind">{html.escape(name)}, version {score.version}</span>'
    return (
        f'<section class="exercise" style="border-color:{colour}"><h2>{title}</h2>{small}'
        f"{state}{said}</section>"
    )


def overview(records: Sequence[Record]) -> str:
    """The instructor's page."""
    found = report.summaries(records)
    last = moment(max(record.graded for record in records))
    parts = [f'<p class="quiet">Graded until {last}</p>', shares(found)]
    parts += [wrongs(one) for one in found if one.wrong]
    if notes := report.attention(records):
        parts += ["<h2>To look at</h2>", listed(["student", "note"], notes)]
    parts += ["<h2>Students</h2>", roll(records)]
    return page(report.heading(records), "\n".join(parts))


def shares(found: Sequence[report.Summary]) -> str:
    """A line for each exercise."""
    used = [s for s in STATUSES if s == "right" or any(one.counts[s] for one in found)]
    head = ["exercise", "solved", *used, "seconds (median)"]
    rows = []
    for one in found:
        bar = (
            f'{one.share:.0%}<span class="bar" aria-hidden="true">'
            f'<i style="width:{one.share:.0%}"></i></span>'
        )
        small = f'<span class="kind">{html.escape(f"{one.id}, {one.kind}, {one.max:g} points")}'
        cells = [f"{code(one.title)}{small}</span>", bar]
        cells += [f"{one.counts[status]}" for status in used] + [html.escape(one.time)]
        rows.append(cells)
    return grid(head, rows)


def wrongs(one: report.Summary) -> str:
    """The most common wrong answers to one exercise, with who gave them."""
    rows = []
    for wrong in one.wrong[: report.MOST]:
        who = ", ".join(linked(name) for name in wrong.students)
        fold = f"<details><summary>who</summary>{who}</details>"
        said = f"<b>{html.escape(wrong.name)}</b><br>{code(wrong.sentence)}{fold}"
        rows.append([f"{len(wrong.students)}", said])
    return f"<h2>Wrong answers: {code(one.title)}</h2>" + grid(["students", "answer"], rows)


def roll(records: Sequence[Record]) -> str:
    """All students, with their points and a link to their page."""
    rows = [[linked(r.student), points(r.points, r.max), moment(r.graded)] for r in records]
    return grid(["student", "points", "graded"], rows)


def linked(name: str) -> str:
    """A student's name as a link to the page."""
    return f'<a href="html/{quote(name, safe="")}.html">{html.escape(name)}</a>'


def listed(head: Sequence[str], rows: Sequence[tuple[str, str]]) -> str:
    """A table of plain text with a student in the first column."""
    return grid(head, [[linked(row[0]), *(html.escape(cell) for cell in row[1:])] for row in rows])


def grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of HTML; the first column heads its row."""
    top = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>' + "".join(f"<td>{c}</td>" for c in row[1:]) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def write(out: Path, records: Sequence[Record]) -> Path:
    """Writes `report.html` and `html/STUDENT.html` → the first. Raises CourseError for a name that
    leads out of the folder."""
    for record in records:
        if Path(record.student).name != record.student:
            raise CourseError(f"The record of {record.student!r} is damaged: grade it again.")
        write_whole(out / "html" / f"{record.student}.html", student(record).encode())
    write_whole(out / "report.html", overview(records).encode())
    return out / "report.html"
