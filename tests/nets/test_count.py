"""Counters against hand counts and torchvision's full-size models, on the meta device."""

import pytest
import torch
import torchvision
from torch import nn
from torchvision.models import get_model_weights

from course_lib.nets import NETS, build, encoder
from course_lib.nets.count import layers, multiply_adds, parameters


def full(name: str) -> nn.Module:
    with torch.device("meta"):
        return torchvision.models.get_model(name)


@pytest.mark.parametrize(
    ("name", "millions"),
    [
        ("alexnet", 61.10),
        ("vgg16", 138.36),
        ("resnet50", 25.56),
        ("resnet152", 60.19),
        ("resnext101_32x8d", 88.79),
    ],
)
def test_parameters_of_full_size_models(name, millions):
    stated = next(iter(get_model_weights(name))).meta["num_params"]
    assert parameters(full(name)) == stated
    assert round(stated / 1e6, 2) == millions


@pytest.mark.parametrize(
    "name",
    [
        "alexnet",
        "vgg16",
        "resnet50",
        pytest.param("resnet152", marks=pytest.mark.slow),
        pytest.param("resnext101_32x8d", marks=pytest.mark.slow),
    ],
)
def test_multiply_adds_of_full_size_models(name):
    """torchvision states them in billions, under the name of operations."""
    net, shape = full(name), (3, 224, 224)
    total = multiply_adds(net, shape)
    assert round(total / 1e9, 3) == next(iter(get_model_weights(name))).meta["_ops"]
    assert sum(layer.multiply_adds for layer in layers(net, shape)) == total


@pytest.mark.parametrize(
    ("name", "depth"), [("alexnet", 8), ("vgg16", 16), ("vgg19", 19), ("resnet50", 50)]
)
def test_depth_as_papers_count_it(name, depth):
    found = layers(full(name), (3, 224, 224))
    assert len([layer for layer in found if "downsample" not in layer.name]) == depth


def test_alexnet_has_eight_layers_with_the_classifier():
    net = nn.Sequential(build("alexnet", width=8), nn.Linear(128, 10))
    kinds = [layer.kind for layer in layers(net, (3, 40, 40))]
    assert kinds == ["Conv2d"] * 5 + ["Linear"] * 3


def test_a_small_net_by_hand():
    net = nn.Sequential(
        nn.Conv2d(3, 8, 5, stride=2, padding=2),  # 10 × 10 → 5 × 5
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, padding=1, groups=4, bias=False),
        nn.BatchNorm2d(16),
        nn.Flatten(),
        nn.Linear(16 * 25, 7),
    )
    found = layers(net, (3, 10, 10))
    assert [(layer.output, layer.weights, layer.multiply_adds) for layer in found] == [
        ((8, 5, 5), 75 * 8, 75 * 8 * 25),
        ((16, 5, 5), 2 * 9 * 16, 2 * 9 * 16 * 25),
        ((7,), 400 * 7, 400 * 7),
    ]
    assert multiply_adds(net, (3, 10, 10)) == sum(layer.multiply_adds for layer in found)
    assert parameters(net) == 75 * 8 + 8 + 2 * 9 * 16 + 2 * 16 + 400 * 7 + 7


@pytest.mark.parametrize("class_token", [False, True])
def test_a_vit_by_hand(class_token):
    d, depth, patches = 32, 2, 16
    net = build("vit", dim=d, depth=depth, heads=4, patch=10, size=40, class_token=class_token)
    L = patches + class_token
    found = layers(net, (3, 40, 40))
    linear = patches * 300 * d + depth * L * (3 * d * d + d * d + 8 * d * d)
    assert sum(layer.multiply_adds for layer in found) == linear
    assert multiply_adds(net, (3, 40, 40)) == linear + depth * 2 * L * L * d


@pytest.mark.parametrize("name", NETS)
def test_counting_leaves_a_net_as_it_is(name):
    net = encoder(name, 8, 3, 40, {}).double().train()
    before = {key: value.clone() for key, value in net.state_dict().items()}
    assert layers(net, (3, 40, 40))
    assert multiply_adds(net, (3, 40, 40)) > 0
    assert all(part.training for part in net.modules())
    after = net.state_dict()
    assert all(torch.equal(after[key], value) for key, value in before.items())
    assert {p.dtype for p in net.parameters()} == {torch.float64}
