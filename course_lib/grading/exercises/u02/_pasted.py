"""Mistakes of `cutmix`, each said in its docstring."""

import torch
import torch.nn.functional as F

from course_lib.grading.exercises.u02._boxes import (
    Box,
    Size,
    around,
    box,
    cutmix,
    kept,
    mixed,
    sides,
    soft,
)
from course_lib.grading.named import named


def lam_not_recomputed(images, labels, partner, lam, centre, classes):
    """You weigh the labels by `lam`. Part of a box may lie outside the image, and its sides are
    rounded: what counts is the share of pixels that are really kept."""
    return mixed(images, labels, partner, lam, centre, classes, weigh=lambda size, share, _: share)


def area_before_clipping(images, labels, partner, lam, centre, classes):
    """You count the area of the box before it is clipped. What lies outside the image is not
    pasted, so it says nothing of the partner's label."""

    def weigh(size: Size, share: float, found: Box) -> float:
        high, wide = sides(size, share)
        return 1 - high * wide / (size[0] * size[1])

    return mixed(images, labels, partner, lam, centre, classes, weigh=weigh)


def one_box_for_the_batch(images, labels, partner, lam, centre, classes):
    """You use the first image's box for the whole batch. Each image has a `lam` and a centre of its
    own, so each has its own box and its own label weight."""
    same = lam[:1].expand(len(lam)), centre[:1].expand(len(centre), 2)
    return mixed(images, labels, partner, *same, classes)


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


def side_without_the_root(images, labels, partner, lam, centre, classes):
    """Your sides are (1 − lam) of the image's. Then the *area* is (1 − lam)² of it: take the root,
    so that the area is 1 − lam."""
    rule = lambda size, a, c: around(size, c, int(size[0] * (1 - a)), int(size[1] * (1 - a)))  # noqa: E731
    return mixed(images, labels, partner, lam, centre, classes, rule)


def box_of_lam(images, labels, partner, lam, centre, classes):
    """Your box has the area `lam`. That is the share to be *kept*; the partner gets the rest."""
    return mixed(images, labels, partner, 1 - lam, centre, classes)


def partner_around_the_box(images, labels, partner, lam, centre, classes):
    """You keep what is in the box and take the partner around it. It is the other way round: the
    box is a hole in the image, through which one sees the partner."""
    out, targets = cutmix(images, labels, partner, lam, centre, classes)
    others = images[partner]
    turned = cutmix(others, labels, torch.arange(len(labels)), lam, centre, classes)[0]
    for n, (share, place) in enumerate(zip(lam.tolist(), centre.tolist(), strict=True)):
        top, bottom, left, right = box((images.shape[1], images.shape[2]), share, place)
        turned[n, top:bottom, left:right] = images[n, top:bottom, left:right]
    return turned, targets


def moved_inside(images, labels, partner, lam, centre, classes):
    """You move a box that sticks out until it is inside, so yours is never clipped. That restricts
    the centre: then pixels at the border are pasted far less often than those in the middle."""

    def rule(size: Size, share: float, place: list[int]) -> Box:
        ends = []
        for whole, side, middle in zip(size, sides(size, share), place, strict=True):
            first = min(max(middle - side // 2, 0), whole - side)
            ends += [first, first + side]
        return ends[0], ends[1], ends[2], ends[3]

    return mixed(images, labels, partner, lam, centre, classes, rule)


def negative_start(images, labels, partner, lam, centre, classes):
    """You slice from a negative start. Python counts it from the end of the image, so a box that
    sticks out at the top or on the left pastes nothing, or something else: clip both ends."""

    def rule(size: Size, share: float, place: list[int]) -> Box:
        high, wide = sides(size, share)
        top, left = place[0] - high // 2, place[1] - wide // 2
        return top, top + high, left, left + wide

    def weigh(size: Size, share: float, found: Box) -> float:
        rows, columns = range(size[0])[slice(*found[:2])], range(size[1])[slice(*found[2:])]
        return 1 - len(rows) * len(columns) / (size[0] * size[1])

    return mixed(images, labels, partner, lam, centre, classes, rule, weigh)


def rows_for_columns(images, labels, partner, lam, centre, classes):
    """You take the centre's row for its column. `centre` holds (row, column), as the axes of an
    image come: row first."""
    return mixed(images, labels, partner, lam, centre.flip(1), classes)


def square_box(images, labels, partner, lam, centre, classes):
    """Your boxes are squares. The box has the image's own shape: its height is a share of the
    height and its width the same share of the width."""

    def rule(size: Size, share: float, place: list[int]) -> Box:
        side = min(sides(size, share))
        return around(size, place, side, side)

    return mixed(images, labels, partner, lam, centre, classes, rule)


def half_on_each_side(images, labels, partner, lam, centre, classes):
    """Your box reaches half a side from the centre both ways, so that its sides are always even: a
    side of 5 becomes 4. It starts half a side before the centre, and has all of its side."""

    def rule(size: Size, share: float, place: list[int]) -> Box:
        high, wide = (side // 2 * 2 for side in sides(size, share))
        return around(size, place, high, wide)

    return mixed(images, labels, partner, lam, centre, classes, rule)


def centre_is_a_corner(images, labels, partner, lam, centre, classes):
    """Your box starts at the point that should be its centre. No pixel above or left of that point
    is ever pasted then, and corners at the bottom right are pasted most."""

    def rule(size: Size, share: float, place: list[int]) -> Box:
        high, wide = sides(size, share)
        return around(size, [place[0] + high // 2, place[1] + wide // 2], high, wide)

    return mixed(images, labels, partner, lam, centre, classes, rule)


def chained(images, labels, partner, lam, centre, classes):
    """You paste from images that were already changed. An image whose partner stands before it then
    gets pixels of a third one, for which no label speaks: paste from the originals."""
    _, targets = cutmix(images, labels, partner, lam, centre, classes)
    out, size = images.clone(), (images.shape[1], images.shape[2])
    for n, (share, place) in enumerate(zip(lam.tolist(), centre.tolist(), strict=True)):
        top, bottom, left, right = box(size, share, place)
        out[n, top:bottom, left:right] = out[partner[n], top:bottom, left:right].clone()
    return out, targets


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


def blended(images, labels, partner, lam, centre, classes):
    """You blend whole images. That is Mixup; here each pixel comes from one image alone, and the
    labels are weighed by how many came from which."""
    share = lam.to(images.dtype)[:, None, None, None]
    out = share * images + (1 - share) * images[partner]
    return out, soft(labels, partner, lam.double(), classes)


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


WRONG = named(
    lam_not_recomputed, area_before_clipping, one_box_for_the_batch, one_weight_for_the_batch,
    weights_swapped, side_without_the_root, box_of_lam, partner_around_the_box, moved_inside,
    negative_start, rows_for_columns, square_box, half_on_each_side, centre_is_a_corner, chained,
    label_overwritten, blended, own_label_only, larger_share_wins,
)  # fmt: skip
