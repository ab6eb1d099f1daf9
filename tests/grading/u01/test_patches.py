"""Patches and attention: by hand, against PyTorch's own, and shuffled."""

import pytest
import torch
import torch.nn.functional as F

from course_lib.core.randomness import Rng
from course_lib.grading.engine import examine
from course_lib.grading.exercises.u01._attention import cut
from course_lib.grading.registry import find

EXERCISE = find("u01/patches")


def case(name, seed=0):
    cases = EXERCISE.inputs(Rng(seed, 0, torch.zeros(1, dtype=torch.int64)))
    return next(one.args for one in cases if one.name == name)


def test_patches_by_hand():
    image = torch.arange(24.0).view(1, 4, 6, 1)
    assert cut(image, 2)[0, :2].tolist() == [[0, 1, 6, 7], [2, 3, 8, 9]]
    assert cut(image, 2)[0, 3].tolist() == [12, 13, 18, 19]
    coloured = torch.arange(24.0).view(1, 2, 4, 3)
    assert cut(coloured, 2)[0, 0].tolist() == [0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16, 17]


def test_agrees_with_pytorchs_attention():
    images, weights, patch, heads = case("two rows of three patches")
    x = cut(images, patch) @ weights["embed"] + weights["positions"]
    own = torch.nn.MultiheadAttention(x.shape[2], heads, bias=False, batch_first=True)
    parts = [weights[name].T for name in ("query", "key", "value")]
    own.in_proj_weight.data, own.out_proj.weight.data = torch.cat(parts), torch.eye(x.shape[2])
    mixed, attention = own(x, x, x, average_attn_weights=False)
    found = EXERCISE.reference(images, weights, patch, heads)
    assert torch.allclose(found[0], mixed, atol=1e-5)
    assert torch.allclose(found[1], attention, atol=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_attention_is_neither_even_nor_all_on_one(seed):
    for name in ("two rows of three patches", "no positions", "one head of six"):
        _, attention = EXERCISE.reference(*case(name, seed))
        tokens = attention.shape[3]
        assert torch.allclose(attention.sum(dim=3), torch.ones(attention.shape[:3]), atol=1e-5)
        entropy = -torch.xlogy(attention, attention).sum(dim=3).mean()
        assert 0.1 < entropy < 0.98 * torch.tensor(tokens).log()


def test_without_positions_shuffled_patches_give_shuffled_tokens():
    images, weights, patch, heads = case("no positions")
    high, wide = images.shape[1] // patch, images.shape[2] // patch
    grid = images.view(len(images), high, patch, wide, patch, -1).transpose(2, 3).flatten(1, 2)
    order = torch.arange(high * wide).flip(0)
    back = grid[:, order].unflatten(1, (high, wide)).transpose(2, 3).reshape(images.shape)
    mixed, _ = EXERCISE.reference(images, weights, patch, heads)
    again, _ = EXERCISE.reference(back, weights, patch, heads)
    assert not torch.allclose(again, mixed) and torch.allclose(again, mixed[:, order], atol=1e-5)
    placed = weights | {"positions": torch.arange(float(mixed[0].numel())).view(mixed.shape[1:])}
    one, two = (EXERCISE.reference(x, placed, patch, heads)[0].mean(dim=1) for x in (images, back))
    assert (one - two).abs().max() > 1e-3


def through_unfold(images, weights, patch, heads):
    """Tokens as a convolution's weights would take them, and PyTorch's attention."""
    x = F.unfold(images.permute(0, 3, 1, 2), patch, stride=patch).mT @ weights["embed"]
    x = x if weights["positions"] is None else x + weights["positions"]
    q, k, v = (x @ weights[name] for name in ("query", "key", "value"))
    shares = torch.softmax(q @ k.mT / q.shape[2] ** 0.5, dim=2)
    return F.scaled_dot_product_attention(q, k, v), shares[:, None].expand(-1, heads, -1, -1)


def module(images, weights, patch, heads):
    """PyTorch's module with weights of its own."""
    torch.manual_seed(0)
    x = cut(images, patch) @ weights["embed"]
    own = torch.nn.MultiheadAttention(x.shape[2], heads, batch_first=True)
    return own(x, x, x, average_attn_weights=False)


@pytest.mark.parametrize("pasted", [through_unfold, module])
def test_no_function_of_a_library_solves_it(pasted):
    result = examine(EXERCISE, pasted)
    assert result.state == "wrong" and result.points == 0
