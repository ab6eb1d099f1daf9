"""Receptive fields by the formula, and what gradients reach."""

import pytest
import torch
import torchvision
from torch import nn

from course_lib.core.errors import CourseError
from course_lib.nets import build
from course_lib.nets.receptive import input_gradient, kernels, receptive_field, support


def test_three_kernels_of_3_see_what_one_of_7_sees():
    assert receptive_field([(3, 1)] * 3) == receptive_field([(7, 1)]) == (7, 1)
    for n in range(1, 6):
        assert receptive_field([(3, 1)] * n) == (2 * n + 1, 1)


def test_strides_multiply_what_comes_after_them():
    assert receptive_field([(3, 2), (3, 1)]) == (7, 2)
    assert receptive_field([(3, 1), (2, 2), (3, 1), (2, 2)]) == (10, 4)
    assert receptive_field([]) == (1, 1)


@pytest.mark.parametrize(
    ("name", "size", "jump"), [("alexnet", 195, 32), ("vgg16", 212, 32), ("resnet50", 427, 32)]
)
def test_full_size_models(name, size, jump):
    """AlexNet's and VGG's last pool; ResNet-50 with its strides in the 3×3 convolutions."""
    with torch.device("meta"):
        net = torchvision.models.get_model(name)
    if name == "resnet50":
        parts = [net.conv1, net.maxpool, net.layer1, net.layer2, net.layer3, net.layer4]
    else:
        parts = [net.features]
    assert receptive_field(kernels(*parts)) == (size, jump)


def random_images(size: int) -> torch.Tensor:
    return torch.rand(6, 3, size, size, generator=torch.Generator().manual_seed(0)).double()


def parts(name: str, net: nn.Module) -> list[nn.Module]:
    own = {"alexnet": ["convolutions"], "convnet": ["stages"], "vgg": ["stages"]}
    return [getattr(net, part) for part in own.get(name, ["stem", "blocks"])]


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        ("convnet", {}),
        ("alexnet", {}),
        ("vgg", {"blocks": (3, 1)}),
        ("vgg", {"blocks": (3, 1), "stacked": False}),
        ("resnet", {"blocks": (1, 2), "zero_init": False}),
        ("resnet", {"blocks": (1, 1), "block": "bottleneck", "zero_init": False}),
        ("resnet", {"blocks": (1, 1), "residual": False}),
        ("mobilenet", {"blocks": (1, 1)}),
        ("regnet", {"depth": 2, "zero_init": False}),
    ],
)
def test_the_formula_agrees_with_the_support_of_the_gradient(name, spec):
    torch.manual_seed(0)
    net = build(name, width=8, **spec).double().eval()
    size, jump = receptive_field(kernels(*parts(name, net)))
    image = -(-(size + 4 * jump) // jump) * jump  # room on every side of the middle
    maps = net.maps if name != "convnet" else lambda x: net.stages(net.normalise(x))
    found = input_gradient(maps, random_images(image))
    assert found.shape == (image, image)
    assert support(found) == (size, size)


def test_the_equal_stack_and_single_kernel_see_as_much():
    nets = [build("vgg", blocks=(3, 3), stacked=stacked) for stacked in (True, False)]
    fields = [receptive_field(kernels(net.stages)) for net in nets]
    assert fields[0] == fields[1]


def test_a_block_at_its_zero_start_sees_one_place():
    net = build("resnet", width=8, blocks=(1, 1)).double().eval()
    first = nn.Sequential(net.stem, net.blocks[0])
    assert support(input_gradient(first, random_images(12))) == (3, 3)
    assert receptive_field(kernels(first)) == (7, 1)


def test_the_gradient_is_that_of_the_middle_by_hand():
    conv = nn.Conv2d(1, 2, 3, bias=False).double()
    found = input_gradient(conv, torch.rand(4, 1, 7, 7).double())
    expected = torch.zeros(7, 7).double()
    expected[2:5, 2:5] = conv.weight.sum(dim=0)[0].abs()
    assert torch.allclose(found, expected)


def test_no_gradient_and_what_no_list_can_say_are_refused():
    with pytest.raises(CourseError, match="No pixel moves"):
        support(torch.zeros(4, 4))
    net = build("resnet", width=8, blocks=(1, 1), gate="se")
    with pytest.raises(CourseError, match="0.gate looks at places"):
        kernels(net.stem, net.blocks)
    with pytest.raises(CourseError, match="attn looks at places"):
        kernels(build("vit", depth=1).body)
