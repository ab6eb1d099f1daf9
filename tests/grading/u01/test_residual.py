"""The residual stack: the identity at first, with the slopes that finite differences give."""

import pytest
import torch
from torch import nn

from course_lib.core.randomness import Rng
from course_lib.grading.engine import examine
from course_lib.grading.registry import find
from course_lib.nets.resnet import Block

EXERCISE = find("u01/residual")


def case(name, seed=0):
    cases = EXERCISE.inputs(Rng(seed, 0, torch.zeros(1, dtype=torch.int64)))
    return next(one.args for one in cases if one.name == name)


@pytest.mark.parametrize("seed", range(5))
def test_new_blocks_are_the_identity_and_can_learn(seed):
    for name in ("one new block, gamma 0", "three new blocks"):
        x, blocks, upstream = case(name, seed)
        y, to_x, to_gamma = EXERCISE.reference(x, blocks, upstream)
        assert torch.equal(y, x) and torch.equal(to_x, upstream)
        assert to_gamma.abs().sum(dim=1).min() > 0


def test_the_slopes_are_those_of_finite_differences():
    x, blocks, upstream = case("five blocks, in float64")
    _, to_x, to_gamma = EXERCISE.reference(x, blocks, upstream)

    def loss(x, blocks):
        return (upstream * EXERCISE.reference(x, blocks, upstream)[0]).sum()

    step = torch.zeros_like(x)
    step[1, 2] = 1e-6
    slope = (loss(x + step, blocks) - loss(x - step, blocks)) / 2e-6
    assert slope.item() == pytest.approx(to_x[1, 2].item(), rel=1e-5)
    for n in (0, 4):
        inner, outer, gamma = blocks[n]
        ends = []
        for sign in (1, -1):
            moved = gamma.clone()
            moved[3] += sign * 1e-6
            ends.append(loss(x, [*blocks[:n], (inner, outer, moved), *blocks[n + 1 :]]))
        assert ((ends[0] - ends[1]) / 2e-6).item() == pytest.approx(to_gamma[n, 3].item(), rel=1e-5)


def test_by_hand():
    x, upstream = torch.tensor([[3.0, -3.0]]), torch.tensor([[1.0, 2.0]])
    inner, outer = torch.tensor([[1.0, 0.0]]), torch.tensor([[2.0], [5.0]])
    y, _, to_gamma = EXERCISE.reference(x, [(inner, outer, torch.tensor([1.0, 10.0]))], upstream)
    assert y.tolist() == [[5.0, 47.0]]  # the root mean square is 3, so n(x) is 1, -1
    assert to_gamma.tolist() == [[2.0, 10.0]]


def test_what_passes_on_and_changes_nothing_is_not_enough():
    def lazy(x, blocks, upstream):
        return x, upstream, torch.zeros(len(blocks), x.shape[1], dtype=x.dtype)

    assert examine(EXERCISE, lazy).points == 0


def convolved(x, blocks, upstream):
    """The course's own block, of 1 × 1 images, with the given scales."""
    start = x.detach().clone().requires_grad_()
    gammas = [gamma.detach().clone().requires_grad_() for _, _, gamma in blocks]
    h = start[:, :, None, None]
    torch.manual_seed(0)
    for gamma in gammas:
        block = Block(x.shape[1], x.shape[1], 1).to(x.dtype)
        del block.branch[-1].weight
        block.branch[-1].weight = gamma
        h = block(h)
    y = h[:, :, 0, 0]
    slopes = torch.autograd.grad((upstream * y).sum(), [start, *gammas])
    return y.detach(), slopes[0], torch.stack(slopes[1:])


def encoder_layers(x, blocks, upstream):
    """PyTorch's Transformer layers."""
    layer = nn.TransformerEncoderLayer(x.shape[1], 1, 8, 0.0, norm_first=True).to(x.dtype)
    start = x.detach().clone().requires_grad_()
    y = layer(start[None])[0]
    (slope,) = torch.autograd.grad((upstream * y).sum(), start)
    return y.detach(), slope, torch.ones(len(blocks), x.shape[1], dtype=x.dtype)


@pytest.mark.parametrize("pasted", [convolved, encoder_layers])
def test_no_block_of_a_library_solves_it(pasted):
    result = examine(EXERCISE, pasted)
    assert result.state == "wrong" and result.points == 0
