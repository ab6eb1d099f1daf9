"""`00_start` as a student meets it: opened, run, played by keyboard, in light and dark."""

import pytest
import torch

from course_lib.widgets import neighbours, prerequisites
from course_lib.widgets.encoders import encoders
from tests.browser import lab

NOTEBOOK = "lectures/00_start.ipynb"
GAME, QUIZ, MAP = ".course-neighbours", ".course-quiz", ".course-journey"
PICTURE = f"{GAME} .jp-OutputArea-output img"
HEIGHT = 9500

pytestmark = pytest.mark.browser


def move_query(seat) -> None:
    """The query moves by keyboard, and the picture with it."""
    page = seat.page
    before = page.get_attribute(PICTURE, "src")
    page.locator(f"{GAME} .noUi-handle").focus()
    page.keyboard.press("ArrowRight")
    seat.changed(PICTURE, before)
    assert page.locator(f"{GAME} .widget-readout").inner_text().strip() == "1"


def choose_a_route(seat) -> None:
    """A route is chosen by keyboard, and the map shows it."""
    picture = f"{MAP} .jp-OutputArea-output img"
    before = seat.page.get_attribute(picture, "src")
    seat.press(MAP, "10 weeks", "Space")
    seat.changed(picture, before)


def guess_and_reveal(seat) -> None:
    """Reveal asks for guesses first; then it shows the truth and says how many were right."""
    page = seat.page
    seat.press(GAME, "Reveal")
    seat.says(GAME, "Guess every row first")
    before = page.get_attribute(PICTURE, "src")
    guesses = page.locator(f"{GAME} .course-choice")
    names = list(encoders(torch.zeros(8, 3, 40, 40, dtype=torch.uint8)))
    truth = neighbours.order(names, 1)
    assert guesses.count() == len(truth)
    for number, name in enumerate(truth):
        word = neighbours.style.NAMES[name]
        guesses.nth(number).locator("button", has_text=word).focus()
        page.keyboard.press("Enter")
    seat.press(GAME, "Reveal")
    seat.changed(PICTURE, before)
    seat.says(GAME, f"{len(truth)} of {len(truth)} right")


def answer_questions(seat) -> None:
    """A wrong answer and a right one, each with its explanation."""
    question = prerequisites.QUESTIONS[0]
    wrong = next(option for option in question.options if option != question.right)
    for option, verdict in ((wrong, "Not quite"), (question.right, "Right.")):
        seat.press(QUIZ, option)
        seat.says(QUIZ, verdict)
    assert "0 of 1 right at the first try" in seat.page.locator(QUIZ).inner_text()


def test_start(monkeypatch, tmp_path):
    work = lab.prepare(monkeypatch, tmp_path, NOTEBOOK)
    with lab.seat(work, HEIGHT) as seat:
        seat.open("00_start.ipynb")
        seat.shoot("start-stored")
        seat.run_all(lab.code_cells(NOTEBOOK))
        assert seat.failures() == []
        move_query(seat)
        guess_and_reveal(seat)
        answer_questions(seat)
        choose_a_route(seat)
        seat.shoot("start-light")
        seat.dark()
        seat.shoot("start-dark")
        assert seat.errors == []
        assert seat.outside == []
