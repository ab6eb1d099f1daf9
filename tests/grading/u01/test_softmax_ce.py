"""The cross-entropy exercise: its reference is right, and nothing can be pasted into it."""

import math

import pytest
import torch
import torch.nn.functional as F

from course_lib.grading.engine import examine
from course_lib.grading.registry import find
from course_lib.methods.supervised.classification import classification_loss

EXERCISE = find("u01/softmax_ce")


def test_by_hand():
    logits = torch.tensor([[0.0, math.log(3), 0.0]], dtype=torch.float64)  # softmax 1/5, 3/5, 1/5
    loss, gradient = EXERCISE.reference(logits, torch.tensor([[1, 3, 0]]))
    assert loss.item() == pytest.approx(-0.25 * math.log(0.2) - 0.75 * math.log(0.6))
    assert gradient[0].tolist() == pytest.approx([0.2 - 0.25, 0.6 - 0.75, 0.2])


def test_the_gradient_is_the_slope_of_the_mean():
    votes = torch.tensor([[1, 3, 0], [2, 2, 5]])
    logits = torch.tensor([[0.3, -1.0, 2.0], [0.1, 0.2, 0.3]], dtype=torch.float64)
    _, gradient = EXERCISE.reference(logits, votes)
    step = 1e-6 * torch.eye(6, dtype=torch.float64).view(6, 2, 3)
    up, down = (
        [EXERCISE.reference(logits + sign * s, votes)[0].mean() for s in step] for sign in (1, -1)
    )
    slope = (torch.stack(up) - torch.stack(down)) / 2e-6
    assert torch.allclose(gradient.flatten(), slope, atol=1e-8)


def test_stable_and_exact_at_ten_thousand():
    logits = torch.tensor([[10_000.0, -10_000.0, 0.0], [0.0, 0.0, -10_000.0]])
    loss, gradient = EXERCISE.reference(logits, torch.tensor([[0, 1, 1], [1, 1, 0]]))
    assert loss.tolist() == pytest.approx([15_000.0, math.log(2)])
    assert gradient.flatten().tolist() == pytest.approx([0.5, -0.25, -0.25, 0, 0, 0])


def pair(loss):
    """A library's loss, with the gradient that autograd gives."""

    def answer(logits, votes):
        z = logits.clone().requires_grad_()
        value = loss(z, votes)
        return value.detach(), torch.autograd.grad(value.mean(), z)[0]

    return answer


PASTED = {
    "cross_entropy": F.cross_entropy,
    "cross_entropy with shares": lambda z, v: F.cross_entropy(z, v / v.sum(1, keepdim=True)),
    "cross_entropy with counts": pair(lambda z, v: F.cross_entropy(z, v.to(z), reduction="none")),
    "cross_entropy with winners": pair(
        lambda z, v: F.cross_entropy(z, v.argmax(1), reduction="none")
    ),
    "nll_loss": pair(lambda z, v: F.nll_loss(z.log_softmax(1), v.argmax(1), reduction="none")),
    "kl_div": pair(
        lambda z, v: F.kl_div(z.log_softmax(1), v / v.sum(1, keepdim=True), reduction="none").sum(1)
    ),
    "bce": pair(
        lambda z, v: F.binary_cross_entropy_with_logits(
            z, v / v.sum(1, keepdim=True).to(z), reduction="none"
        ).sum(1)
    ),
    "log_softmax": lambda z, v: (z.log_softmax(1), z.softmax(1)),
    "the course's softmax": pair(lambda z, v: classification_loss(z, v.argmax(1), "softmax")),
    "the course's sigmoid": pair(lambda z, v: classification_loss(z, v.argmax(1), "sigmoid")),
}


@pytest.mark.parametrize("name", PASTED)
def test_no_function_of_a_library_solves_it(name):
    assert examine(EXERCISE, PASTED[name]).points == 0


def test_the_pasted_functions_run_where_they_should():
    """Those that return a pair fail by their numbers, not by an exception."""
    states = {n: examine(EXERCISE, f).state for n, f in PASTED.items()}
    ran = {name for name, state in states.items() if state == "wrong"}
    assert {"cross_entropy with counts", "cross_entropy with winners", "bce"} <= ran


def test_one_epsilon_more_is_named_too():
    def added(logits, votes):
        p, target = logits.softmax(1), votes / votes.sum(1, keepdim=True).to(logits)
        return -(target * (p + 1e-8).log()).sum(1), (p - target) / len(logits)

    assert examine(EXERCISE, added).wrong == "clamped at 1e-08"
