"""Softmax and sigmoid losses: gradients, invariances, and what the (1 - y) term is for."""

import pytest
import torch
import torch.nn.functional as F

from course_lib.methods.supervised.classification import classification_loss


def case() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(5, 4, generator=generator, dtype=torch.float64)
    return logits.requires_grad_(), torch.tensor([0, 3, 1, 1, 2])


@pytest.mark.parametrize("loss", ["softmax", "sigmoid"])
def test_gradient_is_prediction_minus_target(loss):
    logits, label = case()
    classification_loss(logits, label, loss).backward()
    predicted = logits.softmax(1) if loss == "softmax" else logits.sigmoid()
    target = F.one_hot(label, 4)
    assert torch.allclose(logits.grad, (predicted - target) / 5, atol=1e-12)


def test_softmax_ignores_a_shift_of_all_logits_and_sigmoid_does_not():
    logits, label = case()
    same = classification_loss(logits + 7, label, "softmax")
    assert torch.allclose(same, classification_loss(logits, label, "softmax"), atol=1e-12)
    moved = classification_loss(logits + 7, label, "sigmoid")
    assert not torch.allclose(moved, classification_loss(logits, label, "sigmoid"))


def test_two_class_softmax_is_the_sigmoid_of_the_difference():
    logits, _ = case()
    pair, label = logits[:, :2], torch.tensor([0, 1, 1, 0, 1])
    sign = 1.0 - 2.0 * label
    expected = F.softplus(-sign * (pair[:, 0] - pair[:, 1])).mean()
    assert torch.allclose(classification_loss(pair, label, "softmax"), expected, atol=1e-12)


@pytest.mark.parametrize("loss", ["softmax", "sigmoid"])
def test_logits_of_ten_thousand_are_no_trouble(loss):
    logits = torch.tensor([[1e4, -1e4, 0.0]], requires_grad=True)
    value = classification_loss(logits, torch.tensor([1]), loss)
    value.backward()
    assert torch.isfinite(value) and torch.isfinite(logits.grad).all()


def test_without_the_second_term_negatives_feel_nothing():
    """A decks' formula, -sum y log s(z): no gradient on negatives, so every logit may grow."""
    logits, label = case()
    target = F.one_hot(label, 4).double()
    (-(target * F.logsigmoid(logits)).sum() / 5).backward()
    assert (logits.grad[target == 0] == 0).all()
    assert (logits.grad[target == 1] < 0).all()
