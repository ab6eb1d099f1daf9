"""The prediction: judged by what is measured here and now, near ties either way."""

import numpy as np
import pytest

from course_lib.grading import check, prediction
from course_lib.grading.audit import audit
from course_lib.grading.engine import examine
from course_lib.grading.exercises.u02 import _three_tasks, policy_order
from course_lib.grading.registry import find

EXERCISE = find("u02/policy_order")
# task → policy → accuracies of three seeds
MADE = {
    "as taken": [(0.77, 0.78, 0.77), (0.66, 0.67, 0.65), (0.72, 0.72, 0.71), (0.73, 0.735, 0.73),
                 (0.725, 0.727, 0.715)],
    "moved sideways": [(0.49, 0.50, 0.49), (0.65, 0.66, 0.64), (0.42, 0.44, 0.42),
                       (0.47, 0.48, 0.47), (0.45, 0.50, 0.46)],
    "which way round": [(0.78, 0.78, 0.78), (0.61, 0.62, 0.61), (0.775, 0.775, 0.77),
                        (0.5, 0.5, 0.5), (0.77, 0.768, 0.769)],
}  # fmt: skip


@pytest.fixture
def made(monkeypatch):
    """Measurements that are made up."""
    table = {
        task: dict(zip(_three_tasks.POLICIES, map(list, rows), strict=True))
        for task, rows in MADE.items()
    }
    monkeypatch.setattr(_three_tasks, "measured", lambda: table)
    monkeypatch.setattr(policy_order, "measured", lambda: table)


def order(**changed):
    return _three_tasks.ordered() | {t.replace("_", " "): names for t, names in changed.items()}


def swapped(task, first, second):
    names = _three_tasks.ordered()[task]
    i, j = names.index(first), names.index(second)
    names[i], names[j] = names[j], names[i]
    return names


def test_whole_on_made_up_numbers(made):
    assert audit(EXERCISE, seeds=[0]) == []


def test_near_ties_may_stand_either_way(made):
    for task, pair in (
        ("as taken", ("mirrored", "half covered")),
        ("which way round", ("none", "up and down")),
        ("moved sideways", ("half covered", "up and down")),
    ):
        state = examine(EXERCISE, order() | {task: swapped(task, *pair)}).state
        assert state == ("wrong" if task == "moved sideways" else "right"), task


def test_the_gravest_slip_is_told(made):
    turned = {"which way round": swapped("which way round", "mirrored", "none"),
              "as taken": swapped("as taken", "none", "mirrored")}  # fmt: skip
    said = examine(EXERCISE, order() | turned).sentence
    assert "At 'which way round' you put 'mirrored' above 'none'" in said
    assert "78.0 and 50.0 %" in said


def test_what_neither_augmentation_matches_has_a_question_too(made):
    said = examine(EXERCISE, order() | {"as taken": swapped("as taken", "mirrored", "sideways")})
    assert said.sentence.endswith("If neither, which blurs the template less?")


def test_one_order_for_all_tasks_is_told_so(made):
    own = ["none", "mirrored", "sideways", "up and down", "half covered"]
    result = examine(EXERCISE, dict.fromkeys(order(), own))
    assert result.state == "wrong" and not result.wrong
    assert result.sentence.startswith("You give all tasks the same order.")


def test_a_task_stands_once(made):
    twice = {"As taken": order()["as taken"][::-1]} | order()
    result = examine(EXERCISE, twice)
    assert result.state == "wrong" and not result.formed and "each once" in result.sentence


def test_words_of_numpy_are_words(made):
    answer = {np.str_(task): tuple(map(np.str_, names)) for task, names in order().items()}
    assert examine(EXERCISE, answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"as taken": ["none"]}, "the keys 'as taken'"),
        (["none"], "the keys 'as taken'"),
        ({"as_taken": "none"}, "At 'as taken': give a list of names"),
        ({"as_taken": ["none", "side", "up and down", "mirrored", "half covered"]},
         "did you mean 'sideways'?"),
        ({"as_taken": ["none", "none", "up and down", "mirrored", "half covered"]},
         "name each of the five augmentations once"),
    ],
)  # fmt: skip
def test_a_slip_in_the_form_is_said(made, answer, said):
    whole = order(**answer) if type(answer) is dict and "as_taken" in answer else answer
    assert said in examine(EXERCISE, whole).sentence


def test_the_first_prediction_stays_and_is_shown_beside_the_measurement(made):
    check("u02/policy_order", order(as_taken=_three_tasks.ordered()["as taken"][::-1]))
    assert check("u02/policy_order", order()).state == "right"
    first = prediction("u02/policy_order")
    assert _three_tasks.places(first)["as taken"]["none"] == 5
    assert "As taken: none 77.3 (you: 5)" in _three_tasks.words(first)
    drawn = [text.get_text() for ax in _three_tasks.draw(first).axes for text in ax.texts]
    assert drawn.count("you: 1") == 3


@pytest.mark.parametrize("first", ["", "nothing", "[1, 2]", "{1: 2}", "{'a': ['b'"])
def test_a_prediction_that_cannot_be_read_is_left_out(made, first):
    assert "you:" not in _three_tasks.words(first)


def test_views_are_what_the_contract_says():
    import torch

    images = torch.arange(1.0, 33.0).view(2, 4, 4)
    sideways = _three_tasks.views(images, "sideways")
    assert len(sideways) == 5 and torch.equal(sideways[3][:, :, 1:], images[:, :, :-1])
    assert not sideways[3][:, :, 0].any() and torch.equal(sideways[2], images)
    assert torch.equal(_three_tasks.views(images, "up and down")[1][:, :-1], images[:, 1:])
    halves = _three_tasks.views(images, "half covered")
    assert [int((view == 0).sum()) for view in halves] == [0, 16, 16, 16, 16]
    assert torch.equal(_three_tasks.views(images, "mirrored")[1], images.flip(2))


@pytest.mark.slow
def test_what_is_measured_has_the_claims_of_its_sentences():
    lead, of = _three_tasks.lead, _three_tasks.measured()
    assert lead(of["as taken"]["none"], of["as taken"]["sideways"]) > 0.05
    assert lead(of["moved sideways"]["sideways"], of["moved sideways"]["none"]) > 0.1
    assert lead(of["moved sideways"]["none"], of["moved sideways"]["up and down"]) > 0.03
    assert of["which way round"]["mirrored"] == pytest.approx([0.5] * 3, abs=0.01)
