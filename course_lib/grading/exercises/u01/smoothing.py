"""Label smoothing with any prior, the logits at which it is least, and what is left there."""

import torch
from torch import Tensor

from course_lib.core.randomness import Rng
from course_lib.grading.exercise import Case, Exercise, Right
from course_lib.grading.exercises.u01._smooth import WRONG, Triple, centred, smoothing

CONTRACT = """
Labels that are not quite certain: of each image's target the share `eps` is spread over the classes
as a `prior` says. Write `smoothing(logits, labels, eps, prior)` → `(loss, best, floor)`.

- `logits` (B, K), float32 or float64, up to ±10,000; `labels` (B,), int64; `eps` between 0 and 1.
- `prior` (K,): positive shares that sum to 1. All of them 1/K is label smoothing as it was
  published.
- The target of an image is (1 − eps) · one-hot + eps · prior: the class of the label gets its own
  part of the prior too.
- `loss` (B,): the cross-entropy of softmax(logits) against the target.
- `best` (B, K): the logits at which that loss is least. Of all that are, give those whose sum over
  the classes is 0.
- `floor` (B,): the loss there.

All three are in the dtype of `logits`.
"""


def two_losses(logits: Tensor, labels: Tensor, eps: float, prior: Tensor) -> Triple:
    """Right: the losses of hard labels and of the prior, mixed; the floor is the loss at best."""

    def loss(z: Tensor) -> Tensor:
        log_p = z.log_softmax(dim=1)
        return -(1 - eps) * log_p[torch.arange(len(z)), labels] - eps * log_p @ prior.to(z.dtype)

    rest = prior.log().to(logits.dtype).repeat(len(labels), 1)
    rows = torch.arange(len(labels))
    rest[rows, labels] = (prior[labels] + (1 - eps) / eps).log().to(logits.dtype)
    return loss(logits), centred(rest), loss(rest)


def label_by_label(logits: Tensor, labels: Tensor, eps: float, prior: Tensor) -> Triple:
    losses, bests, floors = [], [], []
    for z, label in zip(logits.double(), labels.tolist(), strict=True):
        target = eps * prior.double()
        target[label] += 1 - eps
        losses.append(z.logsumexp(0) - target @ z)
        bests.append(target.log() - target.log().mean())
        floors.append(-(target @ target.log()))
    stacked = (torch.stack(part).to(logits.dtype) for part in (losses, bests, floors))
    return next(stacked), next(stacked), next(stacked)


def inputs(rng: Rng) -> list[Case]:
    logits = torch.linspace(-3, 3, 6) + 0.3 * rng.normal("logits", 24).view(4, 6)
    logits = logits.gather(1, rng.uniform("order", 24).view(4, 6).argsort(dim=1))
    labels = torch.tensor([0, 2, 5, 2])[rng.uniform("labels", 4).view(-1).argsort()]
    parts = torch.arange(1.0, 7.0)[rng.uniform("prior", 6).view(-1).argsort()]
    prior, eps = parts / parts.sum(), round(0.1 + 0.2 * rng.uniform("eps", 1).item(), 2)
    few = torch.tensor([0.5, 0.3, 0.2])
    return [
        Case(
            "one image, an even prior",
            (logits[:1, :4], labels[:1] % 4, 0.1, torch.full((4,), 0.25)),
        ),
        Case("two images of three classes", (logits[:2, :3], torch.tensor([2, 0]), eps, few)),
        Case("four images of six classes", (logits, labels, eps, prior)),
        Case("most of the target spread", (logits, labels, 0.7, prior)),
        Case("logits of size 1,000", (1000 * logits.sign() + logits, labels, eps, prior)),
        Case(
            "logits of size 10,000, in float64",
            (5000 * logits.double(), labels, eps, prior.double()),
        ),
    ]


EXERCISE = Exercise(
    id="u01/smoothing",
    title="A label that is not quite certain",
    kind="implement",
    contract=CONTRACT,
    reference=smoothing,
    inputs=inputs,
    wrong=WRONG,
    right=(Right("two losses mixed", two_losses), Right("label by label", label_by_label)),
    hints=(
        "The gradient of a cross-entropy with respect to the logits is softmax − target. What is "
        "softmax, then, where the loss is least?",
        "At the optimum softmax(best) = target, so `best` is log target plus any one number for "
        "each image. At that point the cross-entropy of the target is taken with itself.",
        "With `target = (1 - eps) * F.one_hot(labels, K) + eps * prior` the loss is "
        "`-(target * logits.log_softmax(dim=1)).sum(dim=1)`; `best` is `target.log()` less its "
        "mean over the classes, and `floor` is `-(target * target.log()).sum(dim=1)`.",
    ),
    points=3,
    tolerance=1e-3,
)
