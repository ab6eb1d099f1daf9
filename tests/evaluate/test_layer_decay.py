"""Layer-wise rates: what the decay does to each layer, in every net that has layers."""

import pytest
import torch

from course_lib.evaluate import finetune
from course_lib.evaluate.finetune import FineTuned, layer_rates
from course_lib.evaluate.linear import Probe
from course_lib.nets import build

NETS = {
    "alexnet": {"width": 4},
    "convnet": {"width": 4},
    "resnet": {"width": 4, "blocks": (1, 1)},
    "vgg": {"width": 4, "blocks": (1, 1)},
    "vit": {"dim": 16, "depth": 2, "heads": 2, "patch": 7, "size": 28},
}


def start(name: str):
    torch.manual_seed(0)
    net = build(name, **NETS[name])
    probe = Probe(0.1 * torch.randn(net.dim, 4), torch.zeros(4), 1.0)
    images = torch.randint(0, 256, (32, 3, 28, 28), dtype=torch.uint8)
    return net, probe, images, torch.arange(32) % 4


def moves(name: str, decay: float) -> list[float]:
    """How far the parameters of each layer move at most in one step, from images to head.

    Adam's first step is the rate, wherever there is a gradient.
    """
    net, probe, images, labels = start(name)
    before = layer_rates(FineTuned(net, probe), decay)
    tuned = finetune(
        net, probe, images, labels, lr=1e-3, epochs=0, least=1, decay=decay, weight_decay=0
    )
    return [
        max((p - q).abs().max().item() for p, q in zip(g["params"], h["params"], strict=True))
        for g, h in zip(layer_rates(tuned, decay), before, strict=True)
    ]


@pytest.mark.parametrize("name", NETS)
def test_each_layer_moves_by_its_share_of_the_rate(name):
    found = moves(name, 0.5)
    top = len(found) - 1
    expected = [found[-1] * 0.5 ** (top - depth) for depth in range(top + 1)]
    assert found == pytest.approx(expected, rel=0.02)
    assert found[-1] == pytest.approx(1e-3, rel=0.02)


@pytest.mark.parametrize("name", ["convnet", "vit"])
def test_without_decay_all_layers_move_alike(name):
    found = moves(name, 1.0)
    assert found == pytest.approx([found[-1]] * len(found), rel=0.02)


@pytest.mark.parametrize("name", NETS)
def test_every_parameter_is_in_one_layer(name):
    net, probe, *_ = start(name)
    tuned = FineTuned(net, probe)
    listed = [id(p) for group in layer_rates(tuned, 0.7) for p in group["params"]]
    assert sorted(listed) == sorted(id(p) for p in tuned.parameters())
