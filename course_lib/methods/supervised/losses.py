"""What labels ask of logits: softmax, sigmoids and the 1/k softmax, smoothed or not, with floors.

For logits z (B, K) and targets y (B, K), a one for each class that an image has, k of them:

    softmax   loss = mean_b  -sum_k q_k (z_k - logsumexp z),     q = (1 - eps) y / k + eps / K
    sigmoid   loss = mean_b  -sum_k [ q_k log s(z_k) + (1 - q_k) log(1 - s(z_k)) ],
                                                                 q = (1 - eps) y + eps / 2

One class an image (k = 1) gives the usual softmax (Bridle 1990) and, with eps, label smoothing
(Szegedy et al. 2015, arXiv 1512.00567): (1 - eps) times the loss of hard labels and eps times
mean_k(-log p_k). Several give the 1/k softmax of Mahajan et al. 2018 (arXiv 1805.00932). Smoothing
mixes with the even distribution over what is predicted: K classes, or the two answers of a sigmoid.

Both have gradient p - q with respect to z. So p = q at the minimum, and the least loss is the
entropy of q: `floor`. That is 0 for one hard label an image, which finite logits never reach, and
log k under softmax for k labels.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.core.errors import CourseError, nearest

LOSSES = ("softmax", "sigmoid")


def classification_loss(logits: Tensor, label: Tensor, loss: str, smoothing: float = 0.0) -> Tensor:
    """logits (B, K), label as in `targets` → the mean over the batch of either loss above."""
    check(loss, smoothing)
    if loss == "softmax" and label.ndim == 1 and not smoothing:
        return F.cross_entropy(logits, label)
    wanted = aims(targets(label, logits), loss, smoothing)
    if loss == "softmax":
        return -(wanted * logits.log_softmax(dim=1)).sum(dim=1).mean()
    return F.binary_cross_entropy_with_logits(logits, wanted, reduction="sum") / len(logits)


def targets(label: Tensor, like: Tensor) -> Tensor:
    """label int64 (B,), or (B, O) with the classes of each image and -1 for none → 0 or 1 (B, K),
    of the shape and dtype of `like`."""
    if label.ndim == 1:
        return torch.zeros_like(like).scatter_(1, label[:, None], 1.0)
    one = F.one_hot(label.clamp(min=0), like.shape[1])  # (B, O, K)
    return (one * (label >= 0)[..., None]).amax(dim=1).to(like.dtype)


def aims(target: Tensor, loss: str, smoothing: float) -> Tensor:
    """What the probabilities would be at the minimum, q above: (B, K) → (B, K).

    Under softmax an image without any class asks for the even distribution times eps, that is for
    nothing where eps is 0.
    """
    if loss == "softmax":
        target = target / target.sum(dim=1, keepdim=True).clamp(min=1)
    if not smoothing:
        return target
    outcomes = target.shape[1] if loss == "softmax" else 2
    return (1 - smoothing) * target + smoothing / outcomes


def floor(label: Tensor, classes: int, loss: str, smoothing: float = 0.0) -> float:
    """The least that the loss can be for these labels: the mean entropy of what they ask for."""
    check(loss, smoothing)
    like = torch.empty(len(label), classes, dtype=torch.float64)
    wanted = aims(targets(label, like), loss, smoothing)
    entropy = -torch.xlogy(wanted, wanted)
    if loss == "sigmoid":
        entropy = entropy - torch.xlogy(1 - wanted, 1 - wanted)
    return entropy.sum(dim=1).mean().item()


def best_gap(classes: int, smoothing: float) -> float:
    """How far the right logit lies above the others at softmax's minimum: log(K (1-eps)/eps + 1).

    The right class has 1 - eps + eps/K there, every other one eps/K. Infinite without smoothing.
    """
    check("softmax", smoothing)
    return math.log(classes * (1 - smoothing) / smoothing + 1) if smoothing else math.inf


def check(loss: str, smoothing: float) -> None:
    """One sentence for a loss that there is not and for a share that is none."""
    if loss not in LOSSES:
        raise CourseError(f"There is no loss {loss!r}: {nearest(loss, LOSSES)}")
    if not 0 <= smoothing < 1:
        raise CourseError(f"smoothing={smoothing} must be at least 0 and less than 1.")
