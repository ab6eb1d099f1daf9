"""Mistakes of `depth` in its probabilities and what they sum to, each said in its docstring."""

from course_lib.grading.exercises.u02._thinned import answer, depth, paper, survival
from course_lib.grading.named import named


def drop_for_survival(x, branches, drop, coins, train):
    """You take the probability to be dropped for that to survive. Your first blocks, which all
    others build on, are dropped most; the paper's p is the probability to *survive*."""
    return answer(x, branches, drop, coins, train, lambda n, of, p: n / of * p)


def drop_for_survival_in_y(x, branches, drop, coins, train):
    """Your `expected` counts the blocks that survive, and in `y` they survive with the probability
    to be dropped. Give the two probabilities names of their own, and use the same one in both."""
    y, _ = drop_for_survival(x, branches, drop, coins, train)
    return y, depth(x, branches, drop, coins, train)[1]


def order_turned(x, branches, drop, coins, train):
    """You drop the first block most and the last least. Early blocks make what all others use: the
    rule lets them survive most."""
    return answer(x, branches, drop, coins, train, lambda n, of, p: 1 - (of + 1 - n) / of * p)


def same_for_all(x, branches, drop, coins, train):
    """All your blocks have the same probability. `drop` is that of the last block, and it falls to
    nothing towards the input."""
    return answer(x, branches, drop, coins, train, lambda n, of, p: 1 - p)


def counted_from_zero(x, branches, drop, coins, train):
    """You count blocks from 0, so that the first is never dropped and the last less than `drop`.
    The rule counts from 1: block l has l / L of it."""
    return answer(x, branches, drop, coins, train, lambda n, of, p: 1 - (n - 1) / of * p)


def from_zero_to_drop(x, branches, drop, coins, train):
    """You space the probabilities from 0 at the first block to `drop` at the last, as some
    libraries do. The paper's line starts before the first block: that one is dropped with
    probability drop / L."""
    line = lambda n, of, p: 1 - (n - 1) / max(of - 1, 1) * p  # noqa: E731
    return answer(x, branches, drop, coins, train, line)


def half_the_drop(x, branches, drop, coins, train):
    """Your expected depth is L · (1 − drop / 2), the mean of a line from 1 to 1 − drop. The sum
    starts at the first block, not before it: it is smaller by half a `drop`."""
    count = lambda odds: len(odds) * (1 - drop / 2)  # noqa: E731
    return answer(x, branches, drop, coins, train, expect=count)


def depth_of_the_last(x, branches, drop, coins, train):
    """You count every block with the last one's probability. Earlier ones survive more often: add
    up what each has."""
    return answer(x, branches, drop, coins, train, expect=lambda odds: len(odds) * (1 - drop))


def blocks_dropped(x, branches, drop, coins, train):
    """Your `expected` counts the blocks that are left out; asked are those that run."""
    return answer(x, branches, drop, coins, train, expect=lambda odds: len(odds) - sum(odds))


def counted_in_the_batch(x, branches, drop, coins, train):
    """You count the blocks that ran for these coins. `expected` is what this comes to on average,
    which no coin decides."""
    ran = [[paper(survival(n, len(branches), drop), row, True).mean().item()]
           for n, row in enumerate(coins, 1)]  # fmt: skip
    return answer(x, branches, drop, coins, train, expect=lambda odds: sum(sum(ran, [])))


ODDS = named(
    drop_for_survival, drop_for_survival_in_y, order_turned, same_for_all, counted_from_zero,
    from_zero_to_drop, half_the_drop, depth_of_the_last, blocks_dropped, counted_in_the_batch,
)  # fmt: skip
