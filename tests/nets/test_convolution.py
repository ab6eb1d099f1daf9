"""Grouped and separable convolutions, MobileNet's size, and RegNet's width rule."""

import pytest
import torch
from torch import nn
from torchvision.models import RegNet_X_400MF_Weights
from torchvision.models.regnet import BlockParams

from course_lib.core.errors import CourseError
from course_lib.nets import build
from course_lib.nets.convolution import as_dense, separable
from course_lib.nets.count import multiply_adds, parameters
from course_lib.nets.regnet import stage_widths


@pytest.mark.parametrize("groups", [1, 2, 4, 8])
def test_a_grouped_convolution_is_a_block_diagonal_dense_one(groups):
    torch.manual_seed(0)
    conv = nn.Conv2d(8, 16, 3, stride=2, padding=1, groups=groups, bias=groups > 2)
    dense, x = as_dense(conv), torch.randn(2, 8, 9, 9)
    assert (conv(x) - dense(x)).abs().max() < 1e-5
    assert dense.weight.count_nonzero() == conv.weight.numel() == dense.weight.numel() // groups
    assert dense.weight[: 16 // groups, : 8 // groups].ne(0).all()


@pytest.mark.parametrize("groups", [1, 4, 32])
def test_cardinality_is_a_sum_of_parallel_paths(groups):
    """ResNeXt's Figure 3: grouped in the middle equals paths that are added up."""
    torch.manual_seed(0)
    middle = nn.Conv2d(32, 32, 3, padding=1, groups=groups, bias=False).double()
    last = nn.Conv2d(32, 8, 1, bias=False).double()
    x, total, size = torch.randn(2, 32, 5, 5).double(), 0, 32 // groups
    for path in range(groups):
        own = slice(path * size, (path + 1) * size)
        inside = nn.functional.conv2d(x[:, own], middle.weight[own], padding=1)
        total = total + nn.functional.conv2d(inside, last.weight[:, own])
    assert torch.allclose(last(middle(x)), total)


@pytest.mark.parametrize(("inputs", "outputs"), [(8, 16), (16, 16), (64, 128)])
def test_separable_to_dense_weights(inputs, outputs):
    parts = separable(inputs, outputs)
    weights = sum(part.weight.numel() for part in parts if isinstance(part, nn.Conv2d))
    dense = nn.Conv2d(inputs, outputs, 3, bias=False).weight.numel()
    assert weights / dense == pytest.approx(1 / outputs + 1 / 9)
    assert parts(torch.rand(2, inputs, 6, 6)).shape == (2, outputs, 6, 6)


def test_mobilenet_of_the_paper():
    net = build("mobilenet", width=32, blocks=(1, 2, 2, 6, 2))
    channels = [32, 64, 128, 128, 256, 256, *[512] * 6, 1024, 1024]
    by_hand = 27 * 32 + 2 * 32
    for before, after in zip(channels, channels[1:], strict=False):
        by_hand += 9 * before + before * after + 2 * before + 2 * after
    assert parameters(net) == by_hand
    head = 1024 * 1000 + 1000
    assert round((parameters(net) + head) / 1e6, 1) == 4.2
    assert round((multiply_adds(net, (3, 224, 224)) + 1024 * 1000) / 1e6) == 569


REGNETS = [  # depth, start, slope, ratio, group, as torchvision has them for X
    (22, 24, 24.48, 2.54, 16),
    (16, 56, 35.73, 2.28, 16),
    (18, 80, 34.01, 2.25, 24),
    (25, 88, 26.31, 2.25, 48),
    (23, 80, 49.56, 2.88, 120),
    (23, 320, 69.86, 2.0, 168),
    (4, 24, 24, 2.0, 20),  # not one of theirs: 24 and 48 would lose more than a tenth by rounding
]


@pytest.mark.parametrize(("depth", "start", "slope", "ratio", "group"), REGNETS)
def test_the_width_rule_is_torchvisions(depth, start, slope, ratio, group):
    theirs = BlockParams.from_init_params(depth, start, slope, ratio, group)
    assert stage_widths(depth, start, slope, ratio, group) == (theirs.widths, theirs.depths)


def test_the_width_rule_by_hand():
    """u = 32, 64 … 256; log2(u / 32) = 0, 1, 1.58, 2, 2.32, 2.58, 2.81, 3."""
    assert stage_widths(8, 32, 32, 2.0) == ([32, 64, 128, 256], [1, 1, 3, 3])


def test_regnet_400mf_is_torchvisions_but_for_one_shortcut():
    with torch.device("meta"):
        ours = build("regnet", width=24, depth=22, slope=24.48, ratio=2.54, group=16)
    stated = RegNet_X_400MF_Weights.DEFAULT.meta["num_params"]
    head, shortcut = 400 * 1000 + 1000, 32 * 32 + 2 * 32  # their first stage halves, ours does not
    assert ours.dim == 400
    assert parameters(ours) == stated - head - shortcut


def test_regnet_options():
    net = build("regnet", width=16, depth=4, gate="se", residual=False)
    assert net.blocks[0].gate.excite.out_features == 16
    assert not net.blocks[0].residual
    assert net.blocks[0].branch[3].groups == 2
    with pytest.raises(CourseError, match="RegNet's rule needs"):
        build("regnet", ratio=1.0)
