"""The mixed loss of `mixup`, right and with each mistake of the net said in its docstring."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.grading.named import named

Pair = tuple[Tensor, Tensor]
Layers = list[Tensor]
Mix = Callable[[Tensor], Tensor]
Loss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]  # logits, own, other, lam → (B,)


def weighed(logits: Tensor, own: Tensor, other: Tensor, lam: Tensor) -> Tensor:
    """lam CE(own) + (1 − lam) CE(other), an image each."""
    first = F.cross_entropy(logits, own, reduction="none")
    return lam * first + (1 - lam) * F.cross_entropy(logits, other, reduction="none")


def blend(partner: Tensor, lam: Tensor) -> Mix:
    """h (B, D) → each row mixed with its partner's."""
    return lambda h: lam[:, None] * h + (1 - lam[:, None]) * h[partner]


def hidden(number: int, layers: int) -> bool:
    """Whether relu follows a layer: all but the last."""
    return number < layers - 1


def answer(
    x: Tensor,
    labels: Tensor,
    partner: Tensor,
    lam: Tensor,
    layers: Layers,
    mix_at: Callable[[int], bool],
    mix: Mix | None = None,
    loss: Loss = weighed,
    bends: Callable[[int, int], bool] = hidden,
) -> Pair:
    """The loss and its slope by autograd. mix_at: whether the input of a layer is mixed.

    bends: whether relu follows a layer.
    """
    leaf = x.detach().clone().requires_grad_()
    h = leaf
    for number, weight in enumerate(layers):
        if mix_at(number):
            h = (mix or blend(partner, lam))(h)
        h = h @ weight.T
        if bends(number, len(layers)):
            h = torch.relu(h)
    if mix_at(len(layers)):
        h = (mix or blend(partner, lam))(h)
    each = loss(h, labels, labels[partner], lam)
    (slope,) = torch.autograd.grad(each.mean(), leaf)
    return each.detach(), slope


def mixup(x, labels, partner, lam, layers, k):
    return answer(x, labels, partner, lam, layers, lambda n: n == k)


def one_layer_late(x, labels, partner, lam, layers, k):
    """You mix one layer too late: k = 0 is the image itself, before any layer."""
    return answer(x, labels, partner, lam, layers, lambda n: n == k + 1)


def always_the_image(x, labels, partner, lam, layers, k):
    """You mix images whatever `k` is. That is Mixup; with k = 1 the features are mixed that one
    layer has made, and so on."""
    return answer(x, labels, partner, lam, layers, lambda n: n == 0)


def at_every_layer(x, labels, partner, lam, layers, k):
    """You mix at every layer up to `k`. After two mixings an image has up to four sources, and the
    label speaks of two: mix once."""
    return answer(x, labels, partner, lam, layers, lambda n: n <= k)


def before_the_relu(x, labels, partner, lam, layers, k):
    """You mix what comes out of a layer before relu is applied to it. Up to there the layer is
    linear, so you have mixed one layer earlier than it seems: the features are relu's output."""
    return answer(x, labels, partner, lam, layers, lambda n: n == max(k - 1, 0))


def logits_mixed(x, labels, partner, lam, layers, k):
    """You mix the logits. The net then never sees a mixture, and nothing asks it to be linear
    between images."""
    return answer(x, labels, partner, lam, layers, lambda n: n == len(layers))


def relu_on_the_logits(x, labels, partner, lam, layers, k):
    """You apply relu to the logits too. A class that is unlikely needs a negative one: what the
    last layer gives goes into the cross-entropy as it is."""
    every = lambda number, layers: True  # noqa: E731
    return answer(x, labels, partner, lam, layers, lambda n: n == k, bends=every)


def no_relu(x, labels, partner, lam, layers, k):
    """You leave relu out. All your layers together are then one linear map, for which it does not
    matter where features are mixed."""
    never = lambda number, layers: False  # noqa: E731
    return answer(x, labels, partner, lam, layers, lambda n: n == k, bends=never)


def partners_already_mixed(x, labels, partner, lam, layers, k):
    """You mix row after row in place, so that later rows mix with rows that are mixtures already.
    Take all partners from the features as they were."""

    def one_by_one(h: Tensor) -> Tensor:
        rows = list(h)
        for n, other in enumerate(partner.tolist()):
            rows[n] = lam[n] * rows[n] + (1 - lam[n]) * rows[other]
        return torch.stack(rows)

    return answer(x, labels, partner, lam, layers, lambda n: n == k, one_by_one)


def one_lam_for_all(x, labels, partner, lam, layers, k):
    """You use the first image's λ for the whole batch. Here every image has its own."""
    return mixup(x, labels, partner, lam[:1].expand(len(lam)), layers, k)


def lam_above_a_half(x, labels, partner, lam, layers, k):
    """You use the larger of λ and 1 − λ. Some methods do so, to keep each image the main part of
    its mixture; here λ is meant as it is given."""
    return mixup(x, labels, partner, torch.maximum(lam, 1 - lam), layers, k)


def partner_detached(x, labels, partner, lam, layers, k):
    """Your gradient does not flow into the partner. An image is part of its own mixture and of the
    one in which it is the partner, and learns from both."""
    half = lambda h: lam[:, None] * h + (1 - lam[:, None]) * h[partner].detach()  # noqa: E731
    return answer(x, labels, partner, lam, layers, lambda n: n == k, half)


def slope_of_the_sum(x, labels, partner, lam, layers, k):
    """Your `to_x` is the slope of the sum of the losses; that of their mean is asked."""
    loss, slope = mixup(x, labels, partner, lam, layers, k)
    return loss, len(x) * slope


def slope_at_the_mixture(x, labels, partner, lam, layers, k):
    """Your `to_x` is the slope with respect to mixed images. Asked is that with respect to `x`, the
    images as they came: each is in two mixtures."""
    if k:
        return partner_detached(x, labels, partner, lam, layers, k)
    made = blend(partner, lam)(x)
    same = lambda z, a, b, lam: weighed(z, labels, labels[partner], lam)  # noqa: E731
    return answer(made, labels, partner, lam, layers, lambda n: False, loss=same)


def input_made_a_leaf(x, labels, partner, lam, layers, k):
    """You let `x` itself require a gradient. It does so ever after, and what backward leaves in
    x.grad is added to at the next call, which then gives twice the slope. Start from a copy."""
    found = mixup(x, labels, partner, lam, layers, k)
    x.requires_grad_()
    return found


NET = named(
    one_layer_late, always_the_image, at_every_layer, before_the_relu, relu_on_the_logits, no_relu,
    logits_mixed, partners_already_mixed, one_lam_for_all, lam_above_a_half, partner_detached,
    slope_of_the_sum, slope_at_the_mixture, input_made_a_leaf,
)  # fmt: skip
