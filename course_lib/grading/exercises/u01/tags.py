"""Yes-or-no questions about an image, some of them open: a stable BCE and its gradient."""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.core.randomness import Rng
from course_lib.grading.exercise import Case, Exercise, Right
from course_lib.grading.exercises.u01._yes_no import WRONG, Pair, tags

CONTRACT = """
Each image may carry any of K tags, and not every question was answered. Write
`tags(logits, answers)` → `(loss, gradient)`.

- `logits` (B, K), float32 or float64, of any size: ±10,000 must work.
- `answers` (B, K), int64: 1 for yes, 0 for no, −1 where nobody answered. At least one is answered.
- `loss`, a tensor of no dimension: the mean over all *answered* questions of the binary
  cross-entropy, −log s(z) for a yes and −log(1 − s(z)) for a no, with s the sigmoid.
- `gradient` (B, K): the derivative of `loss` with respect to the logits; 0 where nobody answered.

Both are plain tensors in the dtype of the logits. Leave the two inputs as they are.
"""


def by_autograd(logits: Tensor, answers: Tensor) -> Pair:
    z = logits.detach().clone().requires_grad_()
    signed = z * torch.where(answers == 1, 1.0, -1.0).to(z.dtype)
    loss = -F.logsigmoid(signed)[answers >= 0].mean()
    return loss.detach(), torch.autograd.grad(loss, z)[0]


def two_classes(logits: Tensor, answers: Tensor) -> Pair:
    """Right: a yes-or-no question is a softmax over the logits z and 0."""
    both = torch.stack([torch.zeros_like(logits), logits], dim=2)  # (B, K, 2)
    log_p, known = both.log_softmax(dim=2), answers >= 0
    picked = log_p.gather(2, answers.clamp(min=0)[:, :, None])[:, :, 0]
    gradient = (log_p[:, :, 1].exp() - answers) * known / known.sum()
    return -(picked * known).sum() / known.sum(), gradient.to(logits.dtype)


def inputs(rng: Rng) -> list[Case]:
    logits = torch.linspace(-3, 3, 24) + 0.2 * rng.normal("logits", 24).view(-1)
    logits = logits[rng.uniform("order", 24).view(-1).argsort()].view(4, 6)
    answers = (rng.uniform("answers", 24).view(4, 6) < 0.4).long()
    some = answers.clone()
    some[torch.tensor([0, 0, 0, 1, 1, 2, 3]), torch.tensor([1, 2, 5, 0, 3, 4, 2])] = -1
    some[torch.arange(4), torch.tensor([0, 4, 1, 5])] = torch.tensor([1, 0, 1, 0])
    shift = 30 + 20 * rng.uniform("shift", 1).item()
    sure = torch.tensor([[-1.0, 1.0, 0.2], [1.3, -1.2, -0.1]]) * shift
    large = 10_000 * logits.double().sign() + logits.double()
    return [
        Case("one image, two answers and an open question", (logits[:1, :3], some[:1, :3])),
        Case("two images, confident mistakes", (sure, torch.tensor([[1, 0, -1], [0, 1, 1]]))),
        Case("four images, all answered", (logits, answers)),
        Case("four images, open questions", (logits, some)),
        Case("logits of size 1,000", (1000 * logits.sign() + logits, some)),
        Case("logits of size 10,000, in float64", (large, some)),
    ]


EXERCISE = Exercise(
    id="u01/tags",
    title="Yes, no, or nobody asked",
    kind="implement",
    contract=CONTRACT,
    reference=tags,
    inputs=inputs,
    wrong=WRONG,
    right=(Right("by autograd", by_autograd), Right("softmax over two", two_classes)),
    hints=(
        "A yes and a no are the same question with the sign of the logit turned. Which function of "
        "one number is needed, and what is it for a very large one?",
        "−log s(z) = log(1 + exp(−z)), which torch has in a stable form: `F.softplus(-z)`. Of the "
        "mean, only answered questions are part; the gradient is s − y, over how many?",
        "With `known = answers >= 0` and `y = (answers == 1).to(logits.dtype)` the losses are "
        "`F.softplus(logits) - y * logits`; take their mean over `known`. The gradient is "
        "`(logits.sigmoid() - y) * known / known.sum()`.",
    ),
    points=2,
    tolerance=1e-3,
)
