"""The stack of blocks of `residual`, right and with each mistake said in its docstring."""

from collections.abc import Callable

import torch
from torch import Tensor

from course_lib.grading.named import named

Block = tuple[Tensor, Tensor, Tensor]  # inner (H, D), outer (D, H), gamma (D,)
Result = tuple[Tensor, Tensor, Tensor]
Step = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]  # h, inner, outer, gamma → the next h


def root(h: Tensor, dim: int = 1) -> Tensor:
    """The root mean square of each row (B, 1)."""
    return h.square().mean(dim=dim, keepdim=True).sqrt()


def branch(h: Tensor, inner: Tensor, outer: Tensor) -> Tensor:
    """F: (B, D) → (B, D)."""
    return torch.relu(h / root(h) @ inner.T) @ outer.T


def step(h: Tensor, inner: Tensor, outer: Tensor, gamma: Tensor) -> Tensor:
    """One block as it is asked."""
    return h + gamma * branch(h, inner, outer)


def through(x: Tensor, blocks: list[Block], upstream: Tensor, one: Step = step) -> Result:
    """Forward by `one` block after the other, and the gradients by autograd."""
    start = x.detach().clone().requires_grad_()
    gammas = [gamma.detach().clone().requires_grad_() for _, _, gamma in blocks]
    h = start
    for (inner, outer, _), gamma in zip(blocks, gammas, strict=True):
        h = one(h, inner, outer, gamma)
    leaves = [start, *gammas]
    found = torch.autograd.grad((upstream * h).sum(), leaves, allow_unused=True)
    slopes = [torch.zeros_like(a) if g is None else g for a, g in zip(leaves, found, strict=True)]
    return h.detach(), slopes[0], torch.stack(slopes[1:])


def residual(x: Tensor, blocks: list[Block], upstream: Tensor) -> Result:
    """The right stack."""
    return through(x, blocks, upstream)


def relu_after_the_sum(x: Tensor, blocks: list[Block], upstream: Tensor) -> Result:
    """You apply relu after the sum, as the first ResNets did. With gamma 0 a block then still sets
    negative numbers to 0: it is not the identity, and their gradient is lost."""
    return through(x, blocks, upstream, lambda h, *block: torch.relu(step(h, *block)))


def normalised_shortcut(x: Tensor, blocks: list[Block], upstream: Tensor) -> Result:
    """You add F to the normalised input. The norm belongs to the branch; what passes beside it is h
    as it came, or else a new block is no identity."""
    return through(x, blocks, upstream, lambda h, *w: h / root(h) + w[2] * branch(h, *w[:2]))


def normalised_after_the_sum(x: Tensor, blocks: list[Block], upstream: Tensor) -> Result:
    """You normalise after the sum, as the first Transformer did: what passes beside the branch is
    rescaled in every block, and a new net is not the identity."""

    def one(h: Tensor, *block: Tensor) -> Tensor:
        summed = step(h, *block)
        return summed / root(summed)

    return through(x, blocks, upstream, one)


def no_shortcut(x: Tensor, blocks: list[Block], upstream: Tensor) -> Result:
    """Your blocks give gamma · F(h) alone: with gamma 0 nothing passes, neither forward nor back.
    A plain net starts with random weights for that reason."""
    return through(x, blocks, upstream, lambda h, *w: w[2] * branch(h, *w[:2]))


def gamma_on_the_sum(x: Tensor, blocks: list[Block], upstream: Tensor) -> Result:
    """Your gamma scales the whole sum, so that with gamma 0 the block gives 0. It is meant to
    silence the branch and leave the shortcut."""
    return through(x, blocks, upstream, lambda h, *w: w[2] * (h + branch(h, *w[:2])))


def one_plus_gamma(x: Tensor, blocks: list[Block], upstream: Tensor) -> Result:
    """You scale the branch by 1 + gamma: with gamma 0 it speaks at full strength."""
    return through(x, blocks, upstream, lambda h, *w: h + (1 + w[2]) * branch(h, *w[:2]))


def halved(x: Tensor, blocks: list[Block], upstream: Tensor) -> Result:
    """You take the mean of shortcut and branch: every block halves what passes by, and after ten
    blocks a thousandth of it is left."""
    return through(x, blocks, upstream, lambda h, *block: step(h, *block) / 2)


def no_norm(x: Tensor, blocks: list[Block], upstream: Tensor) -> Result:
    """You leave out the norm before the branch: F must not depend on the length of h."""

    def one(h: Tensor, inner: Tensor, outer: Tensor, gamma: Tensor) -> Tensor:
        return h + gamma * (torch.relu(h @ inner.T) @ outer.T)

    return through(x, blocks, upstream, one)


