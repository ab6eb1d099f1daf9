"""Cross-entropy of a softmax against votes, with its gradient: stable, and not the library's."""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.core.randomness import Rng
from course_lib.grading.exercise import Case, Exercise, Right, Wrong
from course_lib.grading.named import named

CONTRACT = """
Several people looked at each image and voted for one of K classes. Compare a net's logits with
their votes: write `softmax_ce(logits, votes)` → `(loss, gradient)`.

- `logits` (B, K), float32 or float64, of any size: ±10,000 must work.
- `votes` (B, K), int64, from 0 up; each image has at least one vote. The target of an image is the
  *share* of its votes that each class got: votes 1, 3, 0 make the target 0.25, 0.75, 0.
- `loss` (B,): the cross-entropy of each image, −Σ target · log softmax(logits), sum over classes.
- `gradient` (B, K): the derivative of the *mean* of the B losses with respect to the logits,
  written down as a formula or found by autograd.

Both are plain tensors in the dtype of the logits. Leave the two inputs as they are.
"""
Pair = tuple[Tensor, Tensor]


def share(votes: Tensor, like: Tensor) -> Tensor:
    """The target distributions (B, K), in the dtype of `like`."""
    return votes.to(like.dtype) / votes.sum(dim=1, keepdim=True)


def reference(logits: Tensor, votes: Tensor) -> Pair:
    target = share(votes, logits)  # (B, K)
    shifted = logits - logits.amax(dim=1, keepdim=True)  # the largest is 0: exp cannot overflow
    log_p = shifted - shifted.exp().sum(dim=1, keepdim=True).log()
    return -(target * log_p).sum(dim=1), (log_p.exp() - target) / len(logits)


def by_autograd(logits: Tensor, votes: Tensor) -> Pair:
    z = logits.detach().clone().requires_grad_()
    loss = z.logsumexp(dim=1) - (share(votes, logits) * z).sum(dim=1)
    (gradient,) = torch.autograd.grad(loss.mean(), z)
    return loss.detach(), gradient


def row_by_row(logits: Tensor, votes: Tensor) -> Pair:
    losses, gradients = [], []
    for z, vote in zip(logits.double(), votes.double(), strict=True):
        target, e = vote / vote.sum(), torch.exp(z - z.max())
        losses.append(torch.log(e.sum()) + z.max() - target @ z)
        gradients.append((e / e.sum() - target) / len(logits))
    return torch.stack(losses).to(logits.dtype), torch.stack(gradients).to(logits.dtype)


def overflow(logits: Tensor, votes: Tensor) -> Pair:
    """You take exp of the logits as they are: it overflows for large ones (in float32 from 89) and
    is 0 for very negative ones, and then inf / inf or 0 / 0 is nan."""
    p, target = logits.exp() / logits.exp().sum(dim=1, keepdim=True), share(votes, logits)
    return -(target * p.log()).sum(dim=1), (p - target) / len(logits)


def one_shift_for_all(logits: Tensor, votes: Tensor) -> Pair:
    """You subtract one number from the whole batch: an image whose logits all lie far below those
    of another then has only zeros after exp. Stability is needed image by image."""
    return overflow(logits - logits.max(), votes)


def log_of_softmax(logits: Tensor, votes: Tensor) -> Pair:
    """You take the log of finished probabilities: one that is too small to be stored is 0, and its
    log is -inf. The gradient is right; the log must be taken before anything is rounded to 0."""
    p, target = logits.softmax(dim=1), share(votes, logits)
    return -(target * p.log()).sum(dim=1), (p - target) / len(logits)


def log_of_softmax_by_autograd(logits: Tensor, votes: Tensor) -> Pair:
    """You take the log of finished probabilities: one that is too small to be stored is 0, its log
    is -inf, and autograd then divides 0 by 0. The log must be taken before anything becomes 0."""
    z = logits.detach().clone().requires_grad_()
    loss = -(share(votes, logits) * z.softmax(dim=1).log()).sum(dim=1)
    (gradient,) = torch.autograd.grad(loss.mean(), z)
    return loss.detach(), gradient


def clamped(floor: float) -> Wrong:
    """Probabilities kept from being 0, as a clamp and `+ epsilon` do."""

    def answer(logits: Tensor, votes: Tensor) -> Pair:
        p, target = logits.softmax(dim=1), share(votes, logits)
        return -(target * p.clamp_min(floor).log()).sum(dim=1), (p - target) / len(logits)

    return Wrong(
        f"clamped at {floor:g}",
        answer,
        f"You keep probabilities from being 0 by a small number, {floor:g}. That caps the loss: "
        "a net that is 50 logits off and one that is 5,000 off are told the same.",
    )


def shift_not_undone(logits: Tensor, votes: Tensor) -> Pair:
    """You shift the logits by their maximum inside the log-sum-exp only, and not in the other
    term: the loss is off by each image's largest logit. It can even be negative."""
    loss, gradient = reference(logits, votes)
    return loss - logits.amax(dim=1), gradient


def shifted_in_place(logits: Tensor, votes: Tensor) -> Pair:
    """The numbers are right, but the caller's logits were changed: an operation such as `-=` or
    `sub_` writes into the tensor that was handed over."""
    logits -= logits.amax(dim=1, keepdim=True)
    return reference(logits, votes)


def gradient_of_the_sum(logits: Tensor, votes: Tensor) -> Pair:
    """Your gradient is of the sum of the losses and grows with the batch; asked is the mean's."""
    loss, gradient = reference(logits, votes)
    return loss, gradient * len(logits)


