"""Mixing at any layer: k = 0 is Mixup, the slopes are those of finite differences."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F

from course_lib.core.randomness import Rng
from course_lib.grading.engine import examine
from course_lib.grading.registry import find
from course_lib.methods.supervised.mixup import blend

EXERCISE = find("u02/mixup")


def case(name, seed=0):
    cases = EXERCISE.inputs(Rng(seed, 0, torch.zeros(1, dtype=torch.int64)))
    return next(one.args for one in cases if one.name == name)


def forward(h, layers):
    for n, weight in enumerate(layers):
        h = h @ weight.T
        h = h.relu() if n < len(layers) - 1 else h
    return h


@pytest.mark.parametrize("seed", range(3))
def test_at_zero_it_is_mixup_of_images_and_soft_labels(seed):
    x, labels, partner, lam, layers, _ = case("five images mixed between two layers", seed)
    logits = forward(lam[:, None] * x + (1 - lam[:, None]) * x[partner], layers)
    hot = F.one_hot(labels, logits.shape[1]).float()
    soft = lam[:, None] * hot + (1 - lam[:, None]) * hot[partner]
    loss, _ = EXERCISE.reference(x, labels, partner, lam, layers, 0)
    assert torch.allclose(loss, F.cross_entropy(logits, soft, reduction="none"), atol=1e-5)


def test_a_linear_net_does_not_mind_where():
    x, labels, partner, lam, layers, k = case("three images, one layer")
    deep = [torch.eye(x.shape[1]) * 1.0, *layers]
    loss, slope = EXERCISE.reference(x.abs(), labels, partner, lam, deep, 1)
    other, pull = EXERCISE.reference(x.abs(), labels, partner, lam, layers, k)
    assert torch.allclose(loss, other, atol=1e-5) and torch.allclose(slope, pull, atol=1e-5)


def test_nothing_mixed_is_plain_cross_entropy():
    x, labels, partner, lam, layers, k = case("mixed after one of four, in float64")
    loss, _ = EXERCISE.reference(x, labels, partner, torch.ones_like(lam), layers, k)
    assert torch.allclose(loss, F.cross_entropy(forward(x, layers), labels, reduction="none"))


def test_the_slopes_are_those_of_finite_differences():
    x, *others = case("mixed after one of four, in float64")
    _, slope = EXERCISE.reference(x, *others)
    for place in ((0, 0), (3, 2)):
        step = torch.zeros_like(x)
        step[place] = 1e-6
        ends = [EXERCISE.reference(x + s * step, *others)[0].mean().item() for s in (1, -1)]
        assert (ends[0] - ends[1]) / 2e-6 == pytest.approx(slope[place].item(), rel=1e-4)


def pasted(x, labels, partner, lam, layers, k):
    """The course's blend, at the images, with the label weights of its step."""
    logits = forward(blend(x, x[partner], lam), layers)
    both = [F.cross_entropy(logits, y, reduction="none") for y in (labels, labels[partner])]
    return lam * both[0] + (1 - lam) * both[1], torch.zeros_like(x)


def published(x, labels, partner, lam, layers, k):
    """As in the released code: one λ, the mean of the batch."""
    logits = forward(lam[0] * x + (1 - lam[0]) * x[partner], layers)
    loss = lam[0] * F.cross_entropy(logits, labels)
    return loss + (1 - lam[0]) * F.cross_entropy(logits, labels[partner]), x


@pytest.mark.parametrize("answer", [pasted, published])
def test_no_function_of_a_library_solves_it(answer):
    assert examine(EXERCISE, answer).points == 0


def unmixed_labels_back(x, labels, partner, lam, layers, k):
    """Mixes with the inverse permutation, labels with the right one."""
    return EXERCISE.reference(x, labels, partner.argsort(), lam, layers, k)


def lam_rooted(x, labels, partner, lam, layers, k):
    return EXERCISE.reference(x, labels, partner, lam.sqrt(), layers, k)


def last_layer_always(x, labels, partner, lam, layers, k):
    return EXERCISE.reference(x, labels, partner, lam, layers, len(layers) - 1)


def counted_from_one(x, labels, partner, lam, layers, k):
    return EXERCISE.reference(x, labels, partner, lam, layers, max(k - 1, 0))


OTHERS = [unmixed_labels_back, lam_rooted, last_layer_always, counted_from_one]


@pytest.mark.parametrize("answer", OTHERS)
def test_other_mistakes_fail_too(answer):
    assert examine(EXERCISE, answer).state == "wrong"


def written(x, labels, partner, lam, layers, k,
            bent=-1, early=False, add=True, detach=True, copy=True):  # fmt: skip
    """Soft labels and autograd as a student writes them, with the usual slips. bent: how many
    layers are followed by relu, as the end of a slice."""
    start = (x.detach().clone() if copy else x).requires_grad_()
    h, curved, rows = start, range(len(layers))[:bent], torch.arange(len(x))
    for n, weight in enumerate(layers):
        if n == k:
            h = lam[:, None] * h + (1 - lam[:, None]) * h[partner]
        h = (h @ weight.T).relu() if n in curved else h @ weight.T
    soft = torch.zeros_like(h.detach())
    soft[rows, labels] = lam
    soft[rows, labels[partner]] = (1 - lam) + (soft[rows, labels[partner]] if add else 0)
    loss = -(soft * h.log_softmax(dim=1)).sum(dim=1)
    if early:
        loss = lam * F.cross_entropy(h, labels) + (1 - lam) * F.cross_entropy(h, labels[partner])
    (slope,) = torch.autograd.grad(loss.mean(), start, retain_graph=True)
    return loss.detach() if detach else loss, slope


SLIPS = {
    "label overwritten": {"add": False},
    "averaged too early": {"early": True},
    "relu on the logits": {"bent": None},
    "no relu": {"bent": 0},
    "input made a leaf": {"copy": False},
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_students_slip_is_called_by_its_name(name):
    assert examine(EXERCISE, written).state == "right"
    assert examine(EXERCISE, partial(written, **SLIPS[name])).wrong == name


def test_a_loss_that_keeps_its_graph_counts_by_its_values():
    assert examine(EXERCISE, partial(written, detach=False)).state == "right"


def test_a_notebook_in_double_precision_is_checked_as_any_other():
    torch.set_default_dtype(torch.float64)
    try:
        states = [examine(EXERCISE, right.answer).state for right in EXERCISE.right]
    finally:
        torch.set_default_dtype(torch.float32)
    assert states == ["right"] * len(EXERCISE.right)


@pytest.mark.parametrize("seed", range(20))
def test_no_input_of_a_relu_is_near_its_kink(seed):
    for case in EXERCISE.inputs(Rng(seed, 0, torch.zeros(1, dtype=torch.int64))):
        h, _, partner, lam, layers, k = case.args
        for n, weight in enumerate(layers[:-1]):
            h = lam[:, None] * h + (1 - lam[:, None]) * h[partner] if n == k else h
            alive = h[h.any(dim=1)]  # a row of zeros has no slope whatever a relu does with it
            assert (alive @ weight.T).abs().min() > 1e-6
            h = (h @ weight.T).relu()
