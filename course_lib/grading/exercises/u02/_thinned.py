"""Stacks of blocks that are left out by chance, for `depth`, right and with mistakes in them."""

from collections.abc import Callable

import torch
from torch import Tensor

from course_lib.grading.named import named

Pair = tuple[Tensor, float]
Branches = list[Tensor]
Survive = Callable[[int, int, float], float]  # block from 1, blocks, drop → probability
Scale = Callable[[float, Tensor, bool], Tensor]  # survival, coins (B,), train → factor (B,)


def survival(block: int, blocks: int, drop: float) -> float:
    """The linear rule."""
    return 1 - block / blocks * drop


def paper(survive: float, coins: Tensor, train: bool) -> Tensor:
    """The branch's factor: 1 or 0 in training, its expectation at test."""
    return (coins < survive).to(coins.dtype) if train else torch.full_like(coins, survive)


def answer(
    x: Tensor,
    branches: Branches,
    drop: float,
    coins: Tensor,
    train: bool,
    survive: Survive = survival,
    scale: Scale = paper,
    expect: Callable[[list[float]], float] = sum,
    whole: bool = False,
) -> Pair:
    """What is asked, by rules that may be wrong. whole: the factor is of block and shortcut."""
    odds = [survive(n, len(branches), drop) for n in range(1, len(branches) + 1)]
    h = x
    for weight, odd, row in zip(branches, odds, coins, strict=True):
        factor = scale(odd, row, train)[:, None].to(x.dtype)
        said = torch.relu(h @ weight.T)
        h = factor * (h + said) if whole else h + factor * said
    return h, float(expect(odds))


def depth(x, branches, drop, coins, train):
    return answer(x, branches, drop, coins, train)


def coin_turned(x, branches, drop, coins, train):
    """You keep a block where its coin is above the probability to survive. Blocks then run as often
    as they should be left out, while your test factor and your depth say otherwise."""

    def turned(odd: float, row: Tensor, train: bool) -> Tensor:
        return (row >= odd).to(row.dtype) if train else torch.full_like(row, odd)

    return answer(x, branches, drop, coins, train, scale=turned)


def coin_against_the_drop(x, branches, drop, coins, train):
    """You keep a block where its coin is at least the probability to be *dropped*. Blocks then run
    as often as they should and for other images: a coin keeps where it is below the survival."""

    def above(odd: float, row: Tensor, train: bool) -> Tensor:
        return (row >= 1 - odd).to(row.dtype) if train else torch.full_like(row, odd)

    return answer(x, branches, drop, coins, train, scale=above)


def train_ignored(x, branches, drop, coins, train):
    """You do the same whatever `train` is: every block runs, scaled. That is the test; in training
    coins decide which blocks an image passes through."""
    still = lambda odd, row, train: torch.full_like(row, odd)  # noqa: E731
    return answer(x, branches, drop, coins, train, scale=still)


def not_scaled_at_test(x, branches, drop, coins, train):
    """You scale nothing, neither in training nor at test. At test all blocks speak at once, and
    each layer is given more than it ever was in training."""

    def bare(odd: float, row: Tensor, train: bool) -> Tensor:
        return paper(odd, row, train) if train else torch.ones_like(row)

    return answer(x, branches, drop, coins, train, scale=bare)


def scaled_in_training(x, branches, drop, coins, train):
    """You divide by the probability in training and leave the test alone, as most libraries do now.
    Each branch has the same expectation then; here the paper's way is asked, which scales at
    test."""

    def inverted(odd: float, row: Tensor, train: bool) -> Tensor:
        return paper(odd, row, train) / odd if train else torch.ones_like(row)

    return answer(x, branches, drop, coins, train, scale=inverted)


def scaled_twice(x, branches, drop, coins, train):
    """You divide by the probability in training *and* multiply by it at test. One of the two makes
    up for what was dropped, both together make up for it twice."""

    def both(odd: float, row: Tensor, train: bool) -> Tensor:
        return paper(odd, row, train) / odd if train else torch.full_like(row, odd)

    return answer(x, branches, drop, coins, train, scale=both)


def scaled_by_the_drop(x, branches, drop, coins, train):
    """At test you scale by the probability to be dropped. A branch was there with the other
    probability, so that is its mean."""

    def other(odd: float, row: Tensor, train: bool) -> Tensor:
        return paper(odd, row, train) if train else torch.full_like(row, 1 - odd)

    return answer(x, branches, drop, coins, train, scale=other)


def shortcut_dropped(x, branches, drop, coins, train):
    """You multiply the whole sum, so that a dropped block gives 0 and the image is lost. What is
    left out is the branch; the shortcut always passes."""
    return answer(x, branches, drop, coins, train, whole=True)


def coins_at_test(x, branches, drop, coins, train):
    """You drop blocks at test too. Predictions would differ from call to call: there every branch
    counts, with its expectation."""
    return answer(x, branches, drop, coins, True)


def one_coin_for_the_batch(x, branches, drop, coins, train):
    """One coin of yours decides for the whole batch. Here each image has a coin of its own in each
    block; else a step trains a single depth only."""
    return answer(x, branches, drop, coins[:, :1].expand_as(coins), train)


def one_coin_for_the_net(x, branches, drop, coins, train):
    """You use the first block's coins for every block. A block then never runs without all those
    before it: the choices must not depend on each other."""
    return answer(x, branches, drop, coins[:1].expand_as(coins), train)


def all_blocks_or_none(x, branches, drop, coins, train):
    """You end an image's way at its first dropped block. Later ones have coins of their own: a
    block may run although the one before it did not."""
    odds = torch.tensor([survival(n, len(branches), drop) for n in range(1, len(branches) + 1)])
    ended = torch.where((coins < odds[:, None].to(coins)).cumprod(dim=0) > 0, coins, 2.0)
    return answer(x, branches, drop, ended if train else coins, train)


def relu_after_the_sum(x, branches, drop, coins, train):
    """You apply relu after the sum. A block that is left out then still sets negative numbers to
    0, though it should change nothing."""
    h, (_, expected) = x, depth(x, branches, drop, coins, train)
    for n, (weight, row) in enumerate(zip(branches, coins, strict=True), 1):
        factor = paper(survival(n, len(branches), drop), row, train)[:, None].to(x.dtype)
        h = torch.relu(h + factor * torch.relu(h @ weight.T))
    return h, expected


RUNS = named(
    coin_turned, coin_against_the_drop, train_ignored, not_scaled_at_test, scaled_in_training,
    scaled_twice, scaled_by_the_drop, shortcut_dropped, coins_at_test, one_coin_for_the_batch,
    one_coin_for_the_net, all_blocks_or_none, relu_after_the_sum,
)  # fmt: skip