def mean_over_entries(logits: Tensor, votes: Tensor) -> Pair:
    """Your gradient is divided by the number of entries B · K. The mean is over the B losses; each
    of them is a sum over classes, not a mean."""
    loss, gradient = reference(logits, votes)
    return loss, gradient / logits.shape[1]


def wrong_sign(logits: Tensor, votes: Tensor) -> Pair:
    """Your gradient has the wrong sign: a step against it would lower the logits of the classes
    that were voted for."""
    loss, gradient = reference(logits, votes)
    return loss, -gradient


def over_the_batch(logits: Tensor, votes: Tensor) -> Pair:
    """You normalise over the batch: each class sums to 1 over the images. A softmax lets the
    classes of one image compete."""
    log_p, target = logits.log_softmax(dim=0), share(votes, logits)
    return -(target * log_p).sum(dim=1), (log_p.exp() - target) / len(logits)


def positive_only(logits: Tensor, votes: Tensor) -> Pair:
    """You use −Σ target · log sigmoid(logits): each class by itself, and nothing pushes down those
    without votes. Logits of +∞ for every class would be best. A softmax makes classes compete."""
    target = share(votes, logits)
    return -(target * F.logsigmoid(logits)).sum(1), -target * torch.sigmoid(-logits) / len(logits)


def sigmoids(logits: Tensor, votes: Tensor) -> Pair:
    """You use binary cross-entropy: K separate yes-or-no questions. It is a sound loss for images
    of several classes, but here one distribution over K classes is asked."""
    target = share(votes, logits)
    loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none").sum(dim=1)
    return loss, (logits.sigmoid() - target) / len(logits)


def counts(logits: Tensor, votes: Tensor) -> Pair:
    """You use the counts of votes as the target: an image seen by nine people then weighs nine
    times one seen by a single person. Targets sum to 1."""
    log_p = logits.log_softmax(dim=1)
    return -(votes * log_p).sum(dim=1), (log_p.exp() - votes) / len(logits)


def winner(logits: Tensor, votes: Tensor) -> Pair:
    """You keep the class with most votes and forget the others: doubt among the voters is part of
    the target."""
    return reference(logits, F.one_hot(votes.argmax(dim=1), votes.shape[1]))


def divergence(logits: Tensor, votes: Tensor) -> Pair:
    """Your loss is the Kullback-Leibler divergence: 0 where softmax equals the target. The
    cross-entropy is larger by the entropy of the target; gradients are the same."""
    (loss, gradient), target = reference(logits, votes), share(votes, logits)
    return loss + torch.special.xlogy(target, target).sum(dim=1), gradient


def inputs(rng: Rng) -> list[Case]:
    logits = torch.linspace(-3, 3, 8) + 0.2 * rng.normal("logits", 40).view(5, 8)
    logits = logits.gather(1, rng.uniform("order", 40).view(5, 8).argsort(dim=1))
    votes = (4 * rng.uniform("votes", 40)).long().view(5, 8)
    votes[torch.arange(5), torch.tensor([0, 3, 3, 5, 7])] += torch.tensor([1, 2, 3, 4, 5])
    level = torch.tensor([[0.0], [120.0], [-150.0], [300.0], [-400.0]])
    sharp = torch.tensor([[60.0, 0.0, -20.0], [-55.0, 5.0, 0.0], [0.0, 50.0, 1.0]])
    few = torch.tensor([[0, 1, 3], [2, 1, 0], [1, 0, 2]])
    split = torch.tensor([[1, 1, 1, 1], [0, 3, 0, 1]])
    return [
        Case("two images, equal logits", (torch.full((2, 4), 1.5), split)),
        Case("one image, eight logits", (logits[:1], votes[:1])),
        Case("three images, confident mistakes", (sharp, few)),
        Case("five images, eight logits from -3 to 3", (logits, votes)),
        Case("five images, their logits on different levels", (logits + level, votes)),
        Case("logits of size 1,000", (1000 * logits.sign() + logits, votes)),
        Case("logits of size 10,000, in float64", (10_000 * logits.double(), votes)),
    ]


WRONG = named(
    overflow, one_shift_for_all, log_of_softmax, log_of_softmax_by_autograd, shift_not_undone,
    shifted_in_place, gradient_of_the_sum, mean_over_entries, wrong_sign, over_the_batch,
    positive_only, sigmoids, counts, winner, divergence,
)  # fmt: skip
EXERCISE = Exercise(
    id="u01/softmax_ce",
    title="A stable cross-entropy and its gradient",
    kind="implement",
    contract=CONTRACT,
    reference=reference,
    inputs=inputs,
    wrong=(*WRONG, *map(clamped, (1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12))),
    right=(Right("by autograd", by_autograd), Right("row by row in float64", row_by_row)),
    hints=(
        "Softmax does not change when one number is added to all logits of an image. Which number "
        "makes every exp harmless?",
        "Write log softmax(z) = z − m − log Σ exp(z − m) with m the largest logit of the image, "
        "and never take the log of a softmax. Turn votes into shares before anything else.",
        "With `log_p` as above and `target = votes / votes.sum(dim=1, keepdim=True)`, the loss is "
        "`-(target * log_p).sum(dim=1)`, and its slope in each logit is `log_p.exp() - target`. "
        "The mean of B losses divides that by B.",
    ),
    points=3,
    tolerance=1e-3,
)
