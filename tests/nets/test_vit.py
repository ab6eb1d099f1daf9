"""The ViT: a bag of patches without positions, and visible tokens only with `keep`."""

import pytest
import torch

from course_lib.nets import build

SPEC = {"dim": 32, "depth": 2, "heads": 2, "patch": 10, "size": 40}


def shuffle_patches(x: torch.Tensor, order: torch.Tensor) -> torch.Tensor:
    """(B, C, 40, 40) with its 16 patches of 10×10 put in another order."""
    columns = torch.nn.functional.unfold(x, 10, stride=10)  # (B, C·100, 16)
    return torch.nn.functional.fold(columns[:, :, order], (40, 40), 10, stride=10)


@pytest.mark.parametrize("class_token", [False, True])
@pytest.mark.parametrize("positions", [False, True])
def test_order_of_patches_matters_only_with_positions(positions, class_token):
    torch.manual_seed(0)
    net = build("vit", positions=positions, class_token=class_token, **SPEC).double().eval()
    x, order = torch.rand(3, 3, 40, 40).double(), torch.randperm(16)
    same = torch.allclose(net(x), net(shuffle_patches(x, order)), atol=1e-10)
    assert same is not positions


@pytest.mark.parametrize("class_token", [False, True])
def test_keep_runs_the_chosen_tokens_only(class_token):
    torch.manual_seed(0)
    net = build("vit", class_token=class_token, **SPEC).double().eval()
    x = torch.rand(4, 3, 40, 40).double()
    keep = torch.stack([torch.randperm(16)[:5] for _ in range(4)])
    lengths = []
    net.body.blocks[0].register_forward_hook(lambda m, i, out: lengths.append(out.shape[1]))
    seen = net.tokens(x, keep)
    assert lengths == [5 + class_token]
    for b in range(4):  # one image at a time, tokens picked by hand
        every = net.body._pos_embed(net.body.patch_embed(net.normalise(x[b : b + 1])))
        rows = [*range(class_token), *(keep[b] + class_token).tolist()]
        by_hand = net.body.norm(net.body.blocks(every[:, rows]))
        assert torch.allclose(seen[b], by_hand[0], atol=1e-10)
    changed = x.clone()
    changed[0, :, :10, :10] = 0  # patch 0
    hidden = torch.arange(1, 16).expand(4, 15)
    assert torch.equal(net(x, hidden), net(changed, hidden))


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
