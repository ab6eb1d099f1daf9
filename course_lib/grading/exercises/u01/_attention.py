"""Patches and attention of `patches`, right and with each mistake said in its docstring."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_lib.grading.named import named

Weights = dict[str, Any]
Pair = tuple[Tensor, Tensor]


def cut(images: Tensor, patch: int) -> Tensor:
    """(B, H, W, C) → patches (B, L, patch² · C)."""
    count, high, wide, colours = images.shape
    grid = images.reshape(count, high // patch, patch, wide // patch, patch, colours)
    return grid.transpose(2, 3).reshape(count, -1, patch * patch * colours)


def heads_of(x: Tensor, heads: int) -> Tensor:
    """(B, L, D) → (B, heads, L, d)."""
    return x.reshape(*x.shape[:2], heads, -1).transpose(1, 2)


def joined(x: Tensor) -> Tensor:
    """(B, heads, L, d) → (B, L, D)."""
    return x.transpose(1, 2).flatten(2)


def shares(query: Tensor, key: Tensor) -> Tensor:
    """Attention of every head (B, heads, L, L)."""
    return (query @ key.mT / math.sqrt(query.shape[3])).softmax(dim=3)


def mixed(
    patches: Tensor,
    weights: Weights,
    heads: int,
    look: Callable[[Tensor, Tensor], Tensor] = shares,
    split: Callable[[Tensor, int], Tensor] = heads_of,
    join: Callable[[Tensor], Tensor] = joined,
) -> Pair:
    """Patches (B, L, P) → what is asked, with steps that may be wrong."""
    tokens = patches @ weights["embed"]
    tokens = tokens if weights["positions"] is None else tokens + weights["positions"]
    query, key, value = (split(tokens @ weights[n], heads) for n in ("query", "key", "value"))
    attention = look(query, key)
    return join(attention @ value), attention


def attend(images: Tensor, weights: Weights, patch: int, heads: int) -> Pair:
    """The right answer."""
    return mixed(cut(images, patch), weights, heads)


def reshaped_only(images: Tensor, weights: Weights, patch: int, heads: int) -> Pair:
    """You reshape the image without exchanging axes: what you call a patch is a run of pixels along
    a row, and no square."""
    size = patch * patch * images.shape[3]
    return mixed(images.reshape(len(images), -1, size), weights, heads)


def column_by_column(images: Tensor, weights: Weights, patch: int, heads: int) -> Pair:
    """You number the patches column by column: the second one should be to the right of the first,
    and each needs its own position."""
    count, high, wide, colours = images.shape
    grid = images.reshape(count, high // patch, patch, wide // patch, patch, colours)
    patches = grid.permute(0, 3, 1, 2, 4, 5).reshape(count, -1, patch * patch * colours)
    return mixed(patches, weights, heads)


def colours_first(images: Tensor, weights: Weights, patch: int, heads: int) -> Pair:
    """You flatten a patch colour by colour, as a convolution's weights are stored. Here the colours
    of a pixel stand together."""
    patches = cut(images, patch).unflatten(2, (-1, images.shape[3])).mT.flatten(2)
    return mixed(patches, weights, heads)


def turned_patches(images: Tensor, weights: Weights, patch: int, heads: int) -> Pair:
    """Your patches are mirrored at the diagonal: inside of one, too, it goes row by row."""
    count, high, wide, colours = images.shape
    grid = images.reshape(count, high // patch, patch, wide // patch, patch, colours)
    patches = grid.permute(0, 1, 3, 4, 2, 5).reshape(count, -1, patch * patch * colours)
    return mixed(patches, weights, heads)


def positions_unused(images: Tensor, weights: Weights, patch: int, heads: int) -> Pair:
    """You never add the positions. Attention does not know what lies where: without them an image
    is a bag of patches."""
    return attend(images, weights | {"positions": None}, patch, heads)


def positions_of_the_values_missing(
    images: Tensor, weights: Weights, patch: int, heads: int
) -> Pair:
    """You add the positions for queries and keys only. They are part of the token, and so of the
    values too."""
    _, attention = attend(images, weights, patch, heads)
    value = heads_of(cut(images, patch) @ weights["embed"] @ weights["value"], heads)
    return joined(attention @ value), attention


def no_scale(images: Tensor, weights: Weights, patch: int, heads: int) -> Pair:
    """You do not divide by √d: the wider a head is, the larger its products become, and softmax
    soon looks at one token only."""
    return mixed(
        cut(images, patch), weights, heads, lambda query, key: (query @ key.mT).softmax(dim=3)
    )


def scale_of_all_heads(images: Tensor, weights: Weights, patch: int, heads: int) -> Pair:
    """You divide by the root of D, the width of all heads together. A product of one head is a sum
    of d terms."""

    def look(query: Tensor, key: Tensor) -> Tensor:
        return (query @ key.mT / math.sqrt(heads * query.shape[3])).softmax(dim=3)

    return mixed(cut(images, patch), weights, heads, look)


def scale_without_root(images: Tensor, weights: Weights, patch: int, heads: int) -> Pair:
    """You divide by d, not by its root: the products of random vectors grow with the root of their
    length."""
    return mixed(
        cut(images, patch),
        weights,
        heads,
        lambda query, key: (query @ key.mT / query.shape[3]).softmax(dim=3),
    )


def softmax_over_queries(images: Tensor, weights: Weights, patch: int, heads: int) -> Pair:
    """Your columns sum to 1, not your rows: the softmax is over those who look, and should be over
    those that are looked at."""

    def look(query: Tensor, key: Tensor) -> Tensor:
        return (query @ key.mT / math.sqrt(query.shape[3])).softmax(dim=2)

    return mixed(cut(images, patch), weights, heads, look)


def softmax_over_heads(images: Tensor, weights: Weights, patch: int, heads: int) -> Pair:
    """Your softmax is over the heads (dim=1). Each head decides by itself, over the tokens."""

    def look(query: Tensor, key: Tensor) -> Tensor:
        return (query @ key.mT / math.sqrt(query.shape[3])).softmax(dim=1)

    return mixed(cut(images, patch), weights, heads, look)


def roles_swapped(images: Tensor, weights: Weights, patch: int, heads: int) -> Pair:
    """You exchanged queries and keys. Row i of the attention says what token i looks *for*, with
    its query."""
    return mixed(cut(images, patch), weights, heads, lambda query, key: shares(key, query))


def not_at_itself(images: Tensor, weights: Weights, patch: int, heads: int) -> Pair:
    """Your tokens do not look at themselves. Such a mask belongs to contrastive losses; in
    attention a token may keep what it has."""

    def look(query: Tensor, key: Tensor) -> Tensor:
        scores = query @ key.mT / math.sqrt(query.shape[3])
        return scores.masked_fill(torch.eye(scores.shape[3]).bool(), -torch.inf).softmax(dim=3)

    return mixed(cut(images, patch), weights, heads, look)


def heads_reshaped_only(images: Tensor, weights: Weights, patch: int, heads: int) -> Pair:
    """You reshape to (B, heads, L, d) directly. That deals tokens out to heads; view it as
    (B, L, heads, d) first and then exchange the axes."""
    return mixed(
        cut(images, patch),
        weights,
        heads,
        split=lambda x, heads: x.reshape(len(x), heads, x.shape[1], -1),
    )


def heads_interleaved(images: Tensor, weights: Weights, patch: int, heads: int) -> Pair:
    """Your head h has every heads-th column. It has d columns that stand together."""
    return mixed(
        cut(images, patch),
        weights,
        heads,
        split=lambda x, heads: x.unflatten(2, (-1, heads)).permute(0, 3, 1, 2),
    )


def heads_joined_by_reshape(images: Tensor, weights: Weights, patch: int, heads: int) -> Pair:
    """Your attention is right. To join the heads you reshape (B, heads, L, d) to (B, L, D) without
    exchanging axes: the numbers of one token are then spread over several."""
    return mixed(
        cut(images, patch), weights, heads, join=lambda x: x.reshape(len(x), x.shape[2], -1)
    )


def one_head(images: Tensor, weights: Weights, patch: int, heads: int) -> Pair:
    """All your heads have the same attention, that of all columns together. Each head compares its
    own columns."""

    def look(query: Tensor, key: Tensor) -> Tensor:
        whole = shares(joined(query)[:, None], joined(key)[:, None])
        return whole.expand(-1, heads, -1, -1)

    return mixed(cut(images, patch), weights, heads, look)


WRONG = named(
    reshaped_only, column_by_column, colours_first, turned_patches, positions_unused,
    positions_of_the_values_missing, no_scale, scale_of_all_heads, scale_without_root,
    softmax_over_queries, softmax_over_heads, roles_swapped, not_at_itself,
    heads_reshaped_only, heads_interleaved, heads_joined_by_reshape, one_head,
)  # fmt: skip
