"""Gates: SE against its formula in loops, GE against its tiles, and forced to 1 as if not there."""

import pytest
import torch
from torch import nn

from course_lib.core.errors import CourseError
from course_lib.nets import build
from course_lib.nets.gates import GatherConv, GatherMean, SqueezeExcite, force, gates

GATES = [
    {"gate": "se", "reduction": 4},
    {"gate": "ge"},
    {"gate": "ge", "extent": 2},
    {"gate": "ge-conv", "extent": 2},
]


def net_with(**spec) -> nn.Module:
    """A net whose branches do something: every gamma is 1."""
    torch.manual_seed(0)
    return build("resnet", width=8, blocks=(1, 2), zero_init=False, **spec)


def count(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize("spec", GATES)
def test_forced_gates_are_the_net_without_gates_bit_for_bit(spec):
    net, baseline = net_with(**spec), net_with()
    x = torch.rand(3, 3, 12, 12)
    assert not torch.allclose(net(x), baseline(x), atol=1e-3)
    force(net)
    assert torch.equal(net(x), baseline(x))
    force(net, on=False)
    assert not torch.allclose(net(x), baseline(x), atol=1e-3)


@pytest.mark.parametrize("spec", GATES)
def test_gates_lie_between_0_and_1_and_depend_on_the_image(spec):
    net = net_with(**spec).eval()
    found = gates(net, torch.rand(4, 3, 12, 12))
    assert [g.shape[:2] for g in found] == [(4, 8), (4, 16), (4, 16)]
    for g in found:
        assert 0 < g.min() < 0.5 < g.max() < 1  # no ReLU before the sigmoid
        assert g.std(dim=0).max() > 1e-4


@pytest.mark.parametrize("spec", GATES)
def test_the_gate_is_on_the_branch_before_the_addition(spec):
    block = net_with(**spec).eval().blocks[0]
    x = torch.rand(2, 8, 6, 6)
    branch = block.branch(x)
    expected = (x + branch * block.gate.gates(branch)).relu()
    assert torch.allclose(block(x), expected)
    with torch.no_grad():
        for part in block.gate.parameters():
            part.copy_(torch.full_like(part, float("nan")))
    nn.init.zeros_(block.branch[-1].weight)
    force(block)
    assert torch.equal(block(x), x)  # no gate on the shortcut


@pytest.mark.parametrize("spec", GATES)
def test_gradient_reaches_gates_and_what_is_before_them(spec):
    net = net_with(**spec)
    (net(torch.rand(8, 3, 12, 12)) * torch.randn(8, net.dim)).sum().backward()
    assert [n for n, p in net.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_squeeze_and_excitation_by_its_formula_in_loops():
    torch.manual_seed(0)
    gate, x = SqueezeExcite(6, reduction=2).double(), torch.randn(2, 6, 3, 4).double()
    down, up = gate.squeeze.weight, gate.excite.weight  # (3, 6), (6, 3)
    for b in range(2):
        mean = [x[b, c].sum() / 12 for c in range(6)]
        inner = [
            max(sum(down[i, c] * mean[c] for c in range(6)), torch.zeros(())) for i in range(3)
        ]
        for c in range(6):
            s = 1 / (1 + torch.exp(-sum(up[c, i] * inner[i] for i in range(3))))
            assert torch.allclose(gate(x)[b, c], s * x[b, c])


def test_se_adds_two_c_squared_over_r_weights_a_block():
    net, baseline = net_with(gate="se", reduction=4), net_with()
    assert count(net) - count(baseline) == 2 * (8 * 8 + 2 * 16 * 16) // 4
    assert count(SqueezeExcite(8, reduction=16)) == 2 * 8  # one unit is left


def test_se_resnet50_has_28_million_parameters():
    with torch.device("meta"):
        spec = {"blocks": (3, 4, 6, 3), "block": "bottleneck"}
        extra = count(build("resnet", gate="se", **spec)) - count(build("resnet", **spec))
    assert extra == sum(n * 2 * c**2 // 16 for n, c in ((3, 256), (4, 512), (6, 1024), (3, 2048)))
    assert round((25_557_032 + extra) / 1e6, 1) == 28.1


@pytest.mark.parametrize("extent", [2, 3, 4])
def test_gather_excite_without_parameters_by_its_tiles(extent):
    gate, x = GatherMean(extent), torch.randn(2, 3, 7, 6)
    assert count(gate) == 0
    made = gate.gates(x)
    assert made.shape == x.shape
    for i in range(7):
        for j in range(6):
            top, left = i // extent * extent, j // extent * extent
            tile = x[:, :, top : top + extent, left : left + extent]
            assert torch.allclose(made[:, :, i, j], tile.mean(dim=(2, 3)).sigmoid(), atol=1e-6)


def test_gather_over_all_places_is_one_gate_a_channel():
    x = torch.randn(2, 3, 7, 6)
    assert torch.equal(GatherMean(0).gates(x), x.mean(dim=(2, 3), keepdim=True).sigmoid())


@pytest.mark.parametrize("extent", [2, 4, 8])
def test_depthwise_gather_keeps_channels_apart_and_tiles_in_place(extent):
    torch.manual_seed(0)
    gate = GatherConv(3, extent).eval()
    steps = extent.bit_length() - 1
    assert count(gate) == steps * 3 * (9 + 2)
    x = torch.randn(1, 3, 16, 13)
    assert gate.gates(x).shape == x.shape
    changed = x.clone()
    changed[:, 1] += 1
    same = (gate.gates(changed) == gate.gates(x)).flatten(2).all(dim=2)
    assert same.tolist() == [[True, False, True]]
    tile = gate.gates(x)[..., :extent, :extent]
    assert torch.equal(tile, tile[..., :1, :1].expand_as(tile))


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"gate": "see"}, "no gate 'see': did you mean 'se'"),
        ({"gate": "ge-conv", "extent": 3}, "extent of ge-conv is 2, 4, 8"),
    ],
)
def test_what_is_no_gate_is_refused(spec, said):
    with pytest.raises(CourseError, match=said):
        net_with(**spec)
