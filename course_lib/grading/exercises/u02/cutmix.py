"""CutMix whose labels say what was really pasted."""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.core.randomness import Rng
from course_lib.grading.exercise import Case, Exercise, Right
from course_lib.grading.exercises.u02._boxes import Pair, cutmix
from course_lib.grading.exercises.u02._pasted import BOXES
from course_lib.grading.exercises.u02._relabelled import LABELS

CONTRACT = """
Paste a box of each image's partner into it, and weigh both labels by the pixels that can be seen.
Write `cutmix(images, labels, partner, lam, centre, classes)` → `(mixed, targets)`.

- `images` (B, H, W, C), float32, colours last; `labels` (B,), int64, from 0 to `classes` − 1.
- `partner` (B,), int64: image n is mixed with image `partner[n]`, as that was given.
- `lam` (B,), float32 in (0, 1]: the share of image n that is *meant* to be kept. Its box has
  int(H · √(1 − lam)) rows and int(W · √(1 − lam)) columns; `int` rounds down.
- `centre` (B, 2), int64: (row, column). A box of r rows and c columns begins r // 2 rows above its
  centre's row and c // 2 columns left of its column; what sticks out of the image is cut off.
- `mixed` (B, H, W, C): in its box each image shows its partner's pixels of the same place.
- `targets` (B, classes), float32: the image's own label with the share of its pixels that were
  kept, and the partner's with the rest. Every row sums to 1.

Leave the inputs as they are.
"""


def by_mask(images: Tensor, labels: Tensor, partner: Tensor, lam: Tensor, centre: Tensor,
            classes: int) -> Pair:  # fmt: skip
    """Right: no loop; a mask says which pixels are pasted, and its mean is the partner's weight."""
    inside = []
    for axis, whole in enumerate(images.shape[1:3]):
        side = (whole * (1 - lam.double()).sqrt()).long()
        first = centre[:, axis] - side // 2
        place = torch.arange(whole)[None]
        inside.append((place >= first[:, None]) & (place < (first + side)[:, None]))
    mask = inside[0][:, :, None] & inside[1][:, None]  # (B, H, W)
    pasted = mask.double().mean(dim=(1, 2))[:, None]
    hot = F.one_hot(labels, classes)
    targets = (1 - pasted) * hot + pasted * hot[partner]
    return torch.where(mask[..., None], images[partner], images), targets.float()


def pixel_by_pixel(images: Tensor, labels: Tensor, partner: Tensor, lam: Tensor, centre: Tensor,
                   classes: int) -> Pair:  # fmt: skip
    """Right: every pixel votes for the label of the image that it came from."""
    out, targets = images.clone(), torch.zeros(len(images), classes)
    _, high, wide, _ = images.shape
    for n in range(len(images)):
        root = (1 - lam[n].item()) ** 0.5
        rows, columns = int(high * root), int(wide * root)
        top, left = int(centre[n, 0]) - rows // 2, int(centre[n, 1]) - columns // 2
        for i in range(high):
            for j in range(wide):
                pasted = top <= i < top + rows and left <= j < left + columns
                source = int(partner[n]) if pasted else n
                out[n, i, j] = images[source, i, j]
                targets[n, labels[source]] += 1 / (high * wide)
    return out, targets


def pictures(rng: Rng, count: int, high: int, wide: int, colours: int = 1) -> Tensor:
    """Images whose pixels tell from where they are: image · 10 + a drawn part of one decimal."""
    flat = rng.uniform("pictures", count * high * wide * colours).mul(90).round().div(10)
    return flat.view(count, high, wide, colours) + 10 * torch.arange(count)[:, None, None, None]


def inputs(rng: Rng) -> list[Case]:
    few, some, many = (pictures(rng.fold(n), n, 6, 9, 1 + n // 4) for n in (2, 3, 5))
    some[:, :2] = 0.0  # a ground that all share: what is pasted there changes nothing
    where = rng.uniform("inside", 2).view(2)
    middle = torch.tensor([[3, 4], [2 + int(2 * where[0]), 3 + int(3 * where[1])]])
    corner = torch.tensor([[0, 0], [5, 8], [0, 7]])
    # 1 − lam, such that no side is near a whole number and some sides are odd
    shares = torch.tensor([0.30, 0.47, 0.08, 0.75, 0.60])[
        rng.uniform("shares", 5).view(-1).argsort()
    ]
    turn = torch.tensor([3, 0, 4, 1, 2])
    places = torch.tensor([[5, 1], [0, 4], [3, 8], [1, 0], [4, 6]])
    places = places[rng.uniform("places", 5).view(-1).argsort()]
    return [
        Case(
            "two images, boxes inside",
            (few, torch.tensor([0, 2]), torch.tensor([1, 0]), torch.tensor([0.32, 0.92]), middle,
             5),
        ),
        Case(
            "three images, boxes at corners",
            (some, torch.tensor([1, 0, 3]), torch.tensor([2, 0, 1]), 1 - shares[:3], corner, 4),
        ),
        Case(
            "a partner of the same label, and nothing pasted",
            (some, torch.tensor([2, 1, 2]), torch.tensor([2, 0, 1]),
             torch.tensor([0.53, 1.0, 0.4]), corner.flip(0), 3),
        ),
        Case(
            "five images of two colours",
            (many, torch.tensor([0, 3, 1, 3, 2]), turn, 1 - shares, places, 4),
        ),
    ]  # fmt: skip


EXERCISE = Exercise(
    id="u02/cutmix",
    title="A label for what was really pasted",
    kind="implement",
    contract=CONTRACT,
    reference=cutmix,
    inputs=inputs,
    wrong=(*LABELS, *BOXES),
    right=(Right("by a mask", by_mask), Right("pixel by pixel", pixel_by_pixel)),
    hints=(
        "Do one image after the other first, into a clone of the batch. When its box is pasted, "
        "count the pixels of the box that are really inside the image.",
        "Clip the four ends, not the sides: `top = max(first, 0)`, `bottom = min(first + r, H)`, "
        "with `first` the row in which the whole box would begin. The kept share is "
        "1 − (bottom − top) · (right − left) / (H · W), and `lam` is not needed any more.",
        "`mixed[n, top:bottom, left:right] = images[partner[n], top:bottom, left:right]`, then "
        "`targets[n, labels[n]] += kept` and `targets[n, labels[partner[n]]] += 1 - kept`, from "
        "targets of zeros: with += equal labels add up.",
    ),
    points=3,
)
