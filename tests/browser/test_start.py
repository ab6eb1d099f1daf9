"""`00_start` as a student meets it: opened, run, played by keyboard, in light and dark."""

import os
from pathlib import Path

import nbformat
import pytest
import torch

from course_lib.core import paths
from course_lib.widgets import neighbours, prerequisites
from course_lib.widgets.encoders import encoders
from tests.browser import lab

NOTEBOOK = "lectures/00_start.ipynb"
GAME, QUIZ, MAP = ".course-neighbours", ".course-quiz", ".course-journey"
PICTURE = f"{GAME} .jp-OutputArea-output img"
HEIGHT = 9500

pytestmark = pytest.mark.browser


def code_cells() -> int:
    cells = nbformat.read(paths.root() / NOTEBOOK, 4).cells
    return sum(cell.cell_type == "code" for cell in cells)


def changed(page, before: str, picture: str = PICTURE) -> None:
    """Returns once the picture's source is another than before."""
    page.wait_for_function(
        "([s, v]) => { const e = document.querySelector(s); return e && e.src && e.src !== v }",
        arg=[picture, before],
        timeout=lab.PATIENCE,
    )


def says(page, where: str, text: str) -> None:
    """Returns once a widget's spoken line holds the text."""
    page.locator(f'{where} [role="status"]', has_text=text).first.wait_for()


def move_query(page) -> None:
    """The query moves by keyboard, and the picture with it."""
    before = page.get_attribute(PICTURE, "src")
    page.locator(f"{GAME} .noUi-handle").focus()
    page.keyboard.press("ArrowRight")
    changed(page, before)
    assert page.locator(f"{GAME} .widget-readout").inner_text().strip() == "1"


def choose_a_route(page) -> None:
    """A route is chosen by keyboard, and the map shows it."""
    picture = f"{MAP} .jp-OutputArea-output img"
    before = page.get_attribute(picture, "src")
    page.locator(f"{MAP} button", has_text="10 weeks").focus()
    page.keyboard.press("Space")
    changed(page, before, picture)


def guess_and_reveal(page) -> None:
    """Reveal asks for guesses first; then it shows the truth and says how many were right."""
    page.locator(f"{GAME} button", has_text="Reveal").focus()
    page.keyboard.press("Enter")
    says(page, GAME, "Guess every row first")
    before = page.get_attribute(PICTURE, "src")
    guesses = page.locator(f"{GAME} .course-choice")
    names = list(encoders(torch.zeros(8, 3, 40, 40, dtype=torch.uint8)))
    truth = neighbours.order(names, 1)
    assert guesses.count() == len(truth)
    for number, name in enumerate(truth):
        word = neighbours.style.NAMES[name]
        guesses.nth(number).locator("button", has_text=word).focus()
        page.keyboard.press("Enter")
    page.locator(f"{GAME} button", has_text="Reveal").focus()
    page.keyboard.press("Enter")
    changed(page, before)
    says(page, GAME, f"{len(truth)} of {len(truth)} right")


def answer_questions(page) -> None:
    """A wrong answer and a right one, each with its explanation."""
    question = prerequisites.QUESTIONS[0]
    wrong = next(option for option in question.options if option != question.right)
    for option, verdict in ((wrong, "Not quite"), (question.right, "Right.")):
        page.locator(f"{QUIZ} button", has_text=option).first.focus()
        page.keyboard.press("Enter")
        says(page, QUIZ, verdict)
    assert "0 of 1 right at the first try" in page.locator(QUIZ).inner_text()


def shoot(page, folder: Path | None, theme: str) -> None:
    """A picture of the whole page, where a folder was asked for."""
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(folder / f"start-{theme}.png"))


def test_start(monkeypatch, tmp_path):
    shots = os.environ.get("COURSE_SCREENSHOTS")
    folder = Path(shots) if shots else None
    work = lab.prepare(monkeypatch, tmp_path, NOTEBOOK)
    with lab.seat(work, HEIGHT) as seat:
        seat.open("00_start.ipynb")
        shoot(seat.page, folder, "stored")
        seat.run_all(code_cells())
        failed = seat.page.locator('[data-mime-type="application/vnd.jupyter.stderr"]')
        assert failed.count() == 0, failed.all_inner_texts()
        move_query(seat.page)
        guess_and_reveal(seat.page)
        answer_questions(seat.page)
        choose_a_route(seat.page)
        shoot(seat.page, folder, "light")
        seat.menu("Settings", "Theme", "JupyterLab Dark")
        seat.page.wait_for_selector('body[data-jp-theme-light="false"]', state="attached")
        seat.page.wait_for_selector("#jupyterlab-splash", state="detached")
        shoot(seat.page, folder, "dark")
        assert seat.errors == []
        assert seat.outside == []