def columns_normalised(x: Tensor, blocks: list[Block], upstream: Tensor) -> Result:
    """You normalise each column over the batch; n(h) divides each row by its own root mean
    square."""

    def one(h: Tensor, inner: Tensor, outer: Tensor, gamma: Tensor) -> Tensor:
        return h + gamma * (torch.relu(h / root(h, dim=0) @ inner.T) @ outer.T)

    return through(x, blocks, upstream, one)


def unit_length(x: Tensor, blocks: list[Block], upstream: Tensor) -> Result:
    """You divide by the length of a row, the root of the *sum* of squares. Asked is that of their
    mean: numbers of about size 1, however many there are."""

    def one(h: Tensor, inner: Tensor, outer: Tensor, gamma: Tensor) -> Tensor:
        return h + gamma * (torch.relu(h / h.norm(dim=1, keepdim=True) @ inner.T) @ outer.T)

    return through(x, blocks, upstream, one)


def all_from_x(x: Tensor, blocks: list[Block], upstream: Tensor) -> Result:
    """All your branches read the first x, side by side. Each should read what the block before it
    gave."""
    first = []

    def one(h: Tensor, inner: Tensor, outer: Tensor, gamma: Tensor) -> Tensor:
        first.append(h)
        return h + gamma * branch(first[0], inner, outer)

    return through(x, blocks, upstream, one)


def shortcut_of_x(x: Tensor, blocks: list[Block], upstream: Tensor) -> Result:
    """Every block of yours adds its branch to the first x, so that the branches before it are
    forgotten. It should be added to the block's own input."""
    first = []

    def one(h: Tensor, inner: Tensor, outer: Tensor, gamma: Tensor) -> Tensor:
        first.append(h)
        return first[0] + gamma * branch(h, inner, outer)

    return through(x, blocks, upstream, one)


def last_block_first(x: Tensor, blocks: list[Block], upstream: Tensor) -> Result:
    """You go through the blocks from the last to the first. That is the order of the backward
    pass."""
    y, to_x, to_gamma = through(x, blocks[::-1], upstream)
    return y, to_x, to_gamma.flip(0)


def shortcut_without_gradient(x: Tensor, blocks: list[Block], upstream: Tensor) -> Result:
    """Your gradient passes through the branches only: the derivative of h + gamma · F(h) is
    1 + gamma · F′(h). The 1 is what lets deep nets train, and here it is missing."""
    return through(x, blocks, upstream, lambda h, *block: step(h, *block) - h + h.detach())


def branch_without_gradient(x: Tensor, blocks: list[Block], upstream: Tensor) -> Result:
    """Your gradient passes beside the branches only. That is right while every gamma is 0, and not
    after the first step of training."""
    return through(x, blocks, upstream, lambda h, *w: h + w[2] * branch(h.detach(), *w[:2]))


def norm_as_a_constant(x: Tensor, blocks: list[Block], upstream: Tensor) -> Result:
    """Your gradient takes the root mean square for a constant. It depends on h too: to stretch a
    row does not change n(h), so no gradient through n(h) can point along that row."""

    def one(h: Tensor, inner: Tensor, outer: Tensor, gamma: Tensor) -> Tensor:
        return h + gamma * (torch.relu(h / root(h.detach()) @ inner.T) @ outer.T)

    return through(x, blocks, upstream, one)


def upstream_unused(x: Tensor, blocks: list[Block], upstream: Tensor) -> Result:
    """You differentiate the sum of y. The loss of which is asked weighs the entries of y by
    `upstream`."""
    return through(x, blocks, torch.ones_like(upstream))


def silent_gammas(x: Tensor, blocks: list[Block], upstream: Tensor) -> Result:
    """Your slopes of gamma are multiplied by gamma, and so are 0 in a new block. The derivative of
    gamma · F(h) with respect to gamma is F(h): that is how a silent block begins to speak."""
    y, to_x, to_gamma = residual(x, blocks, upstream)
    return y, to_x, to_gamma * torch.stack([gamma for _, _, gamma in blocks])


def averaged_over_images(x: Tensor, blocks: list[Block], upstream: Tensor) -> Result:
    """Your slopes of gamma are means over the rows. All rows share a gamma, so what they say to it
    adds up."""
    y, to_x, to_gamma = residual(x, blocks, upstream)
    return y, to_x, to_gamma / len(x)


WRONG = named(
    relu_after_the_sum, normalised_shortcut, normalised_after_the_sum, no_shortcut,
    gamma_on_the_sum, one_plus_gamma, halved, no_norm, columns_normalised, unit_length, all_from_x,
    shortcut_of_x, last_block_first, shortcut_without_gradient, branch_without_gradient,
    norm_as_a_constant, upstream_unused, silent_gammas, averaged_over_images,
)  # fmt: skip
