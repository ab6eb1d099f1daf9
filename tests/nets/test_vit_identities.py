"""What a vision transformer is made of: patches, tokens, attention, positions."""

import math

import pytest
import torch
from einops import rearrange

from course_lib.methods.masked.patches import patchify, unpatchify
from course_lib.nets import build
from course_lib.nets.vit import resample

SPEC = {"dim": 32, "depth": 2, "heads": 4, "patch": 10, "size": 40}


def net_of(**spec):
    torch.manual_seed(0)
    return build("vit", **(SPEC | spec)).double().eval()


def images(n: int = 2, size: int = 40) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(n, 3, size, size, generator=generator, dtype=torch.float64)


def test_patchify_is_undone_exactly():
    x = images()
    patches = patchify(x, 10)
    assert patches.shape == (2, 16, 300)
    assert torch.equal(unpatchify(patches, 10), x)
    assert torch.equal(patches[0, 5].view(10, 10, 3), x[0, :, 10:20, 10:20].permute(1, 2, 0))


def test_tokens_are_a_linear_map_of_patches_plus_positions():
    net, x = net_of(), images()
    conv = net.body.patch_embed.proj
    weight = rearrange(conv.weight, "d c p q -> d (p q c)")
    tokens = patchify(net.normalise(x), 10) @ weight.T + conv.bias
    assert torch.allclose(
        net.placed(net.body.patch_embed(net.normalise(x))), tokens + net.body.pos_embed
    )


@pytest.mark.parametrize("class_token", [False, True])
@pytest.mark.parametrize(("height", "width"), [(40, 40), (20, 30), (50, 10)])
def test_token_count(class_token, height, width):
    net = net_of(class_token=class_token)
    tokens = net.tokens(torch.rand(1, 3, height, width).double())
    assert tokens.shape == (1, (height // 10) * (width // 10) + class_token, 32)


@pytest.mark.parametrize("class_token", [False, True])
def test_attention_is_softmax_of_scaled_products_and_its_rows_sum_to_1(class_token):
    net, x, seen = net_of(class_token=class_token), images(), []
    for block in net.body.blocks:
        block.attn.fused_attn = False  # so that the weights exist
        block.attn.attn_drop.register_forward_hook(lambda m, inputs, out: seen.append(inputs[0]))
    attn, given = net.body.blocks[0].attn, []
    handle = attn.register_forward_hook(lambda m, inputs, out: given.append((inputs[0], out)))
    net(x)
    handle.remove()
    L = 16 + class_token
    for weights in seen:
        assert weights.shape == (2, 4, L, L)
        assert torch.allclose(weights.sum(dim=-1), torch.ones(2, 4, L).double())
        assert weights.min() > 0  # nothing is masked: the class token attends to itself too
    tokens, out = given[0]
    query, key, value = rearrange(
        attn.qkv(tokens), "b l (three h d) -> three b h l d", three=3, h=4
    )
    products = query @ key.transpose(-2, -1) / math.sqrt(8)
    weights = products.exp() / products.exp().sum(dim=-1, keepdim=True)
    assert torch.allclose(weights, seen[0])
    mixed = rearrange(weights @ value, "b h l d -> b l (h d)")
    assert torch.allclose(attn.proj(mixed), out)


def test_blocks_are_normed_before_and_the_output_once_more():
    net, x = net_of(), images()
    block, tokens = net.body.blocks[0], net.placed(net.body.patch_embed(net.normalise(x)))
    middle = tokens + block.attn(block.norm1(tokens))
    assert torch.allclose(block(tokens), middle + block.mlp(block.norm2(middle)))
    out = net.tokens(x)
    assert out.mean(dim=-1).abs().max() < 0.5  # scaled by the norm's weights, all 1 at the start
    assert torch.allclose(out.var(dim=-1, correction=0), torch.ones(2, 16).double(), atol=1e-3)


def test_interpolated_positions_are_the_same_at_the_native_size():
    net = net_of()
    own = net.body.pos_embed[0]
    assert torch.equal(resample(own, 4, (4, 4)), own)
    assert not torch.equal(resample(own, 4, (2, 8)), own)
    constant = torch.ones(16, 3).double()
    assert torch.allclose(resample(constant, 4, (7, 5)), torch.ones(35, 3).double())


@pytest.mark.parametrize("positions", [False, True])
def test_shuffled_patches_change_the_logits_only_with_positions(positions):
    net, x = net_of(positions=positions), images(4)
    head = torch.nn.Linear(32, 10).double()
    order = torch.randperm(16, generator=torch.Generator().manual_seed(2))
    shuffled = unpatchify(patchify(x, 10)[:, order], 10)
    change = (head(net(x)) - head(net(shuffled))).abs().max().item()
    assert change > 1e-3 if positions else change < 1e-5
