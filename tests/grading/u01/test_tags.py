"""Yes, no, open: agrees with PyTorch where all is answered, and no function of it solves it."""

import pytest
import torch
import torch.nn.functional as F

from course_lib.grading.engine import examine
from course_lib.grading.registry import find
from course_lib.methods.supervised.classification import classification_loss

EXERCISE = find("u01/tags")


def test_agrees_with_pytorch_where_all_is_answered():
    logits = torch.linspace(-4, 4, 12).view(3, 4)
    answers = torch.tensor([[1, 0, 0, 1], [0, 1, 1, 0], [1, 1, 0, 0]])
    loss, gradient = EXERCISE.reference(logits, answers)
    assert torch.allclose(loss, F.binary_cross_entropy_with_logits(logits, answers.float()))
    assert torch.allclose(gradient, (logits.sigmoid() - answers) / 12)


def test_by_hand_and_exact_at_ten_thousand():
    logits = torch.tensor([[10_000.0, -10_000.0, 0.0, 5.0]])
    loss, gradient = EXERCISE.reference(logits, torch.tensor([[0, 0, 1, -1]]))
    assert loss.item() == pytest.approx((10_000 + 0 + 0.6931472) / 3)
    assert gradient[0].tolist() == pytest.approx([1 / 3, 0, -1 / 6, 0])


def pair(loss):
    def answer(logits, answers):
        z = logits.clone().requires_grad_()
        value = loss(z, answers)
        return value.detach(), torch.autograd.grad(value, z)[0]

    return answer


PASTED = {
    "bce": lambda z, y: F.binary_cross_entropy_with_logits(z, y.to(z)),
    "bce of clamped": lambda z, y: F.binary_cross_entropy_with_logits(z, y.clamp(min=0).to(z)),
    "bce after sigmoid": lambda z, y: F.binary_cross_entropy(z.sigmoid(), y.clamp(min=0).to(z)),
    "multilabel": lambda z, y: F.multilabel_soft_margin_loss(z, y.clamp(min=0).to(z)),
    "ignored classes": lambda z, y: F.cross_entropy(
        torch.stack([-z, z], dim=1), y, ignore_index=-1
    ),
    "the course's": lambda z, y: classification_loss(z, y.argmax(dim=1), "sigmoid"),
}


@pytest.mark.parametrize("name", PASTED)
def test_no_function_of_a_library_solves_it(name):
    result = examine(EXERCISE, pair(PASTED[name]))
    assert result.state == "wrong" and result.points == 0
