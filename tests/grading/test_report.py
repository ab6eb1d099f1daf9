"""What a class did: shares, wrong answers by name, marks by hand, and pages that hold."""

import csv
import os
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer

from course_lib.core.errors import CourseError
from course_lib.grading import handed, pages, records, registry, report, report_cli, roster, scores
from course_lib.grading.records import Record, Score

NASTY = "<script>alert(1)</script> `<b>` & \"'"
WHEN = "2027-01-31T12:00:00+00:00"


def scored(status="right", name="u98/standardise", points=None, wrong=None, said="Said.", **more):
    """A score of one of the tests' own exercises."""
    exercise = registry.find(name)
    got = exercise.points if status == "right" else 0
    got = got if points is None else points
    return Score(exercise.version, status, got, exercise.points, wrong, [said], **more)


def record(student, file="lab.ipynb", notes=(), **scores_):
    """A record: exercise names as words, scores as values."""
    made = {f"u98/{name}": score for name, score in scores_.items()}
    return Record(student, "98_sample", f"{student}/{file}", "x", WHEN, 7, made, list(notes))


def verdict(status, wrong=None, **more):
    """A score of the exercise with wrong answers that have names."""
    return scored(status, "u98/verdict", wrong=wrong, **more)


@pytest.fixture
def class_():
    """Five students, of whom one handed in nothing that can be read."""
    cannot = "The file is no notebook."
    lost = {
        name: scored("error", f"u98/{name}", said=cannot) for name in ("standardise", "verdict")
    }
    return [
        record("ann", standardise=scored(seconds=0.5), verdict=verdict("right", seconds=2.0)),
        record("bob", standardise=scored(seconds=1.5), verdict=verdict("wrong", "even")),
        record("cy", standardise=scored("not attempted"), verdict=verdict("wrong", "turned")),
        record("di", standardise=scored("timeout"), verdict=verdict("wrong", "turned")),
        record("eve", notes=[cannot], **lost),
    ]


def test_shares_times_and_wrong_answers_by_name(class_):
    first, second = report.summaries(class_)
    assert (first.id, first.title) == ("u98/standardise", registry.find("u98/standardise").title)
    assert first.share == 0.5 and second.share == 0.25
    assert first.counts == Counter({"right": 2, "not attempted": 1, "timeout": 1})
    assert sorted(first.seconds) == [0.0, 0.5, 1.5]  # not of who left it as it was
    assert [(w.name, w.students) for w in second.wrong] == [
        ("turned", ["cy", "di"]),
        ("even", ["bob"]),
    ]
    assert second.wrong[0].sentence == "You have them the wrong way round."
    assert [w.name for w in first.wrong] == ["did not end in time"]


def test_the_text_says_what_to_look_at(class_):
    class_[0].exercises["u98/verdict"].notes.append("The cell came twice.")
    text = report.text(class_)
    assert "5 submissions, of which 1 could not be graded, median 1.5 of 7 points" in text
    assert re.search(r"u98/verdict +25% +1 +3 ", text)
    assert re.search(r"2  turned: You have them the wrong way round\.\n +1  even", text)
    assert "eve: The file is no notebook." in text
    assert "ann: u98/verdict: The cell came twice." in text


def test_errors_are_counted_by_what_they_say():
    said = "Your code raised KeyError: 'a'\nmore"
    class_ = [record(who, standardise=scored("error", said=said)) for who in "ab"]
    (wrong,) = report.summaries(class_)[0].wrong
    assert (wrong.name, len(wrong.students)) == ("Your code raised KeyError: 'a'", 2)


def test_an_exercise_that_the_course_has_no_more_is_shown_by_its_id():
    old = replace(record("ann"), exercises={"u98/gone": Score(1, "wrong", 0, 2, "lost", ["So."])})
    (one,) = report.summaries([old])
    assert (one.title, one.wrong[0].name, one.wrong[0].sentence) == ("u98/gone", "lost", "So.")
    assert "u98/gone" in pages.student(old) and report.outdated(old) == []


def test_a_record_of_another_version_is_named(class_):
    assert report.outdated(class_[0]) == []
    for version in (0, 2):
        class_[0].exercises["u98/verdict"].version = version
        assert report.outdated(class_[0]) == ["u98/verdict"]
    assert "another version of u98/verdict: run `course grade` again" in report.text(class_)


