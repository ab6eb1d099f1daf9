"""Smoothed labels of `smoothing`, right and with each mistake said in its docstring."""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.grading.named import named

Triple = tuple[Tensor, Tensor, Tensor]


def soft(logits: Tensor, labels: Tensor, eps: float, prior: Tensor) -> Tensor:
    """The targets (B, K)."""
    hard = F.one_hot(labels, logits.shape[1]).to(logits.dtype)
    return (1 - eps) * hard + eps * prior.to(logits.dtype)


def entropy(target: Tensor) -> Tensor:
    """Of each row (B,); 0 log 0 is 0."""
    return -torch.xlogy(target, target).sum(dim=1)


def centred(z: Tensor) -> Tensor:
    """Rows that sum to 0."""
    return z - z.mean(dim=1, keepdim=True)


def answer(logits: Tensor, target: Tensor) -> Triple:
    """What is asked, of any targets."""
    loss = -(target * logits.log_softmax(dim=1)).sum(dim=1)
    return loss, centred(target.clamp_min(1e-30).log()), entropy(target)


def smoothing(logits: Tensor, labels: Tensor, eps: float, prior: Tensor) -> Triple:
    return answer(logits, soft(logits, labels, eps, prior))


def label_without_its_part(logits: Tensor, labels: Tensor, eps: float, prior: Tensor) -> Triple:
    """You give the label's class 1 − eps, and lose its part of the prior: your targets sum to less
    than 1."""
    target = soft(logits, labels, eps, prior)
    target[torch.arange(len(labels)), labels] = 1 - eps
    return answer(logits, target)


def over_the_others(logits: Tensor, labels: Tensor, eps: float, prior: Tensor) -> Triple:
    """You spread eps over the other classes only. That is another variant, with another optimum:
    here the class of the label gets its part too."""
    target = soft(logits, labels, 1.0, prior)
    target[torch.arange(len(labels)), labels] = 0
    target = eps * target / target.sum(dim=1, keepdim=True)
    target[torch.arange(len(labels)), labels] = 1 - eps
    return answer(logits, target)


def even_prior(logits: Tensor, labels: Tensor, eps: float, prior: Tensor) -> Triple:
    """You spread eps evenly and leave `prior` unused: rare classes get as much as common ones."""
    return smoothing(logits, labels, eps, torch.full_like(prior, 1 / len(prior)))


def each_gets_eps(logits: Tensor, labels: Tensor, eps: float, prior: Tensor) -> Triple:
    """Every class of yours gets all of eps on top. What is spread is eps in sum."""
    hard = F.one_hot(labels, logits.shape[1]).to(logits.dtype)
    return answer(logits, (1 - eps) * hard + eps)


def shares_swapped(logits: Tensor, labels: Tensor, eps: float, prior: Tensor) -> Triple:
    """You give eps to the label and 1 − eps to the prior; it is the other way round."""
    return smoothing(logits, labels, 1 - eps, prior)


def not_smoothed(logits: Tensor, labels: Tensor, eps: float, prior: Tensor) -> Triple:
    """Your loss is that of hard labels. The smoothed one also asks a little for every other
    class."""
    _, best, floor = smoothing(logits, labels, eps, prior)
    return answer(logits, soft(logits, labels, 0.0, prior))[0], best, floor


def smoothed_prediction(logits: Tensor, labels: Tensor, eps: float, prior: Tensor) -> Triple:
    """You smooth the predicted probabilities and leave the label hard. Then no loss is larger than
    −log(eps · prior), and confidence is still rewarded."""
    p = (1 - eps) * logits.softmax(dim=1) + eps * prior.to(logits.dtype)
    _, best, floor = smoothing(logits, labels, eps, prior)
    return -p[torch.arange(len(labels)), labels].log(), best, floor


def log_of_softmax(logits: Tensor, labels: Tensor, eps: float, prior: Tensor) -> Triple:
    """You take the log of finished probabilities. Every class has a part of the target, so a
    single probability that is stored as 0 makes the loss inf."""
    target = soft(logits, labels, eps, prior)
    _, best, floor = smoothing(logits, labels, eps, prior)
    return -(target * logits.softmax(dim=1).log()).sum(dim=1), best, floor


def best_is_the_target(logits: Tensor, labels: Tensor, eps: float, prior: Tensor) -> Triple:
    """Your `best` holds the target's probabilities. Softmax of these is almost even: asked are the
    logits *whose softmax* is the target."""
    loss, _, floor = smoothing(logits, labels, eps, prior)
    return loss, soft(logits, labels, eps, prior), floor


def not_centred(logits: Tensor, labels: Tensor, eps: float, prior: Tensor) -> Triple:
    """Your `best` is one of the right ones, shifted: softmax does not mind a number that is added
    to all logits. Asked is the one whose sum is 0."""
    loss, _, floor = smoothing(logits, labels, eps, prior)
    return loss, soft(logits, labels, eps, prior).log(), floor


def log_odds(logits: Tensor, labels: Tensor, eps: float, prior: Tensor) -> Triple:
    """Your `best` is log(q / (1 − q)) of the target q. That inverts a sigmoid, where every class is
    a question of its own; softmax is inverted otherwise."""
    loss, _, floor = smoothing(logits, labels, eps, prior)
    return loss, centred(soft(logits, labels, eps, prior).logit()), floor


def best_of_hard_labels(logits: Tensor, labels: Tensor, eps: float, prior: Tensor) -> Triple:
    """Your `best` grows without end, as if labels were hard. Smoothed ones are met by finite
    logits, and beyond these the loss rises again."""
    loss, _, floor = smoothing(logits, labels, eps, prior)
    hard = F.one_hot(labels, logits.shape[1]).to(logits.dtype)
    return loss, centred(1e4 * hard), floor


def floor_of_zero(logits: Tensor, labels: Tensor, eps: float, prior: Tensor) -> Triple:
    """Your `floor` is 0. The target is no certain label any more, and no net can make its
    cross-entropy smaller than the target's own entropy."""
    loss, best, floor = smoothing(logits, labels, eps, prior)
    return loss, best, torch.zeros_like(floor)


def floor_of_the_label(logits: Tensor, labels: Tensor, eps: float, prior: Tensor) -> Triple:
    """Your `floor` counts the class of the label only: −log of its share. The other classes are
    asked for too, and pay most."""
    loss, best, _ = smoothing(logits, labels, eps, prior)
    target = soft(logits, labels, eps, prior)
    return loss, best, -target[torch.arange(len(labels)), labels].log()


def divergence(logits: Tensor, labels: Tensor, eps: float, prior: Tensor) -> Triple:
    """Your loss is the Kullback-Leibler divergence, which is 0 at best. The cross-entropy is larger
    by the target's entropy, which is your `floor`."""
    loss, best, floor = smoothing(logits, labels, eps, prior)
    return loss - floor, best, floor


WRONG = named(
    label_without_its_part,
    over_the_others,
    even_prior,
    each_gets_eps,
    shares_swapped,
    not_smoothed,
    smoothed_prediction,
    log_of_softmax,
    best_is_the_target,
    not_centred,
    log_odds,
    best_of_hard_labels,
    floor_of_zero,
    floor_of_the_label,
    divergence,
)
