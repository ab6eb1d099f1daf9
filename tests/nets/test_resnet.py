"""Residual nets: plain and residual, the identity at the start, bottlenecks, what is refused."""

import pytest
import torch
import torchvision
from torch import nn
from torch.autograd.functional import jacobian

from course_lib.core.errors import CourseError
from course_lib.nets import build
from course_lib.nets.resnet import Block

TINY = {"width": 4, "blocks": (1, 2)}


def count(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


def tiny(**spec) -> nn.Module:
    torch.manual_seed(0)
    return build("resnet", **(TINY | spec))


def test_every_block_of_the_same_shape_starts_as_the_identity_only_with_zero_init():
    x = torch.rand(2, 32, 6, 6)
    for block in ("basic", "bottleneck"):
        for zero_init in (True, False):
            net = tiny(block=block, zero_init=zero_init)
            first = [part for part in net.eval().blocks if part.same_shape][0]
            inside = first.branch[0].in_channels
            assert torch.equal(first(x[:, :inside]), x[:, :inside]) is zero_init


def test_the_derivative_of_a_block_is_the_identity_plus_that_of_its_branch():
    torch.manual_seed(0)
    block = Block(2, 2, 1, zero_init=False).double().eval()
    x = torch.rand(1, 2, 3, 3).double() + 5  # far from the kink of the relu
    assert (block.branch(x) + x).min() > 0
    whole = jacobian(block, x).view(18, 18)
    branch = jacobian(block.branch, x).view(18, 18)
    assert torch.allclose(whole, torch.eye(18).double() + branch, atol=1e-12)
    block.residual = False
    x = x - 5
    inside = (block.branch(x) > 0).view(18, 1)
    assert torch.allclose(
        jacobian(block, x).view(18, 18), jacobian(block.branch, x).view(18, 18) * inside
    )


def test_a_plain_net_has_no_shortcut_and_is_not_dead_at_the_start():
    plain, residual = tiny(residual=False), tiny()
    assert count(residual) - count(plain) == 4 * 8 + 2 * 8  # the one 1×1 with its norm
    out = plain(torch.rand(8, 3, 8, 8))
    out.square().sum().backward()
    assert [n for n, p in plain.named_parameters() if not p.grad.any()] == []
    block = plain.blocks[0].eval()
    x = torch.rand(2, 4, 6, 6)
    assert torch.equal(block(x), block.branch(x).relu())


@pytest.mark.parametrize(
    ("depth", "blocks"),
    [(8, (2, 2, 2, 2)), (32, (8, 8, 8, 8)), (6, (2, 2, 1, 1)), (5, (2, 1, 1, 1))],
)
def test_depth_is_blocks_in_all_spread_evenly(depth, blocks):
    by_depth, by_blocks = tiny(width=2, depth=depth), tiny(width=2, blocks=blocks)
    assert len(by_depth.blocks) == depth
    shapes = [p.shape for p in by_depth.parameters()]
    assert shapes == [p.shape for p in by_blocks.parameters()]


@pytest.mark.parametrize(
    ("theirs", "spec"),
    [
        ("resnet18", {"blocks": (2, 2, 2, 2)}),
        ("resnet34", {"blocks": (3, 4, 6, 3)}),
        ("resnet50", {"blocks": (3, 4, 6, 3), "block": "bottleneck"}),
        ("resnet152", {"blocks": (3, 8, 36, 3), "block": "bottleneck"}),
        ("wide_resnet50_2", {"blocks": (3, 4, 6, 3), "block": "bottleneck", "shrink": 2}),
        (
            "resnext101_32x8d",
            {"blocks": (3, 4, 23, 3), "block": "bottleneck", "shrink": 1, "groups": 32},
        ),
    ],
)
def test_full_sizes_are_those_of_torchvision_but_for_the_stem(theirs, spec):
    with torch.device("meta"):
        reference, ours = getattr(torchvision.models, theirs)(), build("resnet", width=64, **spec)
    assert ours.dim == reference.fc.in_features
    assert count(ours) == count(reference) - count(reference.fc) - 64 * 3 * (7 * 7 - 3 * 3)
    shapes = [p.shape for p in ours.blocks[1].branch.parameters()]
    second = [p.shape for n, p in reference.layer1[1].named_parameters()]
    assert sorted(shapes) == sorted(second)


def test_the_stem_can_halve_the_image():
    x = torch.rand(2, 3, 16, 16)
    assert tiny().maps(x).shape == (2, 8, 8, 8)
    assert tiny(stem_stride=2).maps(x).shape == (2, 8, 4, 4)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"block": "basix"}, "no block 'basix': did you mean 'basic'"),
        ({"groups": 4}, "A basic block has no groups"),
        ({"block": "bottleneck", "groups": 3}, "4 inner channels do not divide into 3 groups"),
        ({"depth": 3}, "at least 4 blocks, not depth=3"),
        ({"residul": False}, "resnet has no option 'residul': did you mean 'residual'"),
    ],
)
def test_what_makes_no_net_is_refused(spec, said):
    with pytest.raises(CourseError, match=said):
        tiny(**spec)
