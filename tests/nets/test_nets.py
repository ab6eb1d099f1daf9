"""Encoders: shapes, sizes, gradients, normalisation inside, and what they refuse."""

import io

import pytest
import torch
from torch import nn

from course_lib.core.errors import CourseError
from course_lib.nets import NETS, build, encoder, linear, mlp, refuse_dropout

SMALL = {
    "alexnet": {"width": 8},
    "convnet": {"width": 8},
    "vgg": {"width": 8},
    "mobilenet": {"width": 8},
    "regnet": {"width": 8, "depth": 4},
    "resnet": {"width": 8, "blocks": (1, 1, 1, 1)},
    "vit": {"dim": 32, "depth": 2, "heads": 2},
}


def small(name: str, **spec) -> nn.Module:
    torch.manual_seed(0)
    return build(name, **(SMALL[name] | spec))


def count(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize(("size", "channels"), [(28, 1), (40, 3), (64, 3)])
def test_features_have_the_stated_width(name, size, channels):
    patch = {"patch": 4, "size": size} if name == "vit" else {}
    net = small(name, in_channels=channels, **patch)
    assert net(torch.rand(2, channels, size, size)).shape == (2, net.dim)


def test_default_sizes():
    convnet = build("convnet")
    assert count(convnet) == 27 * 32 + 9 * (32 * 64 + 64 * 128 + 128 * 128) + 2 * (32 + 64 + 256)
    file = io.BytesIO()
    torch.save(convnet.half().state_dict(), file)
    assert file.tell() <= 0.7e6
    assert 11.1e6 < count(build("resnet")) < 11.2e6
    assert 1.1e6 < count(build("vit")) < 1.3e6
    alexnet = build("alexnet")
    assert 1.1e6 < count(alexnet) < 1.2e6
    assert 0.6 < count(alexnet.fully) / count(alexnet) < 0.65


@pytest.mark.parametrize("name", NETS)
def test_gradient_reaches_every_parameter(name):
    net = small(name)
    for part in net.modules():  # a block's last gamma starts at zero and stops what is before it
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.weight, 0.5, 1.5)
    (net(torch.rand(8, 3, 40, 40)) * torch.randn(8, net.dim)).sum().backward()
    assert [n for n, p in net.named_parameters() if p.grad is None or not p.grad.any()] == []


@pytest.mark.parametrize("name", NETS)
def test_no_bias_before_a_norm(name):
    """Followed by a norm over the batch, no parameter is without a true gradient (float64)."""
    net = small(name).double()
    for part in net.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.weight, 0.5, 1.5)
    head = mlp(net.dim, 16, 8, last_norm=True).double()
    out = head(net(torch.rand(8, 3, 40, 40).double()))
    (out * torch.randn(8, 8).double()).sum().backward()
    both = [*net.named_parameters(), *head.named_parameters()]
    assert [n for n, p in both if p.grad.abs().max() < 1e-12] == []


@pytest.mark.parametrize("name", NETS)
def test_layers_hold_every_parameter_once(name):
    net = small(name)
    listed = [id(p) for layer in net.layers() for p in layer]
    assert sorted(listed) == sorted(id(p) for p in net.parameters())
    assert len(net.layers()) > 2


def test_a_residual_block_starts_as_the_identity():
    net = small("resnet").eval()
    x = torch.rand(2, 8, 10, 10)
    assert torch.equal(net.blocks[0](x), x)


@pytest.mark.parametrize("name", NETS)
def test_normalisation_is_inside(name):
    net = small(name).eval()
    seen = []
    net.normalise.register_forward_hook(lambda module, inputs, output: seen.append(output))
    net(torch.tensor([0.0, 0.5, 1.0]).reshape(3, 1, 1, 1).expand(3, 3, 40, 40))
    assert seen[0][:, 0, 0, 0].tolist() == [-2.0, 0.0, 2.0]
    assert "normalise.mean" in net.state_dict()
    with pytest.raises(CourseError, match="divide uint8 images by 255"):
        net(torch.zeros(2, 3, 40, 40, dtype=torch.uint8))


@pytest.mark.parametrize("name", NETS)
def test_bf16_and_channels_last_agree_with_fp32(name):
    net = small(name).eval()
    x = torch.rand(4, 3, 40, 40)
    plain = net(x)
    net = net.to(memory_format=torch.channels_last)
    x = x.contiguous(memory_format=torch.channels_last)
    assert torch.allclose(net(x), plain, atol=1e-5)
    with torch.autocast("cpu", torch.bfloat16):
        half = net(x).float()
    assert torch.nn.functional.cosine_similarity(half, plain).min() > 0.99


def test_linear_starts_at_equal_chances():
    assert linear(5, 3)(torch.randn(4, 5)).abs().max() == 0


def test_mlp_layers_and_last_norm():
    head = mlp(6, 5, 4, layers=3, last_norm=True)
    assert [p.bias is not None for p in head if isinstance(p, nn.Linear)] == [False] * 3
    z = head(torch.randn(64, 6))
    assert z.mean(0).abs().max() < 1e-5
    assert (z.std(0, correction=0) - 1).abs().max() < 1e-2
    assert mlp(6, 5, 4)[-1].bias is not None
    with pytest.raises(CourseError, match="at least one layer"):
        mlp(6, 5, 4, layers=0)


def test_unknown_names_get_the_nearest_right_one():
    with pytest.raises(CourseError, match="did you mean 'convnet'"):
        build("convnett")
    with pytest.raises(CourseError, match="did you mean 'width'"):
        build("convnet", widht=3)
    with pytest.raises(CourseError, match="size % patch"):
        build("vit", patch=7)


@pytest.mark.parametrize(
    "part",
    [
        nn.Dropout(0.1),
        nn.Dropout2d(0.5),
        nn.MultiheadAttention(4, 1, dropout=0.1),
        nn.LSTM(4, 4, num_layers=2, dropout=0.2),
    ],
)
def test_active_dropout_is_refused(part):
    with pytest.raises(CourseError, match=r"1 .* has active dropout"):
        refuse_dropout(nn.Sequential(nn.Linear(4, 4), part))


def test_drop_path_is_refused_and_dropout_of_zero_is_not():
    from timm.layers import DropPath

    with pytest.raises(CourseError, match="DropPath"):
        refuse_dropout(DropPath(0.1))
    refuse_dropout(nn.Sequential(nn.Dropout(0.0), DropPath(0.0), nn.LSTM(4, 4)))
    assert nn.Dropout(0.0).p == 0


@pytest.mark.parametrize(("size", "patch"), [(16, 2), (28, 4), (32, 4), (40, 5), (96, 12), (7, 1)])
def test_a_vit_of_a_recipe_gets_patches_that_fit(size, patch):
    assert encoder("vit", 8, 3, size, {"depth": 1}).patch == patch


@pytest.mark.parametrize("name", NETS)
def test_every_net_of_a_recipe_takes_its_images(name):
    net = encoder(name, 8, 1, 16, {}).eval()
    assert net(torch.zeros(2, 1, 16, 16)).shape == (2, net.dim)
    if name in ("convnet", "vit"):
        assert net.dim == 32


def test_options_of_a_recipe_win_and_unknown_ones_are_refused():
    assert encoder("vit", 8, 3, 16, {"dim": 64, "depth": 1}).dim == 64
    with pytest.raises(CourseError, match="vit has no option 'depht': did you mean 'depth'"):
        encoder("vit", 8, 3, 16, {"depht": 1})
