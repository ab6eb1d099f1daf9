"""Mixup and Manifold Mixup in one function: mixing images, or what a layer made of them."""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.core.randomness import Rng
from course_lib.grading.exercise import Case, Exercise, Right
from course_lib.grading.exercises.u02._mixed_labels import LABELS
from course_lib.grading.exercises.u02._mixing import NET, Layers, Pair, mixup

CONTRACT = """
Mix at layer `k` of a net, and find the loss and how it pulls at the images. Write
`mixed_loss(x, labels, partner, lam, layers, k)` → `(loss, to_x)`.

- `x` (B, D), float32 or float64: images as rows. `labels` (B,), int64. `partner` (B,), a
  permutation of the rows. `lam` (B,) in [0, 1], in the dtype of `x`.
- `layers`: L weight matrices without bias, (out, in) each. A layer turns h into h @ weightᵀ; all
  but the last are followed by relu. What the last gives are the logits.
- `k`: the *input* of layer k is mixed, counted from 0: k = 0 mixes the images, k = 1 what the first
  layer and its relu made of them. Row n becomes λₙ · (row n) + (1 − λₙ) · (row `partner[n]`), all
  partners as they were before mixing. Nothing else is mixed.
- `loss` (B,): λ · CE(own label) + (1 − λ) · CE(partner's label) for each row.
- `to_x` (B, D): the derivative of the *mean* of these losses with respect to `x`.

Both are in the dtype of `x` and detached: no graph hangs on them. The inputs stay as they are, and
none of them requires a gradient afterwards.
"""


def soft_targets(x: Tensor, labels: Tensor, partner: Tensor, lam: Tensor, layers: Layers,
                 k: int) -> Pair:  # fmt: skip
    """Right: one cross-entropy with a mixed label; a matrix mixes rows."""
    rows = torch.eye(len(x), dtype=x.dtype)
    mixer = lam[:, None] * rows + (1 - lam[:, None]) * rows[partner]
    leaf = x.detach().clone().requires_grad_()
    h = leaf
    for weight in layers[:k]:
        h = torch.relu(h @ weight.T)
    h = mixer @ h
    for weight in layers[k:-1]:
        h = torch.relu(h @ weight.T)
    logits = h @ layers[-1].T
    targets = mixer @ F.one_hot(labels, logits.shape[1]).to(x.dtype)
    loss = -(targets * logits.log_softmax(dim=1)).sum(dim=1)
    return loss.detach(), torch.autograd.grad(loss.mean(), leaf)[0]


def by_hand(x: Tensor, labels: Tensor, partner: Tensor, lam: Tensor, layers: Layers,
            k: int) -> Pair:  # fmt: skip
    """Right: backward without autograd; a mixture's slope goes to both of its sources."""
    h, kept = x, []
    for n, weight in enumerate(layers):
        if n == k:
            h = lam[:, None] * h + (1 - lam[:, None]) * h[partner]
        kept.append(h)
        h = h @ weight.T
        h = h.clamp(min=0) if n < len(layers) - 1 else h
    own, other = (F.one_hot(y, h.shape[1]).to(x.dtype) for y in (labels, labels[partner]))
    targets = lam[:, None] * own + (1 - lam[:, None]) * other
    loss = h.logsumexp(dim=1) - (targets * h).sum(dim=1)
    slope = (h.softmax(dim=1) - targets) / len(x)
    for n in reversed(range(len(layers))):
        if n < len(layers) - 1:
            slope = slope * (kept[n] @ layers[n].T > 0)
        slope = slope @ layers[n]
        if n == k:
            back = torch.zeros_like(slope).index_add(0, partner, (1 - lam[:, None]) * slope)
            slope = lam[:, None] * slope + back
    return loss, slope


def drawn(rng: Rng, name: str, rows: int, columns: int) -> Tensor:
    """Numbers between -2 and 2 in steps of a tenth, none of them 0."""
    flat = rng.uniform(name, rows * columns).view(rows, columns)
    return ((flat - 0.5) * 40).round().add(0.5).mul(0.1)


def net(rng: Rng, *widths: int) -> Layers:
    """Matrices from each width to the next."""
    pairs = zip(widths[1:], widths[:-1], strict=True)
    return [drawn(rng, f"layer {n}", *shape) / shape[1] ** 0.5 for n, shape in enumerate(pairs)]


def inputs(rng: Rng) -> list[Case]:
    x, deep = drawn(rng, "x", 5, 5), drawn(rng, "deep", 5, 3).double()
    turn, labels = torch.tensor([2, 0, 4, 1, 3]), torch.tensor([0, 2, 1, 3, 1])  # 2 and 4 alike
    # 25ths keep every sum of a mixed image off 0, where relu has a kink
    lam = torch.tensor([0.2, 0.36, 0.84, 0.6, 0.12])[rng.uniform("lam", 5).view(-1).argsort()]
    linear, small = net(rng.fold("one"), 5, 4), net(rng.fold("small"), 5, 6, 4)
    large = [weight.double() for weight in net(rng.fold("large"), 3, 8, 6, 5, 4)]
    three, cycle = torch.tensor([0, 2, 1]), torch.tensor([1, 2, 0])
    return [
        Case("three images, one layer", (x[:3], three, cycle, lam[:3], linear, 0)),
        Case("three images mixed before two layers", (x[:3], three, cycle, lam[:3], small, 0)),
        Case("five images mixed between two layers", (x, labels, turn, lam, small, 1)),
        Case("mixed before the last of four layers", (deep, labels, turn, lam.double(), large, 3)),
        Case("mixed after one of four, in float64", (deep, labels, turn, lam.double(), large, 1)),
    ]


EXERCISE = Exercise(
    id="u02/mixup",
    title="Mixing at any layer",
    kind="implement",
    contract=CONTRACT,
    reference=mixup,
    inputs=inputs,
    wrong=(*LABELS, *NET),
    right=(Right("soft targets", soft_targets), Right("backward by hand", by_hand)),
    hints=(
        "Write the net as one loop over its layers, and before each layer ask whether it is number "
        "`k`. Which rows and which labels belong to `partner`?",
        "`h[partner]` and `labels[partner]` take both with the same index. For the slope, start "
        "from `x.detach().clone().requires_grad_()` and mix inside of the graph.",
        "`if n == k: h = lam[:, None] * h + (1 - lam[:, None]) * h[partner]`, then the layer, then "
        "relu unless it is the last. With `ce = F.cross_entropy(h, …, reduction='none')` for both "
        "labels the loss is λ · ce(own) + (1 − λ) · ce(partner's), and "
        "`torch.autograd.grad(loss.mean(), start)` gives the slope.",
    ),
    points=3,
    tolerance=1e-3,
)
