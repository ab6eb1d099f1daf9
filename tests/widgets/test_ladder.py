"""The order on the ladder, who changed places, its controls, and what it says without a figure."""

import pytest

from course_lib.claims import Record
from course_lib.core.errors import CourseError
from course_lib.widgets import label_curves, ladder
from course_lib.widgets.climb import Climb

ARMS = {
    "raw pixels, knn, 10": [0.20, 0.21, 0.20],
    "random, knn, 10": [0.19, 0.22, 0.18],
    "simclr, knn, 10": [0.40, 0.41, 0.42],
    "raw pixels, linear, 10": [0.15, 0.16, 0.15],
    "random, linear, 10": [0.30, 0.31, 0.32],
    "simclr, linear, 10": [0.50, 0.51, 0.52],
    "random, finetune, 10": [0.60, 0.50, 0.60],
    "simclr, finetune, 10": [0.55, 0.56, 0.57],
}


@pytest.fixture
def figure(monkeypatch):
    """A small stored figure."""
    text = {"row": ladder.FILE, "sentence": "s", "tag": "figure", "metric": "m", "machine": "m"}
    record = Record(**text, margin=None, verdict="", seeds=[1, 2, 3], arms=ARMS,
                    floors={"chance": 0.1}, seconds=1.0, versions={"python": "3"},
                    fingerprint="f", note="", probe={})  # fmt: skip
    monkeypatch.setattr(ladder, "stored", lambda key, kind: record)


def names(rungs) -> list[str]:
    return [rung["encoder"] for rung in rungs]


def test_best_first_and_who_changed_places(figure):
    arrays = ladder.compute("linear", "10", ("knn", "10"))
    assert names(arrays["now"]) == ["simclr", "random", "raw pixels"]
    assert names(arrays["then"]) == ["simclr", "raw pixels", "random"]
    assert arrays["moved"] == ["random", "raw pixels"]
    assert arrays["now"][0]["mean"] == pytest.approx(51) and arrays["chance"] == 10


def test_an_encoder_without_this_readout_moves_nobody(figure):
    arrays = ladder.compute("finetune", "10", ("linear", "10"))
    assert names(arrays["now"]) == ["random", "simclr"] and len(arrays["moved"]) == 2
    back = ladder.compute("linear", "10", ("finetune", "10"))
    assert set(back["moved"]) == {"random", "simclr"}


def test_an_order_on_which_the_seeds_disagree_is_marked(figure):
    words = ladder.order(ladder.compute("finetune", "10")["now"])
    assert words == "random net ≈ label-free net"
    assert "label-free net > random net > raw pixels" in ladder.alt(ladder.compute("linear", "10"))


def texts(fig) -> str:
    found = [text.get_text() for text in fig.findobj(lambda a: hasattr(a, "get_text"))]
    return " ".join(found)


def test_the_picture_shows_names_means_and_both_settings(figure):
    told = texts(ladder.draw(ladder.compute("linear", "10", ("knn", "10"))))
    for text in ("51.0", "kNN,\n10 labels a class", "linear probe,\n10", "label-free net"):
        assert text in told, text
    assert "no net to train" in texts(ladder.draw(ladder.compute("finetune", "10")))


def test_buttons_move_and_remember_where_one_was(figure, monkeypatch):
    drawn = []
    monkeypatch.setattr(ladder.style, "show", lambda fig, alt: drawn.append(alt))
    climb = Climb("knn", "10")
    climb.readout.buttons[1].click()
    assert climb.setting == ("linear", "10") and climb.before == ("knn", "10")
    assert "Since kNN, 10 labels a class, changed places: random net, raw pixels" in drawn[-1]
    assert 'role="status"' in climb.said.value and "changed places" in climb.said.value
    climb.readout.buttons[1].click()
    assert len(drawn) == 1
    climb.readout.buttons[2].click()
    assert climb.before == ("linear", "10")


def test_wrong_settings_are_refused(figure):
    with pytest.raises(CourseError, match="did you mean 'linear'"):
        ladder.compute("liner", "10")
    with pytest.raises(CourseError, match="not '7'"):
        ladder.compute("knn", "7")
    with pytest.raises(CourseError, match="Nothing is stored for kNN, all labels"):
        ladder.compute("knn", "all")


def test_nothing_stored_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr(ladder, "stored", lambda key, kind: None)
    ladder.show()
    label_curves.show()
    assert capsys.readouterr().out == 2 * (ladder.MISSING + "\n")


def test_curves_hold_every_arm(figure):
    arrays = label_curves.compute()
    assert arrays["curves"]["linear"]["simclr"]["10"] == pytest.approx([50, 51, 52])
    fig = label_curves.draw(arrays)
    assert [ax.get_title(loc="left") for ax in fig.axes] == list(ladder.READOUTS.values())
    assert "fine-tuning: random net 56.7; label-free net 56.0." in label_curves.alt(arrays)