def test_marks_by_hand_count(class_):
    made = report.marked(class_, {("bob", "u98/verdict"): 2.5})
    assert [r.points for r in made] == [7, 5.5, 0, 0, 0]
    assert class_[1].points == 3
    assert "2.5 points by hand, 0 before" in made[1].exercises["u98/verdict"].notes


@pytest.mark.parametrize("mark, said", [
    (("bod", "u98/verdict", 1), "did you mean 'bob'"),
    (("bob", "u98/verdikt", 1), "did you mean 'u98/verdict'"),
    (("bob", "u98/verdict", 5), "from 0 to 4"),
    (("bob", "u98/verdict", -1), "from 0 to 4"),
    (("bob", "u98/verdict", float("nan")), "from 0 to 4"),
])  # fmt: skip
def test_a_mark_that_fits_nothing_is_refused(class_, mark, said):
    student, name, points = mark
    with pytest.raises(CourseError, match=said):
        report.marked(class_, {(student, name): points})


def test_marks_are_read_from_a_table(tmp_path):
    file = tmp_path / "marks.csv"
    file.write_text("student;exercise;points\nann;u98/verdict;1,5\n")
    assert report.read_marks(file) == {("ann", "u98/verdict"): 1.5}
    file.write_text("student,exercise,points\nann,u98/verdict,two\n")
    with pytest.raises(CourseError, match="'two' for ann is no number"):
        report.read_marks(file)
    file.write_text("student,exercise,marks\n")
    with pytest.raises(CourseError, match="no column 'points'.*did you mean 'marks'|known"):
        report.read_marks(file)


def test_nothing_of_a_student_becomes_html(tmp_path):
    both = {"standardise": scored("error", said=NASTY), "verdict": verdict("wrong", said=NASTY)}
    bad = record("o'hara <i>", notes=[NASTY], **both)
    bad.exercises["u98/standardise"].notes.append(NASTY)
    lost = record("eve", notes=[NASTY], standardise=scored("error", said=NASTY))
    assert handed.unread(lost) and not handed.unread(bad)
    found = pages.student(bad), pages.overview([bad]), pages.student(lost)
    for page in found:
        inside = page.partition("<body>")[2]
        assert not {"<script", "<b>`", "<i>"} & set(re.findall(r"<script|<b>`|<i>", inside))
        assert "&lt;script&gt;" in inside
        assert re.search(r"https?://", page) is None
    assert "html/o%27hara%20%3Ci%3E.html" in found[1]


def test_a_students_page_has_the_checks_and_no_notes(class_):
    one = class_[1]
    one.exercises["u98/verdict"].notes.append("copied from ann?")
    one.notes.append("look at this one")
    page = pages.student(one)
    assert "<b>3 of 7 points</b>" in page and "bob" in page
    for word in ("<b>Right</b>, 3 of 3 points", "<b>Wrong</b>, 0 of 4 points", "u98/verdict"):
        assert word in page
    assert "copied" not in page and "look at" not in page and "turned" not in page
    lost = pages.student(class_[4])
    assert lost.count("The file is no notebook.") == 1 and "Nothing could be graded" in lost


def test_the_instructors_page_names_who_gave_a_wrong_answer(class_):
    page = pages.overview(class_)
    row = page[page.index("<b>turned</b>") :].partition("</tr>")[0]
    assert "wrong way round" in row and "cy" in row and "di" in row and "bob" not in row
    assert '<i style="width:50%">' in page


def test_a_name_that_leads_elsewhere_is_refused(tmp_path, class_):
    with pytest.raises(CourseError, match="is damaged"):
        pages.write(tmp_path / "out", [record("../ann", standardise=scored())])
    assert list(tmp_path.rglob("*.html")) == []


ROSTER = "student,name,id\nann,Ann A.,11\nbob,Bob B.,12\nfay,Fay F.,16\n"


def rows(text):
    return {row["student"]: row for row in csv.DictReader(text.splitlines())}


def test_scores_keep_the_rosters_columns(class_, tmp_path):
    (tmp_path / "roster.csv").write_text(ROSTER)
    people = roster.students(tmp_path / "roster.csv")
    table = rows(scores.table(class_, people))
    assert list(table) == ["ann", "bob", "fay", "cy", "di", "eve"]
    assert table["bob"] | {"id": "12", "points": "3", "max": "7", "state": "graded"} == table["bob"]
    assert (table["fay"]["points"], table["fay"]["state"]) == ("", "nothing handed in")
    assert (table["eve"]["points"], table["eve"]["state"]) == ("", "could not be graded")


