"""AlexNet and VGG: their layers, response norm, grids, kernels that see as much, full sizes."""

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.nets import build
from course_lib.nets.layers import Grid, ResponseNorm, dropout


def count(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


def parts(net: nn.Module, kind) -> list[nn.Module]:
    return [part for part in net.modules() if isinstance(part, kind)]


def test_alexnet_has_five_convolutions_and_two_of_three_linear_layers():
    net = build("alexnet", width=8)
    assert len(parts(net, nn.Conv2d)) == 5
    assert len(parts(net, nn.Linear)) == 2  # the classifier of a method is the third
    assert [conv.out_channels for conv in parts(net, nn.Conv2d)] == [8, 24, 32, 32, 24]
    assert net.dim == 16 * 8 == build("alexnet", width=8)(torch.rand(2, 3, 40, 40)).shape[1]
    assert [(p.kernel_size, p.stride) for p in parts(net, nn.MaxPool2d)] == [(3, 2)] * 3


@pytest.mark.parametrize(("size", "side"), [(28, 2), (32, 2), (40, 3), (64, 4)])
def test_alexnet_maps(size, side):
    assert build("alexnet", width=8).maps(torch.rand(2, 3, size, size)).shape == (2, 24, side, side)


def test_alexnet_options():
    plain = build("alexnet", width=8, lrn=False, overlap=False, activation="tanh", hidden=32)
    assert parts(plain, ResponseNorm) == []
    assert len(parts(build("alexnet", width=8), ResponseNorm)) == 2
    assert parts(plain, nn.ReLU) == []
    assert len(parts(plain, nn.Tanh)) == 7
    assert {p.kernel_size for p in parts(plain, nn.MaxPool2d)} == {2}
    assert plain(torch.rand(2, 3, 40, 40)).shape == (2, 32)
    for name in ("alexnet", "vgg"):
        with pytest.raises(CourseError, match="no activation 'relo': did you mean 'relu'"):
            build(name, activation="relo")


@pytest.mark.parametrize("name", ["alexnet", "vgg"])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_activations_keep_their_scale_through_all_layers(name, activation):
    torch.manual_seed(0)
    spec = {"norm": False} if name == "vgg" else {}
    features = build(name, activation=activation, **spec)(torch.rand(16, 3, 40, 40))
    assert 0.05 < features.std() < 5
    again = build(name, activation=activation, **spec).eval()
    x = torch.rand(2, 3, 40, 40)
    assert torch.equal(again(x), again(x))


def test_the_same_net_up_to_its_activation():
    nets = []
    for activation in ("relu", "tanh"):
        torch.manual_seed(0)
        nets.append(build("alexnet", width=8, activation=activation))
    ratios = [
        (a / b).unique() for a, b in zip(*(n.parameters() for n in nets), strict=True) if a.any()
    ]
    assert all(torch.allclose(r, torch.tensor(2**0.5 / (5 / 3))) for r in ratios)


@pytest.mark.parametrize("channels", [3, 16])
def test_response_norm_in_loops_and_against_torch_with_the_sum_for_the_mean(channels):
    torch.manual_seed(0)
    x = 30 * torch.randn(2, channels, 3, 3).double()
    made = ResponseNorm()(x)
    assert torch.allclose(made, F.local_response_norm(x, 5, alpha=5e-4, beta=0.75, k=2))
    for c in range(channels):
        near = x[:, max(0, c - 2) : c + 3].square().sum(dim=1)
        assert torch.allclose(made[:, c], x[:, c] / (2 + 1e-4 * near) ** 0.75)


@pytest.mark.parametrize("size", [(3, 3), (5, 5), (2, 2), (8, 7), (1, 1)])
def test_the_grid_is_adaptive_average_pooling(size):
    x = torch.randn(2, 4, *size).double()
    assert torch.allclose(Grid(3)(x), F.adaptive_avg_pool2d(x, 3).flatten(1))


def test_inverted_dropout_keeps_the_expectation_and_belongs_to_its_sample():
    x = torch.rand(1, 8).expand(4000, 8)
    index = torch.arange(4000)
    draws = Rng(0, 0, index).uniform("dropout", 8)
    out = dropout(x, draws, 0.25)
    assert (out.mean(dim=0) / x[0] - 1).abs().max() < 0.05
    assert ((out == 0) | torch.isclose(out, x / 0.75)).all()
    assert 0.23 < (out == 0).float().mean() < 0.27
    assert torch.equal(dropout(x, draws, 0.0), x)
    alone = Rng(0, 0, index[7:9]).uniform("dropout", 8)
    assert torch.equal(dropout(x[7:9], alone, 0.25), out[7:9])
    torch.manual_seed(0)
    theirs = F.dropout(torch.ones(40000), 0.25)
    assert abs(theirs.mean() - 1) < 0.02  # torch's is inverted as well
    assert theirs.max() == pytest.approx(1 / 0.75)
    with pytest.raises(CourseError, match="rate of dropout lies in"):
        dropout(x, draws, 1.0)


@pytest.mark.parametrize(
    ("theirs", "blocks", "layers"), [("vgg16", (2, 2, 3, 3, 3), 16), ("vgg19", (2, 2, 4, 4, 4), 19)]
)
def test_full_size_vgg_is_torchvisions(theirs, blocks, layers):
    with torch.device("meta"):
        reference = getattr(torchvision.models, theirs)()
        ours = build("vgg", width=64, blocks=blocks, hidden=4096, grid=7, norm=False)
        head = nn.Linear(4096, 1000)
    assert [p.shape for p in ours.parameters()] == [p.shape for p in reference.parameters()][:-2]
    assert len(parts(ours, nn.Conv2d)) + len(parts(ours, nn.Linear)) + 1 == layers
    if theirs == "vgg16":
        assert len(parts(ours, nn.Conv2d)) == 13
        assert round((count(ours) + count(head)) / 1e6, 2) == 138.36


def test_a_stack_has_fewer_weights_than_one_kernel_that_sees_as_much():
    stacked, single = (build("vgg", width=8, blocks=(1, 3), stacked=s) for s in (True, False))
    assert [c.kernel_size for c in parts(single, nn.Conv2d)] == [(3, 3), (7, 7)]
    x = torch.rand(2, 3, 16, 16)
    assert stacked.maps(x).shape == single.maps(x).shape
    C = 16
    stack = nn.Sequential(*(nn.Conv2d(C, C, 3, bias=False) for _ in range(3)))
    one = nn.Conv2d(C, C, 7, bias=False)
    assert (count(stack), count(one)) == (27 * C**2, 49 * C**2)
    assert count(stack) / count(one) == pytest.approx(0.551, abs=5e-4)


def test_vgg_options():
    net = build("vgg", width=8, norm=False, blocks=(1, 1, 1, 1, 1))
    assert parts(net, nn.BatchNorm2d) == []
    assert all(conv.bias is not None for conv in parts(net, nn.Conv2d))
    assert [conv.out_channels for conv in parts(net, nn.Conv2d)] == [8, 16, 32, 64, 64]
    assert all(conv.bias is None for conv in parts(build("vgg", width=8), nn.Conv2d))


@pytest.mark.parametrize("name", ["mobilenet", "resnet", "vgg"])
@pytest.mark.parametrize("blocks", [(2, 0), (), 3, (1, 1.5), "2,2"])
def test_blocks_that_are_none_are_refused(name, blocks):
    with pytest.raises(CourseError, match="blocks holds a whole number from 1 for each stage"):
        build(name, blocks=blocks)
