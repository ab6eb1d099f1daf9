"""Unit 1 as a student meets it: the ladder by keyboard, then the lab, wrong answers first."""

import json

import pytest

from course_lib.grading import registry
from course_lib.grading.exercises.u01 import softmax_ce
from tests.browser import lab

LECTURE = "lectures/01_representation.ipynb"
LAB = "labs/01_representation/lab.ipynb"
LADDER = ".course-ladder"
NAME = "u01/softmax_ce"
WRONG = """def softmax_ce(logits, votes):
    target = votes.to(logits.dtype) / votes.sum(dim=1, keepdim=True)
    p = logits.exp() / logits.exp().sum(dim=1, keepdim=True)
    return -(target * p.log()).sum(dim=1), (p - target) / len(logits)"""
RIGHT = """def softmax_ce(logits, votes):
    target = votes.to(logits.dtype) / votes.sum(dim=1, keepdim=True)
    log_p = logits.log_softmax(dim=1)
    return -(target * log_p).sum(dim=1), (log_p.exp() - target) / len(logits)"""

pytestmark = pytest.mark.browser


def climb(seat) -> None:
    """Another readout is chosen by keyboard: the picture changes, and a line says what moved."""
    picture = f"{LADDER} .jp-OutputArea-output img"
    before = seat.page.get_attribute(picture, "src")
    seat.press(LADDER, "fine-tuning")
    seat.changed(picture, before)
    seat.says(LADDER, "fine-tuning")


def answer(seat, code: str) -> None:
    """Types an answer into the first cell for one and runs it, then its check."""
    page = seat.page
    cell = page.locator(".jp-CodeCell", has_text="def softmax_ce").first
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(code)
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
    seat.until_idle()


def kept(folder) -> dict:
    """What the progress file says of the exercise."""
    known = json.loads((folder / "course" / "progress.json").read_text())
    return known[NAME][registry.digest(NAME)]


def test_lecture(monkeypatch, tmp_path):
    work = lab.prepare(monkeypatch, tmp_path, LECTURE)
    with lab.seat(work, 24_000) as seat:
        seat.run_whole(LECTURE)
        climb(seat)
        seat.shoot("lecture-light")
        seat.dark()
        seat.shoot("lecture-dark")
        assert seat.trouble() == []


def test_lab(monkeypatch, tmp_path):
    work = lab.prepare(monkeypatch, tmp_path, LAB)
    with lab.seat(work, 9_000) as seat:
        seat.run_whole(LAB)
        untouched = seat.page.locator('[role="status"]', has_text="Not attempted")
        assert untouched.count() == len(registry.ids("u01"))
        assert not (tmp_path / "course" / "progress.json").exists()
        seat.shoot("lab-untouched")

        answer(seat, WRONG)
        seat.says(".jp-CodeCell", " ".join(softmax_ce.overflow.__doc__.split())[:40])
        seat.press(".course-hints", "Hint 1 of 3")
        seat.says(".course-hints", "Hint 1 of 3")
        assert kept(tmp_path)["state"] == "tried"
        seat.shoot("lab-wrong")

        answer(seat, RIGHT)
        seat.says(".jp-CodeCell", "Right")
        row = kept(tmp_path)
        assert (row["state"], row["tries"], row["hints"]) == ("passed", 2, 1)
        seat.menu("Run", "Run All Cells")
        seat.page.locator("td", has_text="solved").wait_for(timeout=lab.PATIENCE)
        seat.until_idle()
        seat.shoot("lab-light")
        seat.dark()
        seat.shoot("lab-dark")
        assert seat.trouble() == []
