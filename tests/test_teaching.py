"""The page for instructors: its commands exist with those options, its routes are the course's."""

import re
import shlex

import pytest
import typer

from course_lib import cli
from course_lib.core import paths
from course_lib.grading import grade_cli, registry
from course_lib.project import release
from course_lib.widgets import journey

TEXT = (paths.root() / "docs" / "teaching.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
LINES = [line for block in BLOCKS for line in block.splitlines() if not line.startswith("student,")]
COMMANDS = [line for line in LINES if line.startswith("course ")]


def parsed(words):
    """The context of a command of `course`, or an exception for what it does not take."""
    if words[0] == "grade":
        group, words = typer.main.get_command(grade_cli.app), words[1:]
        words = words if words[0] in group.commands else ["run", *words]
    else:
        group = typer.main.get_command(cli.app)
    command = group.commands[words[0]]
    return command.make_context(words[0], list(words[1:]))


@pytest.mark.parametrize("line", COMMANDS)
def test_each_command_takes_these_words(line):
    assert parsed(shlex.split(line)[1:]).params


def test_a_wrong_option_would_be_noticed():
    with pytest.raises(Exception, match="--rooster"):
        parsed(shlex.split("grade report out --rooster r.csv"))


def test_the_page_names_every_command_that_an_instructor_has():
    for words in ("release --course", "release 01", "--students", "grade grading/submitted",
                  "--again", "grade report", "--roster", "--marks", "--gradebook", "--deadlines",
                  "exam u01"):  # fmt: skip
        assert any(words in line for line in COMMANDS), words


def test_every_other_line_is_known():
    rest = {line for line in LINES if line not in COMMANDS}
    dated = {line for line in rest if "2027-" in line}
    assert {line.split()[0] for line in rest - dated} == {"pip", "jupyter"} and len(dated) == 2
    lock = paths.root() / "requirements.lock"
    assert lock.is_file() and "pip install -e '.[instructor]' -c requirements.lock" in rest


@pytest.mark.parametrize("weeks", journey.ROUTES)
def test_the_routes_are_those_of_the_map(weeks):
    part = TEXT.partition(f"### {weeks} weeks\n")[2].partition("\n#")[0]
    rows = re.findall(r"^\| (\d+) \| ([\d, ]+) \| (.+) \|$", part, re.MULTILINE)
    units = tuple(tuple(map(int, row[1].split(", "))) for row in rows)
    assert units == journey.ROUTES[weeks]
    assert [int(row[0]) for row in rows] == list(range(1, weeks + 1))
    assert [row[2] for row in rows] == ["; ".join(map(journey.title, week)) for week in units]


def test_names_in_the_text_exist():
    for name in re.findall(r"`(u\d\d/\w+)`", TEXT):
        assert name in registry.files()
    for folder in ("solutions", "tests", "course_lib/grading/exercises", "lectures"):
        assert f"`{folder}/`" in TEXT and (paths.root() / folder).is_dir()


@pytest.mark.slow
@pytest.mark.parametrize("lab", release.known(paths.root()))
def test_every_lab_of_the_course_can_be_handed_out(lab, tmp_path):
    _, names = release.pack([lab], tmp_path / "lab.zip")
    assert f"labs/{lab}/lab.ipynb" in names and f"lectures/{lab}.ipynb" in names
