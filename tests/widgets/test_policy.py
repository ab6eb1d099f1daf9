"""One policy, three tasks: the closed form is that of all views, and tasks move apart."""

from itertools import product

import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.widgets import policy, three_tasks
from course_lib.widgets.three_tasks import NAMES, SIDE, TASKS


def accuracy(**strengths: int) -> dict[str, float]:
    return dict(three_tasks.accuracies(tuple(strengths.get(name, 0) for name in NAMES)))


def test_moments_after_a_policy_are_those_of_every_view():
    """All 3 · 3 · 2 · 3 views of eight pictures, weighted by their chances."""
    image, _ = three_tasks.pictures("train", 8)
    chain = [f for name in ("shift", "turn", "colour") for f in three_tasks.families(name, 1)]
    assert [len(family) for family in chain] == [3, 3, 2, 3]
    x = image.flatten(1)
    second, mean = x.T @ x / 8, x.mean(dim=0, keepdim=True)
    for family in chain:
        second, mean = three_tasks.moved(family, second), three_tasks.averaged(family, mean)
    true_second, true_mean = torch.zeros_like(second), torch.zeros_like(mean)
    for choice in product(*(range(len(family)) for family in chain)):
        view, chance = image, 1.0
        for family, k in zip(chain, choice, strict=True):
            view, chance = family.at(k, view), chance * family.chances[k].item()
        rows = view.flatten(1)
        true_second += chance * rows.T @ rows / 8
        true_mean += chance * rows.mean(dim=0, keepdim=True)
    torch.testing.assert_close(second, true_second)
    torch.testing.assert_close(mean, true_mean)


@pytest.mark.parametrize("name", ["erase", "blur"])
def test_the_second_moment_of_an_operation_is_the_sum_over_its_maps(name):
    (family,) = three_tasks.families(name, 2)
    x = three_tasks.pictures("train", 4)[0].flatten(1)
    views = family.every(x.view(-1, 3, SIDE, SIDE)).flatten(2)  # (K, 4, P)
    true = torch.einsum("k,knp,knq->pq", family.chances.float(), views, views)
    torch.testing.assert_close(three_tasks.moved(family, x.T @ x), true, atol=1e-4, rtol=1e-4)


def test_tasks_move_in_different_directions():
    none, turned, coloured, erased = (
        accuracy(), accuracy(turn=4), accuracy(colour=4), accuracy(erase=4)
    )  # fmt: skip
    chance = {task: 100 / n for task, n in TASKS.items()}
    assert turned["class"] > none["class"] + 2 and coloured["class"] > none["class"] + 2
    assert abs(turned["orientation"] - chance["orientation"]) < 5 < turned["colour"] - 70
    assert abs(coloured["colour"] - chance["colour"]) < 5
    assert coloured["orientation"] > none["orientation"]
    assert erased["class"] < none["class"] - 5 and erased["colour"] > none["colour"]
    assert all(value > chance[task] + 10 for task, value in none.items())


def test_pictures_are_a_function_of_the_split_and_every_answer_occurs():
    image, right = three_tasks.pictures("train", 96)
    again, _ = three_tasks.pictures("train", 96)
    other, _ = three_tasks.pictures("val", 96)
    assert torch.equal(image, again) and not torch.equal(image, other)
    assert image.shape == (96, 3, SIDE, SIDE) and 0 <= image.min() and image.max() <= 1
    for task, answers in TASKS.items():
        assert right[task].bincount(minlength=answers).min() >= 96 / answers * 0.5


def test_views_that_are_shown_are_those_of_the_policy():
    arrays = policy.compute(turn=2, erase=3)
    pictures = arrays["images"]
    assert pictures.shape == (7, 3, SIDE, SIDE)
    assert torch.equal(pictures[1], pictures[0])  # shift is off
    assert torch.equal(pictures[2], pictures[0].rot90(2, (-2, -1)))
    assert (pictures[5][:, 4:8, 4:8] == 0).all() and not torch.equal(pictures[6], pictures[0])
    titles = [text.get_text() for text in policy.draw(arrays).axes[0].texts]
    assert titles[1:4] == ["shift: off", "turn", "colour: off"]


def test_news_and_alt_tell_the_policy_and_its_numbers():
    arrays = policy.compute(colour=4)
    gain = arrays["accuracy"]["class"] - arrays["before"]["class"]
    assert f"({gain:+.1f})" in policy.news(arrays) and gain > 0
    assert "colour (another colour: 67 %)" in policy.alt(arrays)
    assert "orientation 50 %" in policy.alt(arrays)
    assert policy.news(policy.compute()).startswith("No augmentation: class")


@pytest.mark.parametrize(
    ("strengths", "sentence"),
    [({"shiff": 1}, "did you mean 'shift'"), ({"blur": 5}, "from 0 to 4, not 5")],
)
def test_wrong_words_are_one_sentence(strengths, sentence):
    with pytest.raises(CourseError, match=sentence):
        policy.compute(**strengths)


def test_sliders_redraw_the_picture(shown, monkeypatch):
    kept = []
    monkeypatch.setattr(policy.Panel, "show", lambda panel: kept.append(panel))
    policy.show(turn=1)
    (panel,) = kept
    sliders = panel.widget.children[:5]
    assert [each.value for each in sliders] == [0, 1, 0, 0, 0]
    sliders[2].value = 4
    assert "colour (another colour: 67 %)" in panel.said.value
    assert "turn (upside down: 12 %)" in shown[0]["text/plain"]
