"""Blocks taken out: stored numbers beside each button, news in words, and what is said without."""

import pytest

from course_lib.claims import Record
from course_lib.claims.claim import find
from course_lib.core.errors import CourseError
from course_lib.widgets import blocks

ARMS = {
    "residual, all blocks": [0.90, 0.92],
    "residual, without block 0": [0.80, 0.82],
    "residual, without block 5": [0.89, 0.91],
    "residual, 1 exchanged": [0.88, 0.90],
    "residual, 4 exchanged": [0.70, 0.72],
    "plain, all blocks": [0.85, 0.87],
    "plain, without block 0": [0.10, 0.12],
    "plain, without block 5": [0.20, 0.22],
    "plain, 1 exchanged": [0.30, 0.32],
    "plain, 4 exchanged": [0.10, 0.10],
}


@pytest.fixture
def figure(monkeypatch):
    """A small stored figure, and what would be shown."""
    text = {"row": blocks.FILE, "sentence": "s", "tag": "figure", "metric": "m", "machine": "m"}
    record = Record(**text, margin=None, verdict="", seeds=[1, 2], arms=ARMS,
                    floors={"chance": 0.1}, seconds=1.0, versions={"python": "3"},
                    fingerprint="f", note="", probe={})  # fmt: skip
    monkeypatch.setattr(blocks, "stored", lambda key, kind: record)
    drawn: list[str] = []
    monkeypatch.setattr(blocks.style, "show", lambda fig, alt: drawn.append(alt))
    return drawn


def test_the_figure_that_is_drawn_is_one_of_the_courses():
    (claim,) = find(blocks.FILE)
    assert claim.figure
    asked = {f"{net}, {blocks.what(b)}" for net in blocks.NETS for b in blocks.MOVABLE}
    assert asked < set(claim.arms)
    assert {f"{net}, all blocks" for net in blocks.NETS} < set(claim.arms)


def test_what_was_tried_is_read_from_the_store(figure):
    arrays = blocks.compute((5, "4 exchanged"))
    assert arrays["chance"] == pytest.approx(10)
    assert arrays["nets"]["plain"]["left"][5] == pytest.approx([20, 22])
    assert arrays["nets"]["residual"]["left"]["4 exchanged"] == pytest.approx([70, 72])
    fig = blocks.draw(arrays)
    assert len(fig.axes) == 2
    points = [tuple(line.get_xdata()) for line in fig.axes[0].lines if line.get_marker() == "o"]
    assert (5,) in points


def test_each_button_adds_its_change_and_says_what_is_left(figure):
    game = blocks.Removal()
    assert list(game.buttons) == [0, 5, "1 exchanged", "4 exchanged"]
    game.show()
    assert figure[-1] == "Accuracy in % of two nets; chance 10.0. residual: whole 91.0; plain: " \
        "whole 86.0."  # fmt: skip
    assert "All blocks in place: residual 91.0 %, plain 86.0 %." in game.said.value
    game.buttons[0].click()
    assert 'role="status"' in game.said.value
    assert "Without block 0: residual 81.0 % (-10.0 points), plain 11.0 %" in game.said.value
    assert game.buttons[0].icon == "check" and game.buttons[5].icon == ""
    game.buttons["1 exchanged"].click()
    assert "1 exchange of two blocks: residual 89.0 %" in game.said.value
    game.buttons["4 exchanged"].click()
    assert "4 exchanges: residual 71.0 %" in game.said.value
    assert "without block 0 81.0" in figure[-1] and "block 5" not in figure[-1]


def test_show_all_presses_every_button(figure):
    game = blocks.Removal()
    (every,) = [part for part in game.widget.children if getattr(part, "description", "") != ""
                and part.description == "Show all"]  # fmt: skip
    every.click()
    assert game.tried == [0, 5, "1 exchanged", "4 exchanged"]
    assert "without block 5 21.0" in figure[-1]


def test_a_change_that_was_not_measured_is_refused(figure):
    with pytest.raises(CourseError, match="not measured without block 4"):
        blocks.compute((4,))


def test_nothing_stored_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr(blocks, "stored", lambda key, kind: None)
    blocks.show()
    assert capsys.readouterr().out == blocks.MISSING + "\n"


def test_paths_are_told(shown, capsys):
    blocks.show_paths(4)
    said = "Of 16 paths through 4 blocks 8 are left without one; they go through 2 blocks"
    assert said in capsys.readouterr().out
    assert "around 2 blocks" in shown[0]["text/plain"]
