"""Three tasks on the same small pictures, and a linear readout solved under a policy of
augmentations, in closed form and without drawing a view.

Each operation is a family of linear maps T with chances, so the second moment S and the mean m of
the augmented pictures are S <- E[T S T^T], m <- E[T] m, operation after operation, and ridge
regression needs nothing else (Balestriero, Misra and LeCun 2022, arXiv 2202.08325).
"""

from collections.abc import Mapping
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib import data
from course_lib.core.randomness import Rng, key
from course_lib.views import linear
from course_lib.views.linear import Family

SIDE, ITEM = 12, 10  # pixels
ITEMS = {"T-shirt": 0, "trouser": 1, "sneaker": 7, "boot": 9}  # numbers in Fashion-MNIST
TINTS = ((1.0, 0.5, 0.5), (0.5, 1.0, 0.5), (0.5, 0.5, 1.0))
TASKS = {"class": len(ITEMS), "orientation": 2, "colour": len(TINTS)}  # task → answers
IMAGES, TESTED, PENALTY = 96, 1200, 0.1
SHOWN = 75  # the picture whose views are shown
MOST = 4  # strengths go from 0 to this
SIDES = (0, 2, 3, 4, 6)  # of the erased square, a strength
NAMES = ("shift", "turn", "colour", "blur", "erase")


def families(name: str, strength: int) -> list[Family]:
    """An operation at a strength, as families of linear maps one after another; none at 0."""
    if not strength:
        return []
    if name == "shift":  # down and across are independent
        return [linear.shift(strength, 0), linear.shift(0, strength)]
    if name == "turn":
        chance = torch.tensor([1 - strength / 8, strength / 8], dtype=torch.float64)
        return [Family("turn", chance, lambda k, x: x.rot90(2 * k, (-2, -1)))]
    if name == "colour":
        other = strength / (3 * MOST)
        chance = torch.tensor([1 - 2 * other, other, other], dtype=torch.float64)
        return [Family("colour", chance, lambda k, x: x.roll(k, -3))]
    if name == "blur":
        return [linear.blur((0.0, 0.4 * strength))]
    return [linear.erase(SIDES[strength], SIDE, SIDE)]


def words(name: str, strength: int) -> str:
    """What an operation does at a strength."""
    return {
        "shift": f"up to {strength} px each way",
        "turn": f"upside down: {100 * strength / 8:.0f} %",
        "colour": f"another colour: {100 * strength / 6:.0f} %",
        "blur": f"half of them, sigma {0.4 * strength:.1f} px",
        "erase": f"a square of {SIDES[strength]} px",
    }[name] if strength else "off"  # fmt: skip


def pictures(split: str, n: int) -> tuple[Tensor, dict[str, Tensor]]:
    """n coloured items, upright or upside down, on coloured noise: float (n, 3, SIDE, SIDE) and the
    right answers of each task, int64 (n,)."""
    items, each = data.load("fashion", split), n // len(ITEMS)
    rows = torch.cat([(items.label == c).nonzero().flatten()[:each] for c in ITEMS.values()])
    label = torch.arange(len(ITEMS)).repeat_interleave(each)
    rng = Rng(key("policy", split), 0, torch.arange(n))
    draws = rng.uniform("place", 4)
    orientation, colour = (draws[:, 0] * 2).long(), (draws[:, 1] * 3).long()
    small = resized(items.image[rows].float() / 255, ITEM)
    small = torch.where(orientation.view(-1, 1, 1, 1) == 1, small.rot90(2, (-2, -1)), small)
    tint = torch.tensor(TINTS)[colour] + 0.2 * rng.normal("tint", 3)
    places = torch.zeros(n, 3, SIDE, SIDE)
    for down in range(SIDE - ITEM + 1):
        for right in range(SIDE - ITEM + 1):
            here = ((draws[:, 2:] * 3).long() == torch.tensor([down, right])).all(dim=1)
            spot = places[here] + F.pad(small[here], (right, 2 - right, down, 2 - down))
            places[here] = spot * tint[here, :, None, None]
    ground = resized(rng.uniform("ground", 48).view(-1, 3, 4, 4), SIDE)
    image = torch.maximum(places, 0.5 * ground).clamp(0, 1)
    return image, {"class": label, "orientation": orientation, "colour": colour}


def resized(images: Tensor, side: int) -> Tensor:
    return F.interpolate(images, (side, side), mode="bilinear", antialias=True)


@cache
def material() -> tuple[Tensor, Tensor, Tensor, Tensor, Mapping[str, Tensor], Tensor]:
    """Second moment (P, P), rows (9 + 1, P) of cross moments and the mean, the mean answers (9,),
    test images (N, P) and their answers, and one picture (1, 3, SIDE, SIDE)."""
    image, right = pictures("train", IMAGES)
    x = image.flatten(1)
    y = torch.cat([F.one_hot(right[task], n) for task, n in TASKS.items()], dim=1).float()
    rows = torch.cat([(y - y.mean(dim=0)).T @ x / len(x), x.mean(dim=0, keepdim=True)])
    test, answers = pictures("val", TESTED)
    return x.T @ x / len(x), rows, y.mean(dim=0), test.flatten(1), answers, image[SHOWN : SHOWN + 1]


def averaged(family: Family, rows: Tensor) -> Tensor:
    """E[T] of each row, (N, P) → (N, P)."""
    images = rows.view(-1, 3, SIDE, SIDE)
    maps = enumerate(family.chances.tolist())
    return sum(chance * family.at(k, images) for k, chance in maps).flatten(1)


def moved(family: Family, second: Tensor) -> Tensor:
    """E[T S T^T] of a second moment S, (P, P) → (P, P)."""
    if family.name == "erase":  # T is a mask: S times E[mask mask^T], number by number
        masks = family.every(torch.ones(1, 3, SIDE, SIDE)).flatten(1)
        return second * (masks.T @ (family.chances.float()[:, None] * masks))
    found, shape = torch.zeros_like(second), (-1, 3, SIDE, SIDE)
    for k, chance in enumerate(family.chances.tolist()):
        half = family.at(k, second.view(shape)).flatten(1)  # S T^T
        found += chance * family.at(k, half.T.reshape(shape)).flatten(1)
    return found


@cache
def accuracies(strengths: tuple[int, ...]) -> Mapping[str, float]:
    """Task → test accuracy in % of the readout solved under the policy; strengths in the order of
    NAMES."""
    second, rows, level, test, answers, _ = material()
    for name, strength in zip(NAMES, strengths, strict=True):
        for family in families(name, strength):
            second, rows = moved(family, second), averaged(family, rows)
    mean = rows[-1]
    square = second - torch.outer(mean, mean) + PENALTY * torch.eye(len(second))
    scores = (test - mean) @ torch.linalg.solve(square, rows[:-1].T) + level  # (N, 9)
    parts = scores.split(list(TASKS.values()), dim=1)
    said = dict(zip(TASKS, (part.argmax(dim=1) for part in parts), strict=True))
    return {task: 100 * (said[task] == answers[task]).float().mean().item() for task in TASKS}
