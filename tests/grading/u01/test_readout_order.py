"""The prediction: judged by what is stored, near ties either way, the first one kept and shown."""

import pytest

from course_lib.claims import record
from course_lib.grading import check, prediction
from course_lib.grading.audit import audit
from course_lib.grading.engine import examine
from course_lib.grading.exercises.u01 import _ladder
from course_lib.grading.registry import find

EXERCISE = find("u01/readout_order")
# encoder → accuracies of three seeds with 1, 10 and 100 labels; pixels and PCA swap with the seed
# at 1, and lie half a point apart at 10; at 1 one seed turns random and pixels.
MADE = {
    "raw pixels": [(0.12, 0.13, 0.12), (0.140, 0.141, 0.142), (0.23, 0.22, 0.23)],
    "PCA 64": [(0.13, 0.12, 0.13), (0.135, 0.136, 0.137), (0.21, 0.20, 0.21)],
    "random": [(0.17, 0.12, 0.15), (0.20, 0.19, 0.20), (0.31, 0.32, 0.31)],
    "simclr": [(0.23, 0.24, 0.23), (0.34, 0.35, 0.34), (0.52, 0.53, 0.52)],
    "supervised": [(0.44, 0.45, 0.46), (0.62, 0.61, 0.62), (0.66, 0.67, 0.66)],
}
RIGHT = ["supervised", "simclr", "random", "raw pixels", "PCA 64"]


@pytest.fixture
def made(monkeypatch, tmp_path):
    """A stored figure that is made up."""
    arms = {
        f"{name}, linear, {labels}": list(values)
        for name, rows in MADE.items()
        for labels, values in zip((1, 10, 100), rows, strict=True)
    }
    texts = {"row": "readout_ladder", "sentence": "Made up.", "metric": "accuracy"}
    file = tmp_path / "results" / "figures" / "readout_ladder.json"
    content = record.Record(
        **texts, tag="figure", margin=None, verdict="", seeds=[1, 2, 3], arms=arms, floors={},
        seconds=1.0, machine="none", versions={"torch": "0"}, fingerprint="0", note="", probe={},
    )  # fmt: skip
    record.write(content, file)
    monkeypatch.setattr(record, "results", lambda: tmp_path / "results")


def order(**changed):
    return {1: RIGHT, 10: RIGHT, 100: RIGHT} | {int(n[1:]): names for n, names in changed.items()}


def swapped(first, second):
    names = list(RIGHT)
    i, j = names.index(first), names.index(second)
    names[i], names[j] = names[j], names[i]
    return names


def test_whole_on_made_up_numbers(made):
    assert audit(EXERCISE) == []


def test_the_measured_order_is_right(made):
    assert examine(EXERCISE, order()).state == "right"
    assert examine(EXERCISE, {n: [e.upper() for e in names] for n, names in order().items()}).points


@pytest.mark.parametrize(
    ("labels", "pair"),
    [
        ("_1", ("raw pixels", "PCA 64")),
        ("_10", ("raw pixels", "PCA 64")),
        ("_1", ("raw pixels", "random")),  # two points apart, but the seeds do not agree
    ],
)
def test_near_ties_may_stand_either_way(made, labels, pair):
    assert examine(EXERCISE, order(**{labels: swapped(*pair)})).state == "right"


def test_a_clear_order_may_not_be_turned(made):
    result = examine(EXERCISE, order(_100=swapped("raw pixels", "PCA 64")))
    assert result.state == "wrong"
    assert "With 100 labels a class you put PCA 64 above raw pixels" in result.sentence
    assert "22.7 and 20.7 %" in result.sentence


def test_the_gravest_slip_is_told(made):
    turned = {1: swapped("simclr", "random"), 10: swapped("supervised", "raw pixels")}
    result = examine(EXERCISE, order() | turned)
    assert "With 10 labels a class you put raw pixels above supervised" in result.sentence


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({1: RIGHT}, "the keys 1, 10 and 100"),
        (RIGHT, "the keys 1, 10 and 100"),
        (order(_1="supervised"), "At 1: give a list of names"),
        (order(_10=[*RIGHT[:4], "PCA"]), "did you mean 'PCA 64'?"),
        (order(_10=RIGHT[:4]), "At 10: name each of the five encoders once"),
        (order(_100=[*RIGHT[:4], "random"]), "At 100: name each of the five encoders once"),
    ],
)
def test_a_slip_in_the_form_is_said(made, answer, said):
    assert said in examine(EXERCISE, answer).sentence


def test_the_first_prediction_stays_and_is_shown_beside_the_measurement(made, capsys):
    check("u01/readout_order", order(_100=RIGHT[::-1]))
    assert check("u01/readout_order", order()).state == "right"
    first = prediction("u01/readout_order")
    assert _ladder.places(first)[100]["PCA 64"] == 1 and _ladder.places(first)[1]["PCA 64"] == 5
    words = _ladder.words(first)
    assert "With 100 labels a class: supervised 66.3 (you: 5)" in words
    drawn = [text.get_text() for ax in _ladder.draw(first).axes for text in ax.texts]
    assert drawn.count("you: 1") == 3


@pytest.mark.parametrize("first", ["", "nothing", "[1, 2]", "{1: 2}", "{1: ['a'"])
def test_a_prediction_that_cannot_be_read_is_left_out(made, first):
    assert "you:" not in _ladder.words(first)
    assert _ladder.draw(first).axes


def test_nothing_stored_is_said_without_a_crash(monkeypatch, tmp_path):
    monkeypatch.setattr(record, "results", lambda: tmp_path)
    mark = check("u01/readout_order", order())
    assert mark.points == 0 and mark.state == "error"
