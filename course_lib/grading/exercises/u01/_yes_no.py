"""Answers to yes-or-no questions of `tags`, right and with each mistake said in its docstring."""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.grading.exercise import Wrong
from course_lib.grading.named import named

Pair = tuple[Tensor, Tensor]


def mean(each: Tensor, answers: Tensor) -> Tensor:
    """Of (B, K), where there is an answer."""
    return each[answers >= 0].mean()


def tags(logits: Tensor, answers: Tensor) -> Pair:
    known, yes = answers >= 0, (answers == 1).to(logits.dtype)
    each = F.softplus(logits) - yes * logits  # log(1 + e^z) − y z
    return mean(each, answers), (logits.sigmoid() - yes) * known / known.sum()


def with_loss(each: Tensor, logits: Tensor, answers: Tensor) -> Pair:
    """Another loss of each question, beside the right gradient."""
    return mean(each, answers), tags(logits, answers)[1]


def exp_overflows(logits: Tensor, answers: Tensor) -> Pair:
    """You compute log(1 + exp(z)) as it is written: exp overflows for large logits (in float32 from
    89), and the loss is inf where it should be about z."""
    return with_loss((1 + logits.exp()).log() - (answers == 1) * logits, logits, answers)


def log_of_sigmoid(logits: Tensor, answers: Tensor) -> Pair:
    """You take the log of finished probabilities. s(z) is 0 or 1 to the last digit for large logits
    (in float32 it is 1 from z = 17), and the log of 0 is -inf."""
    p = logits.sigmoid()
    return with_loss(-torch.where(answers == 1, p, 1 - p).log(), logits, answers)


def log_of_sigmoid_times_zero(logits: Tensor, answers: Tensor) -> Pair:
    """You add y · log s and (1 − y) · log(1 − s) of finished probabilities: where one of them is 0
    its log is -inf, and 0 times that is nan."""
    p, y = logits.sigmoid(), (answers == 1).to(logits.dtype)
    return with_loss(-(y * p.log() + (1 - y) * (1 - p).log()), logits, answers)


def clamped(floor: float) -> Wrong:
    """Probabilities kept from 0 and 1."""

    def answer(logits: Tensor, answers: Tensor) -> Pair:
        p = logits.sigmoid()
        each = -torch.where(answers == 1, p, 1 - p).clamp_min(floor).log()
        return with_loss(each, logits, answers)

    return Wrong(
        f"clamped at {floor:g}",
        answer,
        f"You keep probabilities {floor:g} away from 0. That caps the loss of an answer: a net "
        "that is 50 off and one that is 5,000 off are told the same.",
    )


def positive_only(logits: Tensor, answers: Tensor) -> Pair:
    """You add up −log s(z) of the yeses alone. Nothing then pushes a logit down: the gradient of
    every no is 0, and a net that says yes to all is best."""
    known, yes = answers >= 0, (answers == 1).to(logits.dtype)
    gradient = -yes * torch.sigmoid(-logits) / known.sum()
    return mean(-yes * F.logsigmoid(logits), answers), gradient


def mean_over_the_yeses(logits: Tensor, answers: Tensor) -> Pair:
    """You average −log s(z) over the yeses alone. A no is an answer too: it has a loss, and its
    gradient pushes the logit down."""
    yes = (answers == 1).to(logits.dtype)
    count = yes.sum().clamp(min=1)
    return (-yes * F.logsigmoid(logits)).sum() / count, -yes * torch.sigmoid(-logits) / count


def open_means_no(logits: Tensor, answers: Tensor) -> Pair:
    """You take an open question for a no. That nobody looked for a dog does not mean that there is
    none, and the net would learn to find fewer."""
    return tags(logits, answers.clamp(min=0))


def open_as_a_number(logits: Tensor, answers: Tensor) -> Pair:
    """You put the −1 of an open question into the formula as if it were a target: its loss grows
    with the logit and can fall below 0."""
    each = F.softplus(logits) - answers * logits
    return each.mean(), (logits.sigmoid() - answers) / answers.numel()


def open_means_half(logits: Tensor, answers: Tensor) -> Pair:
    """You set the target of an open question to one half. That is no neutral answer: it pulls the
    logit to 0, and it counts in the mean."""
    y = torch.where(answers < 0, 0.5, answers.to(logits.dtype))
    return (F.softplus(logits) - y * logits).mean(), (logits.sigmoid() - y) / answers.numel()


def mean_over_all(logits: Tensor, answers: Tensor) -> Pair:
    """You divide by the number of all questions, answered or not: the more are open, the smaller
    your loss is."""
    (loss, gradient), share = tags(logits, answers), (answers >= 0).to(logits.dtype).mean()
    return loss * share, gradient * share


def mean_of_images(logits: Tensor, answers: Tensor) -> Pair:
    """You average over the questions of an image and then over images. An answer then weighs more
    in an image where few others were given."""
    z = logits.detach().clone().requires_grad_()
    known, yes = (answers >= 0).to(z.dtype), (answers == 1).to(z.dtype)
    each = (F.softplus(z) - yes * z) * known
    loss = (each.sum(dim=1) / known.sum(dim=1).clamp(min=1)).mean()
    return loss.detach(), torch.autograd.grad(loss, z)[0]


def sum_over_tags(logits: Tensor, answers: Tensor) -> Pair:
    """You sum over the tags of an image and average over images; asked is the mean over all
    answered questions."""
    loss, gradient = tags(logits, answers)
    factor = (answers >= 0).sum() / len(logits)
    return loss * factor, gradient * factor


def softmax(logits: Tensor, answers: Tensor) -> Pair:
    """You let the tags of an image compete in a softmax: a second yes makes the first one less
    likely. Tags are separate questions."""
    known, yes = answers >= 0, (answers == 1).to(logits.dtype)
    log_p = logits.log_softmax(dim=1)
    return mean(-yes * log_p, answers), (log_p.exp() - yes) * known / known.sum()


def yes_and_no_swapped(logits: Tensor, answers: Tensor) -> Pair:
    """You have yes and no the wrong way round: a high logit should be good for a 1, and costs
    most there."""
    return tags(logits, torch.where(answers < 0, answers, 1 - answers))


def wrong_sign(logits: Tensor, answers: Tensor) -> Pair:
    """Your gradient has the wrong sign: a step against it would lower the logits of the yeses."""
    loss, gradient = tags(logits, answers)
    return loss, -gradient


def of_the_sum(logits: Tensor, answers: Tensor) -> Pair:
    """Your gradient is that of the sum of the losses; that of their mean is asked."""
    loss, gradient = tags(logits, answers)
    return loss, gradient * (answers >= 0).sum()


def open_pulled(logits: Tensor, answers: Tensor) -> Pair:
    """Your loss leaves open questions out, and your gradient does not: it must be 0 there."""
    loss, _ = tags(logits, answers)
    return loss, (logits.sigmoid() - (answers == 1).to(logits.dtype)) / (answers >= 0).sum()


WRONG = named(
    exp_overflows, log_of_sigmoid, log_of_sigmoid_times_zero, positive_only, mean_over_the_yeses,
    open_means_no, open_as_a_number, open_means_half, mean_over_all, mean_of_images, sum_over_tags,
    softmax, yes_and_no_swapped, wrong_sign, of_the_sum, open_pulled,
)  # fmt: skip
WRONG += tuple(map(clamped, (1e-6, 1e-7, 1e-8, 1e-12)))
