"""An image cut into patches, and heads of attention that look at them."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.core.randomness import Rng
from course_lib.grading.exercise import Case, Exercise, Right
from course_lib.grading.exercises.u01._attention import WRONG, Pair, Weights, attend

CONTRACT = """
The first half of a ViT's block: patches become tokens, and heads of attention mix them. Write
`attend(images, weights, patch, heads)` → `(mixed, attention)`.

- `images` (B, H, W, C), float32, colours last; `patch` divides H and W. Patches are numbered row by
  row, and each is flattened in the order of the image: row, column, colour. That makes
  L = (H / patch) · (W / patch) rows of P = patch² · C numbers.
- `weights`: a dict. `"embed"` (P, D) turns patches into tokens: tokens = patches @ embed.
  `"positions"` (L, D) is added to the tokens, or is None. `"query"`, `"key"` and `"value"`, (D, D)
  each, are applied in the same way, from the right.
- Head number h has columns h · d to (h + 1) · d of queries, keys and values, where d = D / heads.
  Each token looks at all, also at itself: its row of `attention` is a softmax of
  query · key / √d over the keys.
- `attention` (B, heads, L, L). `mixed` (B, L, D): what each token gets of the values, the heads one
  after the other.
"""


def patch_by_patch(images: Tensor, weights: Weights, patch: int, heads: int) -> Pair:
    """Right: loops over patches, and over the heads."""
    _, high, wide, _ = images.shape
    tokens = []
    for row in range(0, high, patch):
        for column in range(0, wide, patch):
            part = images[:, row : row + patch, column : column + patch]
            tokens.append(part.flatten(1) @ weights["embed"])
    x = torch.stack(tokens, dim=1)  # (B, L, D)
    x = x if weights["positions"] is None else x + weights["positions"]
    query, key, value = (x @ weights[name] for name in ("query", "key", "value"))
    width = x.shape[2] // heads
    mixed, seen = [], []
    for head in range(heads):
        part = slice(head * width, (head + 1) * width)
        scores = query[:, :, part] @ key[:, :, part].mT / math.sqrt(width)
        seen.append(torch.exp(scores - scores.amax(dim=2, keepdim=True)))
        seen[-1] = seen[-1] / seen[-1].sum(dim=2, keepdim=True)
        mixed.append(seen[-1] @ value[:, :, part])
    return torch.cat(mixed, dim=2), torch.stack(seen, dim=1)


def by_unfold(images: Tensor, weights: Weights, patch: int, heads: int) -> Pair:
    """Right: torch's unfold, with the colours moved, and its attention with one-hot values."""
    cut = F.unfold(images.permute(0, 3, 1, 2), patch, stride=patch).mT  # (B, L, C · patch²)
    cut = cut.unflatten(2, (images.shape[3], -1)).mT.flatten(2)  # colours last
    x = cut @ weights["embed"]
    x = x if weights["positions"] is None else x + weights["positions"]
    q, k, v = (
        (x @ weights[n]).unflatten(2, (heads, -1)).transpose(1, 2)
        for n in ("query", "key", "value")
    )
    one = torch.eye(x.shape[1]).expand(*q.shape[:2], -1, -1)
    seen = F.scaled_dot_product_attention(q, k, one)
    return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2), seen


def net(rng: Rng, patch: int, colours: int, dim: int, tokens: int) -> Weights:
    """Drawn weights, of a size at which attention is neither even nor all on one token."""

    def drawn(name: str, rows: int, columns: int) -> Tensor:
        flat = rng.normal(name, rows * columns).view(rows, columns)
        return (10 * flat).round() / 10 / math.sqrt(rows)

    size = patch * patch * colours
    made: Weights = {"embed": drawn("embed", size, dim)}
    made["positions"] = 2 * drawn("positions", tokens, dim) if tokens else None
    return made | {name: drawn(name, dim, dim) for name in ("query", "key", "value")}


def pictures(rng: Rng, count: int, high: int, wide: int, colours: int) -> Tensor:
    """Images of one decimal between -2 and 2."""
    flat = rng.uniform("pictures", count * high * wide * colours)
    return (40 * flat - 20).round().div(10).view(count, high, wide, colours)


def inputs(rng: Rng) -> list[Case]:
    one, two, bag = rng.fold("one"), rng.fold("two"), rng.fold("bag")
    return [
        Case(
            "patches of one pixel, one head",
            (pictures(one, 1, 2, 2, 1), net(one, 1, 1, 2, 4), 1, 1),
        ),
        Case("two rows of three patches", (pictures(two, 2, 4, 6, 2), net(two, 2, 2, 6, 6), 2, 2)),
        Case("no positions", (pictures(bag, 2, 6, 4, 3), net(bag, 2, 3, 8, 0), 2, 4)),
        Case("one head of six", (pictures(bag, 1, 9, 6, 1), net(two, 3, 1, 6, 6), 3, 1)),
    ]


EXERCISE = Exercise(
    id="u01/patches",
    title="Patches that look at each other",
    kind="implement",
    contract=CONTRACT,
    reference=attend,
    inputs=inputs,
    wrong=WRONG,
    right=(Right("patch by patch", patch_by_patch), Right("by unfold", by_unfold)),
    hints=(
        "Take one image of 4 × 6 numbers on paper and number its pixels in memory order. Which of "
        "them make the first patch of 2 × 2? No reshape alone brings these together.",
        "View the images as (B, H/p, p, W/p, p, C), exchange the second p with W/p, and flatten: "
        "that gives (B, L, p · p · C). In the same way queries (B, L, D) are viewed as "
        "(B, L, heads, d), and the heads exchanged with L.",
        "`x.reshape(B, H // p, p, W // p, p, C).transpose(2, 3).reshape(B, -1, p * p * C)`; then "
        "`q = (tokens @ query).reshape(B, L, heads, -1).transpose(1, 2)`, k and v alike, "
        "`attention = (q @ k.transpose(2, 3) / d**0.5).softmax(dim=3)`, and "
        "`(attention @ v).transpose(1, 2).reshape(B, L, D)`.",
    ),
    points=4,
    tolerance=1e-3,
)
