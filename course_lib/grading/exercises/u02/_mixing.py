"""The mixed loss of `mixup`, right and with each mistake said in its docstring."""

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


def answer(
    x: Tensor,
    labels: Tensor,
    partner: Tensor,
    lam: Tensor,
    layers: Layers,
    mix_at: Callable[[int], bool],
    mix: Mix | None = None,
    loss: Loss = weighed,
    start: Mix = lambda x: x,
) -> Pair:
    """The loss and its slope by autograd. mix_at: whether the input of a layer is mixed."""
    leaf = x.detach().clone().requires_grad_()
    h = start(leaf)
    for number, weight in enumerate(layers):
        if mix_at(number):
            h = (mix or blend(partner, lam))(h)
        h = h @ weight.T
        if number < len(layers) - 1:
            h = torch.relu(h)
    if mix_at(len(layers)):
        h = (mix or blend(partner, lam))(h)
    each = loss(h, labels, labels[partner], lam)
    (slope,) = torch.autograd.grad(each.mean(), leaf)
    return each.detach(), slope


def mixup(x, labels, partner, lam, layers, k):
    return answer(x, labels, partner, lam, layers, lambda n: n == k)


def own_label_only(x, labels, partner, lam, layers, k):
    """Your loss has λ in front of the own label's part and nothing of the partner's. The rest of
    the mass belongs to the partner's label."""
    only = lambda z, a, b, lam: lam * F.cross_entropy(z, a, reduction="none")  # noqa: E731
    return answer(x, labels, partner, lam, layers, lambda n: n == k, loss=only)


def labels_not_mixed(x, labels, partner, lam, layers, k):
    """You mix what goes in and leave the label whole. That teaches the net to call a half shoe a
    whole one: here features and labels are mixed alike."""
    whole = lambda z, a, b, lam: F.cross_entropy(z, a, reduction="none")  # noqa: E731
    return answer(x, labels, partner, lam, layers, lambda n: n == k, loss=whole)


def weights_swapped(x, labels, partner, lam, layers, k):
    """Your label weights are swapped: the features are λ of the own image, so λ belongs to the own
    label."""
    turned = lambda z, a, b, lam: weighed(z, b, a, lam)  # noqa: E731
    return answer(x, labels, partner, lam, layers, lambda n: n == k, loss=turned)


def larger_share_wins(x, labels, partner, lam, layers, k):
    """You give a mixture the label of its larger share. Then 51 % and 99 % of an image say the
    same; the label has to be as mixed as the image is."""

    def hard(z: Tensor, own: Tensor, other: Tensor, lam: Tensor) -> Tensor:
        return F.cross_entropy(z, torch.where(lam > 0.5, own, other), reduction="none")

    return answer(x, labels, partner, lam, layers, lambda n: n == k, loss=hard)


def log_of_the_mixture(x, labels, partner, lam, layers, k):
    """You take −log(λ p(own) + (1 − λ) p(partner)). One of the two classes can then have all of the
    probability for nearly nothing; asked is the mean of the two logs, which wants both."""

    def inside(z: Tensor, own: Tensor, other: Tensor, lam: Tensor) -> Tensor:
        p = z.softmax(dim=1)
        first, second = (p.gather(1, y[:, None])[:, 0] for y in (own, other))
        return -(lam * first + (1 - lam) * second).log()

    return answer(x, labels, partner, lam, layers, lambda n: n == k, loss=inside)


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


def losses_of_whole_images(x, labels, partner, lam, layers, k):
    """You mix labels and no features: an unmixed image then should be of two classes at once."""
    return answer(x, labels, partner, lam, layers, lambda n: False)


def labels_before_the_permutation(x, labels, partner, lam, layers, k):
    """You take the labels of the images *to which* each one is the partner. Features and labels
    must be taken with the same index, `partner`, and not one of them with its inverse."""

    def inverse(z: Tensor, own: Tensor, other: Tensor, lam: Tensor) -> Tensor:
        return weighed(z, own, labels[partner.argsort()], lam)

    return answer(x, labels, partner, lam, layers, lambda n: n == k, loss=inverse)


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


WRONG = named(
    own_label_only, labels_not_mixed, weights_swapped, larger_share_wins, log_of_the_mixture,
    one_layer_late, always_the_image, at_every_layer, before_the_relu, logits_mixed,
    losses_of_whole_images, labels_before_the_permutation, partners_already_mixed, one_lam_for_all,
    lam_above_a_half, partner_detached, slope_of_the_sum, slope_at_the_mixture,
)  # fmt: skip
