"""Mistakes of `cutmix` in its boxes and pixels, each said in its docstring."""

import torch

from course_lib.grading.exercises.u02._boxes import (
    Box,
    Size,
    around,
    box,
    cutmix,
    mixed,
    sides,
    soft,
)
from course_lib.grading.exercises.u02._relabelled import (
    area_before_clipping,
    lam_not_recomputed,
)
from course_lib.grading.named import named


def one_box_for_the_batch(images, labels, partner, lam, centre, classes):
    """You use the first image's box for the whole batch. Each image has a `lam` and a centre of its
    own, so each has its own box and its own label weight."""
    same = lam[:1].expand(len(lam)), centre[:1].expand(len(centre), 2)
    return mixed(images, labels, partner, *same, classes)


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


def never_clipped(images, labels, partner, lam, centre, classes):
    """You never clip. Python counts a negative start from the end of the image, so that such a box
    pastes nothing, or something else, while the label is weighed by all of its area."""
    out, _ = negative_start(images, labels, partner, lam, centre, classes)
    return out, area_before_clipping(images, labels, partner, lam, centre, classes)[1]


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


def copied_script(images, labels, partner, lam, centre, classes):
    """Your box reaches half a side both ways, so that odd sides lose a pixel, and your labels keep
    `lam`, though rounding and clipping changed the share. Both stand in a script that many copied:
    take whole sides, and count what is really pasted."""
    out, _ = half_on_each_side(images, labels, partner, lam, centre, classes)
    return out, lam_not_recomputed(images, labels, partner, lam, centre, classes)[1]


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


def pasted_in_place(images, labels, partner, lam, centre, classes):
    """You paste into `images` itself. The inputs change, and an image whose partner stands before
    it gets pixels of a third one: paste into a copy, from the originals."""
    out, targets = chained(images, labels, partner, lam, centre, classes)
    return images.copy_(out), targets


def blended(images, labels, partner, lam, centre, classes):
    """You blend whole images. That is Mixup; here each pixel comes from one image alone, and the
    labels are weighed by how many came from which."""
    share = lam.to(images.dtype)[:, None, None, None]
    out = share * images + (1 - share) * images[partner]
    return out, soft(labels, partner, lam.double(), classes)


BOXES = named(
    one_box_for_the_batch, side_without_the_root, box_of_lam, partner_around_the_box, moved_inside,
    negative_start, never_clipped, rows_for_columns, square_box, half_on_each_side, copied_script,
    centre_is_a_corner, chained, pasted_in_place, blended,
)  # fmt: skip
