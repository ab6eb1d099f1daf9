"""Mistakes of `mixup` in its labels and its loss, each said in its docstring."""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.grading.exercises.u02._mixing import answer, weighed
from course_lib.grading.named import named


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


def label_overwritten(x, labels, partner, lam, layers, k):
    """You write the partner's weight over the own one where both images have the same label. Their
    weights add up there: every mixed label has the mass 1."""

    def over(z: Tensor, own: Tensor, other: Tensor, lam: Tensor) -> Tensor:
        first = F.cross_entropy(z, own, reduction="none") * (own != other)
        return lam * first + (1 - lam) * F.cross_entropy(z, other, reduction="none")

    return answer(x, labels, partner, lam, layers, lambda n: n == k, loss=over)


def averaged_too_early(x, labels, partner, lam, layers, k):
    """Your cross-entropies are means over the batch before λ weighs them, so that an image's loss
    is made of the others' too. Each image has two of its own; the mean comes last, for `to_x`."""

    def early(z: Tensor, own: Tensor, other: Tensor, lam: Tensor) -> Tensor:
        return lam * F.cross_entropy(z, own) + (1 - lam) * F.cross_entropy(z, other)

    return answer(x, labels, partner, lam, layers, lambda n: n == k, loss=early)


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


def losses_of_whole_images(x, labels, partner, lam, layers, k):
    """You mix labels and no features: an unmixed image then should be of two classes at once."""
    return answer(x, labels, partner, lam, layers, lambda n: False)


def labels_before_the_permutation(x, labels, partner, lam, layers, k):
    """You take the labels of the images *to which* each one is the partner. Features and labels
    must be taken with the same index, `partner`, and not one of them with its inverse."""

    def inverse(z: Tensor, own: Tensor, other: Tensor, lam: Tensor) -> Tensor:
        return weighed(z, own, labels[partner.argsort()], lam)

    return answer(x, labels, partner, lam, layers, lambda n: n == k, loss=inverse)


LABELS = named(
    own_label_only, labels_not_mixed, weights_swapped, label_overwritten, averaged_too_early,
    larger_share_wins, log_of_the_mixture, losses_of_whole_images, labels_before_the_permutation,
)  # fmt: skip