DUE = """student,lab,deadline
*,*,2027-01-31T11:30+00:00
*,98_sample,2027-01-01
bob,98_sample,2027-02-01T11:30+00:00
ann,97_other,2027-03-01T11:30+00:00
cy,*,2027-01-31T13:00+01:00
"""


def test_who_is_late_by_their_own_deadline(class_, tmp_path):
    at = datetime(2027, 1, 31, 12, 0, tzinfo=UTC).timestamp()
    for one in class_[:3]:
        file = tmp_path / one.file
        file.parent.mkdir()
        file.touch()
        os.utime(file, (at, at))
    (tmp_path / "cy" / "timestamp.txt").write_text("2027-01-31 12:01:30.5 UTC\n")
    (tmp_path / "due.csv").write_text(DUE)
    table = rows(scores.table(class_, (), tmp_path, roster.deadlines(tmp_path / "due.csv")))
    late = {name: row["minutes late"] for name, row in table.items()}
    assert late == {"ann": "30", "bob": "0", "cy": "2", "di": "", "eve": ""}


def test_a_time_without_a_zone_is_this_machines(tmp_path):
    (tmp_path / "due.csv").write_text("student,lab,deadline\n*,*,2027-01-31 23:59\n")
    due = roster.due(roster.deadlines(tmp_path / "due.csv"), "ann", "98_sample")
    assert due == datetime(2027, 1, 31, 23, 59).astimezone()
    assert roster.due({}, "ann", "98_sample") is None


@pytest.mark.parametrize("text, said", [
    ("name\nann\n", "no column 'student'"),
    ("student\nann\nann\n", "'ann' twice"),
    ("student\n../ann\n", "cannot name a folder"),
    ("", "no column 'student'"),
    ("student\n", "names no student"),
])  # fmt: skip
def test_a_roster_that_cannot_be_used_is_refused(tmp_path, text, said):
    (tmp_path / "roster.csv").write_text(text)
    with pytest.raises(CourseError, match=said):
        roster.names(tmp_path / "roster.csv")


def test_a_deadline_that_is_no_date_is_refused(tmp_path):
    (tmp_path / "due.csv").write_text("student,lab,deadline\n*,*,31.1.2027\n")
    with pytest.raises(CourseError, match="'31.1.2027' is no date"):
        roster.deadlines(tmp_path / "due.csv")


def grade_report(*arguments):
    """`course grade report` with these arguments."""
    app = typer.Typer()
    app.command()(report_cli.report)
    app([str(argument) for argument in arguments], standalone_mode=False)


def test_the_command_writes_text_pages_and_a_table(class_, tmp_path, capsys):
    out = tmp_path / "out"
    for one in class_:
        records.write(out, one)
    (tmp_path / "roster.csv").write_text(ROSTER)
    (tmp_path / "marks.csv").write_text("student,exercise,points\ndi,u98/verdict,1\n")
    grade_report(out, "--roster", tmp_path / "roster.csv", "--marks", tmp_path / "marks.csv")
    said = capsys.readouterr().out
    assert "Nothing handed in (1): fay" in said and "Not on the roster: cy, di, eve" in said
    files = sorted(file.relative_to(out).as_posix() for file in out.rglob("*.*"))
    wanted = [f"html/{one.student}.html" for one in class_] + ["lms.csv", "report.html"]
    assert files == sorted([*wanted, "report.txt", *(f"records/{r.student}.json" for r in class_)])
    assert rows((out / "lms.csv").read_text())["di"]["points"] == "1"
    assert "1 of 7 points" in (out / "html" / "di.html").read_text()
    with pytest.raises(CourseError, match="add --submissions"):
        grade_report(out, "--deadlines", tmp_path / "marks.csv")


def test_a_submission_is_unread_only_when_nothing_could_be_graded(class_):
    assert [bool(handed.unread(one)) for one in class_] == [False] * 4 + [True]
    same = record("fay", standardise=scored("error"), verdict=verdict("error"))
    assert handed.unread(same) == ""
    assert Path(class_[0].file).name == "lab.ipynb"
