"""Mistakes of `cutmix` in its labels, each said in its docstring."""

import torch
import torch.nn.functional as F

from course_lib.grading.exercises.u02._boxes import (
    Box,
    Size,
    box,
    cutmix,
    kept,
    mixed,
    sides,
    soft,
)
from course_lib.grading.named import named


def of_the_whole_box(size: Size, share: float, found: Box) -> float:
    """The own label's weight by the area of a box that is not clipped."""
    high, wide = sides(size, share)
    return 1 - high * wide / (size[0] * size[1])


def lam_itself(size: Size, share: float, found: Box) -> float:
    """The own label's weight as it was meant."""
    return share


def lam_not_recomputed(images, labels, partner, lam, centre, classes):
    """You weigh the labels by `lam`. Part of a box may lie outside the image, and its sides are
    rounded: what counts is the share of pixels that are really kept."""
    return mixed(images, labels, partner, lam, centre, classes, weigh=lam_itself)


def area_before_clipping(images, labels, partner, lam, centre, classes):
    """You count the area of the box before it is clipped. What lies outside the image is not
    pasted, so it says nothing of the partner's label."""
    return mixed(images, labels, partner, lam, centre, classes, weigh=of_the_whole_box)


def changed_pixels(images, labels, partner, lam, centre, classes):
    """You count the pixels that changed. Where both images are alike, as on a black ground, a pixel
    is pasted and does not change: count those of the box."""
    out, _ = cutmix(images, labels, partner, lam, centre, classes)
    changed = (out != images).any(dim=3).double().mean(dim=(1, 2))
    return out, soft(labels, partner, 1 - changed, classes)


def one_weight_for_the_batch(images, labels, partner, lam, centre, classes):
    """Your labels all have the same weight, the mean over the batch. On average that is the right
    mass, and for nearly every single image it is wrong."""
    out, _ = cutmix(images, labels, partner, lam, centre, classes)
    size = (images.shape[1], images.shape[2])
    pairs = zip(lam.tolist(), centre.tolist(), strict=True)
    each = torch.tensor([kept(size, a, box(size, a, c)) for a, c in pairs], dtype=torch.float64)
    return out, soft(labels, partner, each.mean().expand(len(each)), classes)


def weights_swapped(images, labels, partner, lam, centre, classes):
    """Your label weights are swapped: the pixels in the box come from the partner, so the pasted
    area is the partner's weight and what is kept is the image's own."""
    weigh = lambda size, share, found: 1 - kept(size, share, found)  # noqa: E731
    return mixed(images, labels, partner, lam, centre, classes, weigh=weigh)


def label_overwritten(images, labels, partner, lam, centre, classes):
    """You write the partner's weight over the own one where both have the same label. Their weights
    add up there: every row of labels has the mass 1."""
    out, targets = cutmix(images, labels, partner, lam, centre, classes)
    for n, same in enumerate((labels == labels[partner]).tolist()):
        if same:
            size = (images.shape[1], images.shape[2])
            found = box(size, lam[n].item(), centre[n].tolist())
            targets[n, labels[n]] = 1 - kept(size, 0.0, found)
    return out, targets


def lam_written_over(images, labels, partner, lam, centre, classes):
    """You write `lam` and then 1 − lam into the labels. Where both images have the same label the
    first weight is lost; and `lam` is not the share of pixels that are really kept."""
    out, targets = lam_not_recomputed(images, labels, partner, lam, centre, classes)
    rows = torch.nonzero(labels == labels[partner])[:, 0]
    targets[rows, labels[rows]] = 1 - lam[rows]
    return out, targets


def own_label_only(images, labels, partner, lam, centre, classes):
    """You leave the labels as they were, as Cutout does. Where there was a hole now is another
    object, and the label does not say so."""
    out, _ = cutmix(images, labels, partner, lam, centre, classes)
    return out, F.one_hot(labels, classes).float()


def larger_share_wins(images, labels, partner, lam, centre, classes):
    """You give each mixture one label, that of the image with more pixels. Then 51 % and 99 % of an
    image say the same; both labels are asked for, each with its share."""
    out, targets = cutmix(images, labels, partner, lam, centre, classes)
    return out, F.one_hot(targets.argmax(dim=1), classes).float()


def classes_of_the_batch(images, labels, partner, lam, centre, classes):
    """Your labels have as many columns as the largest label of the batch asks for. A batch need not
    hold every class: `classes` says how many there are."""
    out, targets = cutmix(images, labels, partner, lam, centre, classes)
    return out, targets[:, : int(labels.max()) + 1]


LABELS = named(
    lam_not_recomputed, area_before_clipping, changed_pixels, one_weight_for_the_batch,
    weights_swapped, label_overwritten, lam_written_over, own_label_only, larger_share_wins,
    classes_of_the_batch,
)  # fmt: skip
