"""What labels ask of logits: the row's identities, torch's own numbers, floors, several classes."""

import math

import pytest
import torch
import torch.nn.functional as F

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.data import Dataset
from course_lib.methods import Time
from course_lib.methods.supervised.losses import (
    aims,
    best_gap,
    classification_loss,
    floor,
    targets,
)
from course_lib.train import create, train
from tests.tiny import tiny_data, tiny_recipe

LOSSES = ("softmax", "sigmoid")
SEVERAL = torch.tensor([[0, 3, -1], [2, -1, -1], [1, 1, 4], [4, 2, 0], [3, 0, -1]])  # k 2 1 2 3 2


def case(classes: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(5, classes, generator=generator, dtype=torch.float64)
    return logits.requires_grad_(), torch.tensor([0, 3, 1, 1, 2])


def by_loops(logits, sets, loss, smoothing):
    """The docstring's formula, an image and a class at a time."""
    total, classes = 0.0, logits.shape[1]
    for row, present in zip(logits.tolist(), sets, strict=True):
        lse = math.log(sum(math.exp(z) for z in row))
        for k, z in enumerate(row):
            y = float(k in present)
            if loss == "softmax":
                q = (1 - smoothing) * y / len(present) + smoothing / classes
                total -= q * (z - lse)
            else:
                q, p = (1 - smoothing) * y + smoothing / 2, 1 / (1 + math.exp(-z))
                total -= q * math.log(p) + (1 - q) * math.log(1 - p)
    return total / len(logits)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.6])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("several", [False, True])
def test_the_loss_is_the_formula(loss, smoothing, several):
    logits, one = case()
    label = SEVERAL if several else one
    sets = [{c for c in row if c >= 0} for row in label.view(5, -1).tolist()]
    found = classification_loss(logits, label, loss, smoothing)
    assert found.item() == pytest.approx(by_loops(logits, sets, loss, smoothing), rel=1e-12)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.7])
def test_smoothing_is_torchs_and_a_mixture_of_two_losses(smoothing):
    logits, label = case()
    found = classification_loss(logits, label, "softmax", smoothing)
    torchs = F.cross_entropy(logits, label, label_smoothing=smoothing)
    even = -logits.log_softmax(1).mean()
    mixed = (1 - smoothing) * F.cross_entropy(logits, label) + smoothing * even
    assert torch.allclose(found, torchs, rtol=1e-12)
    assert torch.allclose(found, mixed, rtol=1e-12)


def test_without_smoothing_softmax_is_the_same_as_before_to_the_bit():
    logits, label = (x.float() if x.is_floating_point() else x for x in case())
    found = classification_loss(logits, label, "softmax")
    assert torch.equal(found, F.cross_entropy(logits, label))
    target = torch.zeros_like(logits).scatter_(1, label[:, None], 1.0)
    before = F.binary_cross_entropy_with_logits(logits, target, reduction="sum") / 5
    assert torch.equal(classification_loss(logits, label, "sigmoid"), before)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("label", [case()[1], SEVERAL], ids=["one", "several"])
def test_gradient_is_prediction_minus_aim(loss, label):
    logits, _ = case()
    classification_loss(logits, label, loss, 0.2).backward()
    predicted = logits.softmax(1) if loss == "softmax" else logits.sigmoid()
    aim = aims(targets(label, logits.detach()), loss, 0.2)
    assert torch.allclose(logits.grad, (predicted - aim) / 5, atol=1e-12)


def test_the_right_class_keeps_one_minus_eps_and_its_share_of_eps():
    aim = aims(targets(torch.tensor([3]), torch.empty(1, 10)), "softmax", 0.1)
    assert aim[0, 3].item() == pytest.approx(0.91)
    assert aim[0, 0].item() == pytest.approx(0.01)
    assert aim.sum().item() == pytest.approx(1)


def test_the_optimum_of_ten_classes_is_at_its_stated_gap_and_height():
    """4.511 and 0.5003 for eps = 0.1; and nothing near it is lower."""
    gap, label = best_gap(10, 0.1), torch.tensor([3])
    assert gap == pytest.approx(4.511, abs=5e-4)
    assert floor(label, 10, "softmax", 0.1) == pytest.approx(0.5003, abs=5e-5)
    logits = torch.zeros(1, 10, dtype=torch.float64)
    logits[0, 3] = gap
    least = classification_loss(logits, label, "softmax", 0.1).item()
    assert least == pytest.approx(floor(label, 10, "softmax", 0.1), rel=1e-12)
    for step in (-0.3, 0.3):
        moved = logits.clone()
        moved[0, 3] += step
        assert classification_loss(moved, label, "softmax", 0.1) > least + 1e-4
    assert best_gap(10, 0.0) == math.inf


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("label", [case()[1], SEVERAL], ids=["one", "several"])
def test_descent_ends_at_the_stated_floor_and_never_below(loss, smoothing, label):
    logits = torch.zeros(5, 5, dtype=torch.float64, requires_grad=True)
    stated = floor(label, 5, loss, smoothing)
    optimiser = torch.optim.LBFGS([logits], max_iter=200, line_search_fn="strong_wolfe")

    def value():
        optimiser.zero_grad()
        found = classification_loss(logits, label, loss, smoothing)
        found.backward()
        return found

    optimiser.step(value)
    found = classification_loss(logits.detach(), label, loss, smoothing).item()
    assert stated - 1e-9 <= found < stated + 1e-3


