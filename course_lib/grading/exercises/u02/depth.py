"""Stochastic depth: blocks that are left out by chance in training, and never at test."""

import torch
from torch import Tensor

from course_lib.core.randomness import Rng
from course_lib.grading.exercise import Case, Exercise, Right
from course_lib.grading.exercises.u02._survival import ODDS
from course_lib.grading.exercises.u02._thinned import RUNS, Branches, Pair, depth

CONTRACT = """
A stack of residual blocks, of which each image passes through some. Write
`depth(x, branches, drop, coins, train)` → `(y, expected)`.

- `x` (B, D), float32 or float64. `branches`: L matrices (D, D). Block l, counted from 1, turns its
  input h into h + relu(h @ branchᵀ), or leaves it as it is. Nothing follows the sum.
- `drop` in [0, 1): the probability with which the *last* block is left out. Block l is left out
  with probability l / L · drop, and survives otherwise.
- `coins` (L, B), uniform numbers in [0, 1): in training, block l survives for image n where
  `coins[l - 1, n]` is *below* its probability to survive.
- `train`: True or False. At test no coin counts: all blocks run, and each branch, not its
  shortcut, is multiplied by its probability to survive. In training nothing is scaled. That is how
  the paper does it.
- `y` (B, D). `expected`, a number: how many blocks an image passes through on average in training,
  whatever `train` and `coins` are.

Leave the inputs as they are.
"""


def image_by_image(x: Tensor, branches: Branches, drop: float, coins: Tensor, train: bool) -> Pair:
    """Right: a block that is left out is not computed."""
    blocks, rows = len(branches), []
    for n, h in enumerate(x):
        for l, weight in enumerate(branches):  # noqa: E741
            left_out = (l + 1) / blocks * drop
            if not train:
                h = h + (1 - left_out) * (weight @ h).clamp(min=0)
            elif coins[l, n] < 1 - left_out:
                h = h + (weight @ h).clamp(min=0)
        rows.append(h)
    return torch.stack(rows), blocks - drop * (blocks + 1) / 2


def survivors_only(x: Tensor, branches: Branches, drop: float, coins: Tensor, train: bool) -> Pair:
    """Right: each branch runs on those images that keep it, as a fast one does."""
    odds = 1 - drop * torch.arange(1, len(branches) + 1, dtype=torch.float64) / len(branches)
    y = x.clone()
    for weight, odd, row in zip(branches, odds, coins.double(), strict=True):
        here = torch.nonzero(row < odd)[:, 0] if train else torch.arange(len(x))
        said = torch.relu(y[here] @ weight.T)
        y[here] += said if train else odd.to(x.dtype) * said
    return y, odds.sum().item()


def drawn(rng: Rng, name: str, *shape: int) -> Tensor:
    """Numbers between -2 and 2 in steps of a tenth, none of them 0."""
    flat = rng.uniform(name, torch.Size(shape).numel()).view(shape)
    return ((flat - 0.5) * 40).round().add(0.5).mul(0.1)


def tossed(rng: Rng, blocks: int, images: int, drop: float) -> Tensor:
    """Coins of which in each block some keep and some do not, and none is near the limit."""
    odds = 1 - drop * torch.arange(1, blocks + 1)[:, None] / blocks
    apart = 0.1 + 0.8 * rng.uniform("coins", blocks * images).view(blocks, images)
    keeps = rng.uniform("sides", blocks * images).view(blocks, images) < 0.5
    keeps[torch.arange(blocks), torch.arange(blocks) % images] = True
    keeps[torch.arange(blocks), (torch.arange(blocks) + 1) % images] = False
    return torch.where(keeps, odds * apart, odds + (1 - odds) * apart)


def inputs(rng: Rng) -> list[Case]:
    few, many = rng.fold("few"), rng.fold("many")
    x, branches = drawn(few, "x", 3, 2), list(drawn(few, "branches", 2, 2, 2))
    wide, deep = drawn(many, "x", 5, 4), list(0.4 * drawn(many, "branches", 5, 4, 4))
    heavy = round(0.5 + 0.3 * rng.uniform("drop", 1).item(), 2)
    double = [weight.double() for weight in deep]
    return [
        Case("two blocks in training", (x, branches, 0.5, tossed(few, 2, 3, 0.5), True)),
        Case("two blocks at test", (x, branches, 0.5, tossed(few, 2, 3, 0.5), False)),
        Case("five blocks in training", (wide, deep, heavy, tossed(many, 5, 5, heavy), True)),
        Case(
            "five blocks at test, in float64",
            (wide.double(), double, heavy, tossed(many, 5, 5, heavy).double(), False),
        ),
        Case("nothing is dropped", (wide, deep, 0.0, 0.98 * tossed(many, 5, 5, 0.4), True)),
    ]


EXERCISE = Exercise(
    id="u02/depth",
    title="Blocks that are left out",
    kind="implement",
    contract=CONTRACT,
    reference=depth,
    inputs=inputs,
    wrong=(*ODDS, *RUNS),
    right=(Right("image by image", image_by_image), Right("survivors only", survivors_only)),
    hints=(
        "Make a list of the probabilities to *survive* first, one a block, and look at it: which "
        "block has the largest? What you add up for `expected` is in that list.",
        "One factor for each image multiplies the branch and nothing else: 0 or 1 in training, by "
        "the image's own coin in this block; the probability itself at test.",
        "`survive = 1 - l / L * drop` for l from 1 to L; `factor = (coins[l - 1] < "
        "survive).to(x.dtype)` if `train`, else `survive` for all; `h = h + factor[:, None] * "
        "torch.relu(h @ branch.T)`. `expected` is the sum of the survivals.",
    ),
    points=3,
    tolerance=1e-3,
)
