"""Blocks taken out and exchanged, and the paths of the unravelled view."""

from itertools import product

import pytest
import torch
from torch import nn

from course_lib.core.errors import CourseError
from course_lib.nets import build, reordered, without_block
from course_lib.nets.unravel import path_lengths, stages


def net_of(**spec) -> nn.Module:
    torch.manual_seed(0)
    return build("resnet", **({"width": 4, "blocks": (2, 3), "zero_init": False} | spec)).eval()


X = torch.rand(2, 3, 8, 8)


@pytest.mark.parametrize("n", [1, 5, 12])
def test_paths_are_counted_by_how_many_blocks_they_take(n):
    lengths = path_lengths(n)
    assert sum(lengths) == 2**n
    assert sum(length * count for length, count in enumerate(lengths)) == n / 2 * 2**n
    assert sum(path_lengths(n - 1)) == 2**n / 2
    by_hand = [sum(path) for path in product((0, 1), repeat=n)]
    assert lengths == [by_hand.count(length) for length in range(n + 1)]


def test_linear_blocks_are_the_sum_of_their_paths():
    torch.manual_seed(0)
    maps = torch.randn(4, 3, 3).double()
    x = y = torch.randn(3).double()
    for F in maps:
        y = y + F @ y
    total, without_two = torch.zeros(2, 3).double()
    for path in product((0, 1), repeat=4):
        z = x
        for taken, F in zip(path, maps, strict=True):
            z = F @ z if taken else z
        total = total + z
        without_two = without_two + (z if not path[2] else 0)
    assert torch.allclose(total, y)
    left = x
    for F in maps[[0, 1, 3]]:
        left = left + F @ left
    assert torch.allclose(without_two, left)


def test_blocks_that_keep_the_shape_can_be_taken_out():
    net = net_of()
    assert stages(net) == [[0, 1], [3, 4]]
    before = net(X)
    changed = without_block(net, 3)
    assert torch.equal(net(X), before)
    maps = net.blocks[:3](net.stem(net.normalise(X)))
    assert torch.equal(changed(X), net.blocks[4](maps).mean(dim=(2, 3)))
    assert not torch.allclose(changed(X), before, atol=1e-3)
    twice = without_block(without_block(net, 0), 1)
    assert stages(twice) == [[0, 1], [3, 4]]
    first = net.stem(net.normalise(X))
    assert torch.equal(twice(X), net.blocks[2:](first).mean(dim=(2, 3)))


def test_taking_out_identity_blocks_changes_nothing():
    net = net_of(zero_init=True)
    assert torch.equal(without_block(net, 1)(X), net(X))
    assert torch.equal(reordered(net, [1, 0, 2, 4, 3])(X), net(X))


@pytest.mark.parametrize("number", [2, 5, -1])
def test_a_block_that_changes_the_shape_stays(number):
    with pytest.raises(
        CourseError, match=rf"Block {number} cannot be taken out; these can: \[0, 1"
    ):
        without_block(net_of(), number)


@pytest.mark.parametrize("residual", [True, False])
def test_the_first_block_of_a_bottleneck_net_changes_the_number_of_channels(residual):
    net = net_of(block="bottleneck", residual=residual)
    assert stages(net) == [[], [1], [3, 4]]


def test_blocks_of_a_stage_are_exchanged():
    net = net_of()
    before = net(X)
    changed = reordered(net, [1, 0, 2, 4, 3])
    maps = net.stem(net.normalise(X))
    for number in (1, 0, 2, 4, 3):
        maps = net.blocks[number](maps)
    assert torch.equal(changed(X), maps.mean(dim=(2, 3)))
    assert torch.equal(net(X), before)
    assert not torch.allclose(changed(X), before, atol=1e-3)
    assert torch.equal(reordered(changed, [1, 0, 2, 4, 3])(X), before)
    assert changed.blocks[0] is not net.blocks[1]


@pytest.mark.parametrize("order", [[3, 1, 2, 0, 4], [0, 2, 1, 3, 4], [0, 1, 3, 2, 4]])
def test_blocks_stay_in_their_stage(order):
    with pytest.raises(CourseError, match="exchanged only within one of"):
        reordered(net_of(), order)


def test_an_order_holds_every_block_once():
    with pytest.raises(CourseError, match="each of the blocks 0 to 4 once"):
        reordered(net_of(), [0, 0, 2, 3, 4])
