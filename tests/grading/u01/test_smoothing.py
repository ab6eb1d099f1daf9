"""Smoothed labels: the optimum is one, and an even prior gives what the library has."""

import pytest
import torch
import torch.nn.functional as F

from course_lib.grading.engine import examine
from course_lib.grading.registry import find
from course_lib.methods.supervised.losses import best_gap, classification_loss, floor

EXERCISE = find("u01/smoothing")
LOGITS = torch.linspace(-3, 3, 20, dtype=torch.float64).view(2, 10)
LABELS, EVEN = torch.tensor([3, 9]), torch.full((10,), 0.1, dtype=torch.float64)


def test_an_even_prior_is_label_smoothing_as_published():
    loss, best, least = EXERCISE.reference(LOGITS, LABELS, 0.1, EVEN)
    ours = F.cross_entropy(LOGITS, LABELS, label_smoothing=0.1, reduction="none")
    assert torch.allclose(loss, ours)
    gaps = best[[0, 1], LABELS] - best[[0, 1], [0, 0]]
    assert gaps.tolist() == pytest.approx([best_gap(10, 0.1)] * 2)
    assert least.tolist() == pytest.approx([floor(LABELS, 10, "softmax", 0.1)] * 2)


def test_nothing_near_the_optimum_is_better():
    prior = torch.arange(1.0, 11.0, dtype=torch.float64) / 55
    _, best, least = EXERCISE.reference(LOGITS, LABELS, 0.2, prior)
    assert torch.allclose(best.sum(dim=1), torch.zeros(2, dtype=torch.float64), atol=1e-9)
    at_best = EXERCISE.reference(best, LABELS, 0.2, prior)[0]
    assert torch.allclose(at_best, least)
    for shift in torch.eye(10, dtype=torch.float64):
        for size in (0.1, -0.1):
            assert (EXERCISE.reference(best + size * shift, LABELS, 0.2, prior)[0] > least).all()


PASTED = {
    "cross_entropy": lambda z, y, eps, prior: F.cross_entropy(
        z, y, label_smoothing=eps, reduction="none"
    ),
    "with its floor": lambda z, y, eps, prior: (
        F.cross_entropy(z, y, label_smoothing=eps, reduction="none"),
        F.one_hot(y, z.shape[1]).to(z) * best_gap(z.shape[1], eps),
        torch.full((len(z),), floor(y, z.shape[1], "softmax", eps), dtype=z.dtype),
    ),
    "the course's": lambda z, y, eps, prior: (
        classification_loss(z, y, "softmax", eps),
        best_gap(z.shape[1], eps),
        floor(y, z.shape[1], "softmax", eps),
    ),
}


@pytest.mark.parametrize("name", PASTED)
def test_no_function_of_a_library_solves_it(name):
    result = examine(EXERCISE, PASTED[name])
    assert result.state == "wrong" and result.points == 0
