"""What the lab and the teacher's page say of exercises: their kinds, their order, the minutes."""

import re
from pathlib import Path

import pytest

from course_lib.grading import paper
from course_lib.grading.exercises.u02 import CORE, EXTENSION
from course_lib.grading.registry import find

ROOT = Path(__file__).parents[3]
LAB = (ROOT / "solutions" / "02_augmentation" / "lab.py").read_text(encoding="utf-8")
ROW = r"^# \| ([1-9A-Z])\. (.+?) \| (\w+) \| (\d+) \|$"
TABLE = [(mark, title, kind, int(n)) for mark, title, kind, n in re.findall(ROW, LAB, re.M)]


def test_the_table_names_every_exercise_in_order():
    exercises = [find(f"u02/{stem}") for stem in (*CORE, *EXTENSION)]
    assert [row[1:3] for row in TABLE] == [(e.title, e.kind) for e in exercises]
    assert [row[0] for row in TABLE] == [*"12345", *"ABCD"]
    cells = re.findall(r'^# %% \[markdown\] exercise="u02/(\w+)"$', LAB, re.M)
    assert cells == [*CORE, *EXTENSION]


def test_headings_and_minutes_are_those_of_the_table():
    found = re.findall(r"^# ## (?:Extension )?(\w)\. (.+)\n# \*Estimated: (\d+) minutes", LAB, re.M)
    assert [(a, b, int(n)) for a, b, n in found] == [(a, b, n) for a, b, _, n in TABLE]


def test_the_core_takes_at_most_ninety_minutes_and_all_five_kinds_are_there():
    core = TABLE[: len(CORE)]
    total = sum(minutes for *_, minutes in core)
    assert f"**{total}**" in LAB and total <= 90
    assert 4 <= len(core) <= 6 and len({kind for _, _, kind, _ in core}) >= 3
    assert {kind for _, _, kind, _ in TABLE} == {
        "implement",
        "predict",
        "diagnose",
        "design",
        "judge",
    }


@pytest.mark.parametrize("place", range(len(CORE) + len(EXTENSION)))
def test_the_teachers_page_says_the_same(place):
    page = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
    _, _, kind, minutes = TABLE[place]
    assert f"| `{(*CORE, *EXTENSION)[place]}` | {kind} | {minutes} |" in page


@pytest.mark.parametrize("stem", ["cutmix", "mixup", "depth", "moments", "shape_bias"])
def test_what_is_a_function_makes_an_exam_question(stem):
    one = paper.question(find(f"u02/{stem}"), 7)
    assert one is not None and "Which sentence describes the mistake?" in one.text
