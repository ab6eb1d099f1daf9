"""Unit 2 as a student meets it: the mixing board and the policy by keyboard, and an empty lab."""

import pytest

from course_lib.grading import registry
from tests.browser import lab

LECTURE = "lectures/02_augmentation.ipynb"
LAB = "labs/02_augmentation/lab.ipynb"
BOARD, POLICY = ".course-mixing", ".course-policy"

pytestmark = pytest.mark.browser


def mix(seat) -> None:
    """Another method, then another λ: the picture changes, and a line says what the label is."""
    picture = f"{BOARD} .jp-OutputArea-output img"
    before = seat.page.get_attribute(picture, "src")
    seat.press(BOARD, "Mixup")
    seat.changed(picture, before)
    seat.says(BOARD, "Mixup: Every pixel is")
    before = seat.page.get_attribute(picture, "src")
    seat.press(BOARD, "Draw λ and place")
    seat.changed(picture, before)


def choose(seat) -> None:
    """An operation's slider is moved by arrow keys: the three accuracies are said anew."""
    picture = f"{POLICY} .jp-OutputArea-output img"
    before = seat.page.get_attribute(picture, "src")
    seat.page.locator(f'{POLICY} [role="slider"]').first.focus()
    seat.page.keyboard.press("ArrowRight")
    seat.changed(picture, before)
    seat.says(POLICY, "class")


def test_lecture(monkeypatch, tmp_path):
    work = lab.prepare(monkeypatch, tmp_path, LECTURE)
    with lab.seat(work, 30_000) as seat:
        seat.run_whole(LECTURE)
        mix(seat)
        choose(seat)
        seat.shoot("unit2-lecture-light")
        seat.dark()
        seat.shoot("unit2-lecture-dark")
        assert seat.trouble() == []


def test_lab(monkeypatch, tmp_path):
    work = lab.prepare(monkeypatch, tmp_path, LAB)
    with lab.seat(work, 9_000) as seat:
        seat.run_whole(LAB)
        untouched = seat.page.locator('[role="status"]', has_text="Not attempted")
        assert untouched.count() == len(registry.ids("u02"))
        assert not (tmp_path / "course" / "progress.json").exists()
        seat.shoot("unit2-lab-light")
        assert seat.trouble() == []