def test_floors_of_hard_labels_are_zero_and_log_k():
    one = case()[1]
    assert floor(one, 5, "softmax") == floor(one, 5, "sigmoid") == 0
    assert floor(SEVERAL, 5, "sigmoid") == 0
    expected = (3 * math.log(2) + math.log(3)) / 5  # an image has 2, 1, 2, 3 and 2 classes
    assert floor(SEVERAL, 5, "softmax") == pytest.approx(expected, rel=1e-12)


def test_one_label_in_several_slots_is_one_label():
    logits, label = case()
    slots = torch.stack([label, torch.full_like(label, -1), label], dim=1)
    for loss in LOSSES:
        one = classification_loss(logits, label, loss)
        assert torch.allclose(classification_loss(logits, slots, loss), one, rtol=1e-12)


def test_an_image_without_any_class_asks_nothing_of_softmax_and_much_of_sigmoids():
    logits = torch.randn(1, 5, generator=torch.Generator().manual_seed(0)).requires_grad_()
    none = torch.full((1, 3), -1)
    assert classification_loss(logits, none, "softmax").item() == 0
    classification_loss(logits, none, "sigmoid").backward()
    assert (logits.grad > 0).all()


@pytest.mark.parametrize("smoothing", [-0.1, 1.0])
def test_a_share_that_is_none_is_refused(smoothing):
    with pytest.raises(CourseError, match="at least 0 and less than 1"):
        tiny_recipe("supervised", smoothing=smoothing)


def pairs() -> Dataset:
    """The tiny set, its images with a second class, the next one."""
    data = tiny_data()
    both = torch.stack([data.label, (data.label + 1) % 4], dim=1)
    return Dataset(data.name, "train", {}, data.columns | {"object": both}, data.classes)


@pytest.mark.parametrize("loss", LOSSES)
def test_multi_takes_all_classes_of_an_image(loss):
    data = pairs()
    method = create(tiny_recipe("supervised", multi=True, loss=loss, smoothing=0.1), data)
    batch = data.batch(slice(0, 8))
    views = method.views(batch, Rng(0, 0, batch["index"]))
    output = method(views, Time(0, 1, 0.0))
    logits = method.head(method.encoder(views["image"][0]))
    expected = classification_loss(logits, batch["object"], loss, 0.1)
    assert torch.allclose(output.loss, expected, rtol=1e-6)
    single = classification_loss(logits, batch["label"], loss, 0.1)
    assert abs(output.loss - single) > 0.01


def test_multi_learns_and_counts_either_class_as_right():
    data = pairs()
    words = {"multi": True, "steps": 40, "lr": 0.01, "loss": "sigmoid"}
    recipe = tiny_recipe("supervised", **words, **{"augment.jitter": 0, "augment.gray": 0})
    before, after = create(recipe, data), train(recipe, data=data, say=None)
    batch = data.batch(slice(0, 64))
    found = [m(m.views(batch, Rng(0, 0, batch["index"])), Time(0, 1, 0.0)) for m in (before, after)]
    assert found[1].loss < 0.8 * found[0].loss
    assert found[1].logs["accuracy"] > 0.7


def test_smoothing_reaches_the_method():
    data = tiny_data()
    losses = []
    for smoothing in (0.0, 0.3):
        method = create(tiny_recipe("supervised", smoothing=smoothing), data)
        with torch.no_grad():
            method.head.bias[0] = 4.0  # surely class 0
        views = method.views(data.batch(slice(0, 8)), Rng(0, 0, data.index[:8]))
        only = {"image": views["image"], "label": torch.zeros(8, dtype=torch.int64)}
        losses.append(method(only, Time(0, 1, 0.0)).loss.item())
    assert losses[1] > losses[0] + 0.3


def test_multi_without_its_column_says_what_has_it():
    data = tiny_data()
    method = create(tiny_recipe("supervised", multi=True), data)
    with pytest.raises(CourseError, match="data.annotate=true"):
        method.views(data.batch(slice(0, 8)), Rng(0, 0, data.index[:8]))
