"""The ViT: a bag of patches without positions, and visible tokens only with `keep`."""

import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.nets import build
from course_lib.nets.vit import blocks, resample

TOKENS = [{}, {"class_token": True}, {"class_token": True, "distillation_token": True}]
SPEC = {"dim": 32, "depth": 2, "heads": 2, "patch": 10, "size": 40}


def shuffle_patches(x: torch.Tensor, order: torch.Tensor) -> torch.Tensor:
    """(B, C, 40, 40) with its 16 patches of 10×10 put in another order."""
    columns = torch.nn.functional.unfold(x, 10, stride=10)  # (B, C·100, 16)
    return torch.nn.functional.fold(columns[:, :, order], (40, 40), 10, stride=10)


@pytest.mark.parametrize("tokens", TOKENS)
@pytest.mark.parametrize("positions", [False, True])
def test_order_of_patches_matters_only_with_positions(positions, tokens):
    torch.manual_seed(0)
    net = build("vit", positions=positions, **tokens, **SPEC).double().eval()
    x, order = torch.rand(3, 3, 40, 40).double(), torch.randperm(16)
    same = torch.allclose(net(x), net(shuffle_patches(x, order)), atol=1e-10)
    assert same is not positions


@pytest.mark.parametrize("tokens", TOKENS)
def test_keep_runs_the_chosen_tokens_only(tokens):
    torch.manual_seed(0)
    net = build("vit", **tokens, **SPEC).double().eval()
    x = torch.rand(4, 3, 40, 40).double()
    keep = torch.stack([torch.randperm(16)[:5] for _ in range(4)])
    lengths = []
    net.body.blocks[0].register_forward_hook(lambda m, i, out: lengths.append(out.shape[1]))
    seen = net.tokens(x, keep)
    assert lengths == [5 + len(tokens)]
    for b in range(4):  # one image at a time, tokens picked by hand
        every = net.body._pos_embed(net.body.patch_embed(net.normalise(x[b : b + 1])))
        rows = [*range(len(tokens)), *(keep[b] + len(tokens)).tolist()]
        by_hand = net.body.norm(net.body.blocks(every[:, rows]))
        assert torch.allclose(seen[b], by_hand[0], atol=1e-10)
    changed = x.clone()
    changed[0, :, :10, :10] = 0  # patch 0
    hidden = torch.arange(1, 16).expand(4, 15)
    assert torch.equal(net(x, hidden), net(changed, hidden))


def test_the_feature_is_the_mean_of_class_and_distillation_token():
    torch.manual_seed(0)
    net, x = build("vit", **TOKENS[2], **SPEC).eval(), torch.rand(2, 3, 40, 40)
    tokens = net.tokens(x)
    assert tokens.shape == (2, 18, 32)
    assert torch.equal(net(x), (tokens[:, 0] + tokens[:, 1]) / 2)
    assert not torch.allclose(tokens[:, 0], tokens[:, 1], atol=0.1)
    with pytest.raises(CourseError, match="distillation_token=true needs class_token=true"):
        build("vit", distillation_token=True, **SPEC)


def test_each_of_the_two_tokens_answers_to_its_own_head_alone():
    torch.manual_seed(0)
    net = build("vit", **TOKENS[2], **SPEC)
    net.tokens(torch.rand(2, 3, 40, 40))[:, 1].square().sum().backward()
    label, teacher = net.body.cls_token.grad, net.body.reg_token.grad
    assert teacher.norm() > 10 * label.norm() > 0  # the other is only attended to


def test_keeping_all_is_the_whole_image():
    torch.manual_seed(0)
    net = build("vit", **SPEC).eval()
    x = torch.rand(2, 3, 40, 40)
    assert torch.allclose(net(x, torch.arange(16).expand(2, 16)), net(x), atol=1e-6)


def test_another_image_size_resamples_positions():
    net = build("vit", **SPEC)
    assert net.tokens(torch.rand(2, 3, 20, 30)).shape == (2, 6, 32)


def test_attention_has_no_bias_that_the_softmax_cancels():
    net = build("vit", **SPEC)
    assert [block.attn.qkv.bias for block in net.body.blocks] == [None, None]


def test_resampled_positions_are_those_of_timm():
    from timm.layers import resample_abs_pos_embed

    positions = torch.randn(36, 8)
    assert torch.equal(resample(positions, 6, (6, 6)), positions)
    for grid in ((3, 3), (4, 8), (9, 9)):
        theirs = resample_abs_pos_embed(positions[None], grid, (6, 6), num_prefix_tokens=0)[0]
        assert torch.allclose(resample(positions, 6, grid), theirs, atol=1e-5)


def test_resampling_is_exact_in_float64_and_keeps_its_precision_under_autocast():
    positions = torch.randn(16, 8, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda p: resample(p, 4, (3, 5)), positions)
    single = positions.detach().float()
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(resample(single, 4, (3, 5)), resample_outside(single))


def resample_outside(positions: torch.Tensor) -> torch.Tensor:
    with torch.autocast("cpu", enabled=False):
        return resample(positions, 4, (3, 5))


@pytest.mark.parametrize("tokens", TOKENS)
def test_small_images_train_the_positions_of_large_ones(tokens):
    torch.manual_seed(0)
    net = build("vit", **tokens, **SPEC)
    net(torch.rand(2, 3, 20, 20)).square().sum().backward()
    assert net.body.pos_embed.grad.ne(0).any(dim=2).all()


def test_images_that_do_not_divide_into_patches_are_refused():
    with pytest.raises(CourseError, match="Images of 25 x 40 px do not divide into patches of 10"):
        build("vit", **SPEC)(torch.rand(1, 3, 25, 40))


def test_blocks_for_decoders_keep_shapes_and_mix_tokens():
    torch.manual_seed(0)
    net, x = blocks(8, 2, 2).double(), torch.rand(2, 5, 8).double()
    assert net(x).shape == x.shape
    changed = x.clone()
    changed[0, 0] += torch.rand(8)
    assert not torch.allclose(net(x)[0, 1], net(changed)[0, 1])
    assert torch.equal(net(x)[1], net(changed)[1])
    with pytest.raises(CourseError, match="dim % heads == 0; got dim=8, heads=3"):
        blocks(8, 1, 3)
