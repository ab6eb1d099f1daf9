"""Blocks that start as the identity, with the gradients that pass through them."""

import torch
from torch import Tensor

from course_lib.core.randomness import Rng
from course_lib.grading.exercise import Case, Exercise, Right
from course_lib.grading.exercises.u01._blocks import WRONG, Block, Result, branch, residual, root

CONTRACT = """
A stack of residual blocks on vectors, and what a loss at its end says to its beginning. Write
`residual(x, blocks, upstream)` → `(y, to_x, to_gamma)`.

- `x` (B, D), float32 or float64; no row is all zeros.
- `blocks`: a list of L blocks, each a tuple `(inner, outer, gamma)` of shapes (H, D), (D, H), (D,).
  A block turns its input h (B, D) into h + gamma · F(h), with
  F(h) = relu(n(h) innerᵀ) outerᵀ. Here n(h) is h with each row divided by its root mean square, and
  gamma scales the D columns. Nothing follows the sum.
- `upstream` (B, D): the derivative of some loss with respect to `y`.
- `y` (B, D): the output of the last block. `to_x` (B, D): the derivative of that loss with respect
  to `x`. `to_gamma` (L, D): the same for each block's gamma.

In a new net every gamma is 0. By formula or by autograd, as you like; all three are plain tensors
in the dtype of `x`, and the inputs stay as they are.
"""


def by_hand(x: Tensor, blocks: list[Block], upstream: Tensor) -> Result:
    """Backward through the list: of each sum, one part goes on as it is, and one through F."""
    kept = []
    for inner, outer, gamma in blocks:
        length = root(x)  # (B, 1)
        hidden = x / length @ inner.T  # (B, H)
        spoken = hidden.relu() @ outer.T  # (B, D)
        kept.append((x / length, length, hidden, spoken))
        x = x + gamma * spoken
    slope = upstream
    to_gamma: list[Tensor] = []
    for (inner, outer, gamma), (unit, length, hidden, spoken) in zip(
        reversed(blocks), reversed(kept), strict=True
    ):
        to_gamma.insert(0, (slope * spoken).sum(dim=0))
        to_unit = ((slope * gamma) @ outer * (hidden > 0)) @ inner  # (B, D)
        across = (to_unit * unit).mean(dim=1, keepdim=True)  # to stretch a row changes nothing
        slope = slope + (to_unit - across * unit) / length
    return x, slope, torch.stack(to_gamma)


def jacobian(h: Tensor, block: Block) -> Tensor:
    """dF of one row: (D,) → (D, D)."""
    return torch.autograd.functional.jacobian(lambda h: branch(h[None], *block[:2])[0], h)


def by_jacobians(x: Tensor, blocks: list[Block], upstream: Tensor) -> Result:
    """One row at a time: the product of the blocks' Jacobians, 1 + gamma dF each."""
    wide = [(inner.double(), outer.double(), gamma.double()) for inner, outer, gamma in blocks]
    rows, one = [], torch.eye(x.shape[1], dtype=torch.float64)
    for h, slope in zip(x.double(), upstream.double(), strict=True):
        passed, spoken = [], []
        for block in wide:
            spoken.append(branch(h[None], *block[:2])[0])
            passed.append(one + block[2][:, None] * jacobian(h, block))
            h = h + block[2] * spoken[-1]
        to_gamma: list[Tensor] = []
        for matrix, said in zip(reversed(passed), reversed(spoken), strict=True):
            to_gamma.insert(0, slope * said)
            slope = slope @ matrix
        rows.append((h, slope, torch.stack(to_gamma)))
    y, to_x, slopes = (torch.stack(parts).to(x.dtype) for parts in zip(*rows, strict=True))
    return y, to_x, slopes.sum(dim=0)


def drawn(rng: Rng, name: str, *shape: int) -> Tensor:
    """Numbers between -2 and 2 in steps of a tenth, none of them 0."""
    flat = rng.uniform(name, torch.Size(shape).numel()).view(shape)
    return ((flat - 0.5) * 40).round().add(0.5).mul(0.1)


def stack(rng: Rng, depth: int, dim: int, hidden: int, new: bool = False) -> list[Block]:
    """Blocks with drawn weights. new: with gammas of 0."""
    made = []
    for n in range(depth):
        gamma = torch.zeros(dim) if new else 0.5 * drawn(rng, f"gamma {n}", dim)
        inner = drawn(rng, f"inner {n}", hidden, dim)
        made.append((inner, drawn(rng, f"outer {n}", dim, hidden), gamma))
    return made


def inputs(rng: Rng) -> list[Case]:
    x, upstream = drawn(rng, "x", 4, 3), drawn(rng, "upstream", 4, 3)
    wide = (drawn(rng, "wide", 5, 6), drawn(rng, "wide upstream", 5, 6))
    one, three = stack(rng.fold("one"), 1, 3, 2), stack(rng.fold("three"), 3, 3, 4)
    deep = [tuple(part.double() for part in block) for block in stack(rng.fold("deep"), 5, 6, 8)]
    return [
        Case("one new block, gamma 0", (x[:2], stack(rng, 1, 3, 2, new=True), upstream[:2])),
        Case("one block", (x[:2], one, upstream[:2])),
        Case("three new blocks", (x, stack(rng.fold("new"), 3, 3, 4, new=True), upstream)),
        Case("three blocks", (x, three, upstream)),
        Case("five blocks, in float64", (wide[0].double(), deep, wide[1].double())),
    ]


EXERCISE = Exercise(
    id="u01/residual",
    title="Blocks that start as the identity",
    kind="implement",
    contract=CONTRACT,
    reference=residual,
    inputs=inputs,
    wrong=WRONG,
    right=(Right("backward by hand", by_hand), Right("by Jacobians, row by row", by_jacobians)),
    hints=(
        "Of h two things are made: a copy that nothing touches, and F of a normalised copy. Write "
        "the forward pass first: with every gamma 0 its result must be x, negative numbers too.",
        "By autograd: work on `x.detach().clone().requires_grad_()` and on such copies of the "
        "gammas. The scalar whose gradient is asked is `(upstream * y).sum()`.",
        "`for (inner, outer, _), gamma in zip(blocks, gammas): h = h + gamma * (torch.relu(n(h) @ "
        "inner.T) @ outer.T)`, where `n(h)` is `h / h.square().mean(dim=1, keepdim=True).sqrt()`. "
        "Then `torch.autograd.grad((upstream * h).sum(), [x, *gammas])`; stack the last L.",
    ),
    points=3,
    tolerance=1e-3,
)
