"""A design under a budget: layers that see enough, keep enough places and cost few weights."""

from collections.abc import Sequence
from itertools import product

import torch

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.grading.brief import brief
from course_lib.grading.exercise import Case, Exercise, Right
from course_lib.grading.exercises.u01._layers import (
    COLOURS,
    DEPTH,
    KERNELS,
    SIDE,
    WRONG,
    Layers,
    layers,
    places_of,
    seen,
    weights_of,
)

CONTRACT = """
Convolutions look, one after the other, at an image of 64 × 64 pixels and 3 colours. Choose them so
that what is asked is met: write `layers(field, places, budget, depth, width)` → a list of pairs
`(kernel, stride)`, from the first layer to the last.

- A kernel is 3, 5 or 7, square; a stride is 1 or 2. Each layer has `width` output channels and no
  bias. Padding is such that stride 1 keeps the size of the map and stride 2 halves it.
- There are at most `depth` layers, and at least one; `depth` is at most 5.
- A place of the last map sees at least `field` pixels along each axis: its receptive field, as if
  the image had no border.
- The last map has at least `places` × `places` places. `places` is 64, 32, 16 or 8.
- All layers together have at most `budget` weights.

Your function is tried on fresh questions of four kinds. Every one of them can be met, and all must
be. It may search.
"""
KINDS = {
    "shallow": "few layers must see far",
    "cheap": "weights are scarce",
    "fine": "the map must stay fine",
    "coarse": "the map may become coarse",
}
EACH = 4  # questions of a kind


def everything_tried(field: int, places: int, budget: int, depth: int, width: int) -> Layers:
    """Right: every list of layers in turn, the shortest first, until one will do."""
    for count in range(1, depth + 1):
        for made in product(product(KERNELS, (2, 1)), repeat=count):
            fine = places_of(made) >= places and weights_of(made, width) <= budget
            if fine and seen(made) >= field:
                return list(made)
    return []


def field_by_field(field: int, places: int, budget: int, depth: int, width: int) -> Layers:
    """Right: for each number of layers and each field, the cheapest way to get there."""
    halvings = (SIDE // places).bit_length() - 1
    cheapest: dict[tuple[int, int], tuple[int, Layers]] = {(1, 0): (0, [])}
    for n in range(depth):
        longer: dict[tuple[int, int], tuple[int, Layers]] = {}
        for (size, halved), (cost, made) in cheapest.items():
            for kernel in KERNELS:
                stride = 2 if halved < halvings else 1
                price = cost + kernel**2 * width * (width if n else COLOURS)
                key = size + (kernel - 1) * 2**halved, halved + (stride == 2)
                if key not in longer or longer[key][0] > price:
                    longer[key] = price, [*made, (kernel, stride)]
        for (size, _), (cost, made) in longer.items():
            if size >= field and cost <= budget:
                return made
        cheapest = longer
    return []


def inputs(rng: Rng) -> list[Case]:
    dice = rng.uniform("questions", 4 * EACH * len(KINDS)).view(len(KINDS), EACH, 4).tolist()
    made = [
        (kind, question(kind, number, *dice[row][number]))
        for row, kind in enumerate(KINDS)
        for number in range(EACH)
    ]
    order = rng.uniform("order", len(made)).view(-1).argsort().tolist()
    return [
        Case(f"question {n}", made[i][1], kind=made[i][0]) for n, i in enumerate(order, start=1)
    ]


def question(kind: str, number: int, a: float, b: float, c: float, d: float) -> tuple[int, ...]:
    """(field, places, budget, depth, width): what the cheapest net of a kind needs, and a little.

    number: 0 to 3, of the ways in which it can be of this kind. a to d: in [0, 1).
    """
    halvings = {"shallow": 1 + number % 2, "cheap": 1 + int(2 * a), "fine": number % 2}.get(kind, 3)
    depth = {"shallow": 2 + number // 2, "fine": 3 + int(3 * a)}.get(kind, DEPTH - int(2 * a))
    width = (8, 16, 32)[int(3 * b)]
    strides = [2] * halvings + [1] * DEPTH
    low, high = (seen(list(zip([kernel] * depth, strides, strict=False))) for kernel in (3, 7))
    share = {"shallow": 0.5 + 0.45 * c, "cheap": 0.15 + 0.35 * c}.get(kind, 0.2 + 0.6 * c)
    field, places = min(SIDE, low + int(share * (high - low))), SIDE // 2**halvings
    need = weights_of(layers(field, places, 10**9, depth, width), width)
    return field, places, need + int(0.04 * d * need), depth, width


def exhibit(number: int) -> tuple[int, ...]:
    """(field, places, budget, depth, width) of a question of the check, by its number from 1."""
    cases = inputs(Rng(0, 0, torch.zeros(1, dtype=torch.int64)))
    if type(number) is not int or not 1 <= number <= len(cases):
        raise CourseError(f"The questions are numbered 1 to {len(cases)}.")
    return cases[number - 1].args


def wanting(made: Sequence, asked: tuple[int, ...]) -> str | None:
    """What a list of layers lacks of what was asked, or None."""
    field, places, budget, depth, width = asked
    if type(made) not in (list, tuple) or not made:
        return "that is no list of pairs (kernel, stride) with at least one in it"
    for pair in made:
        if type(pair) not in (list, tuple) or [type(n) for n in pair] != [int, int]:
            return f"{pair!r} is no pair (kernel, stride) of whole numbers"
        if pair[0] not in KERNELS or pair[1] not in (1, 2):
            return f"there is no layer {tuple(pair)!r}: kernels are 3, 5 or 7, strides 1 or 2"
    if len(made) > depth:
        return f"it has {len(made)} layers"
    if places_of(made) < places:
        return f"its last map has {places_of(made)} × {places_of(made)} places"
    if seen(made) < field:
        return f"its last map sees {seen(made)} pixels along each axis"
    cost = weights_of(made, width)
    return None if cost <= budget else f"it has {cost:,} weights"


def accept(cases: Sequence[Case], expected: Sequence, found: Sequence) -> str | None:
    """None if every question is met; else speaks of the kind that fares worst."""
    lacks = [
        (case, made, wanting(made, case.args)) for case, made in zip(cases, found, strict=True)
    ]
    missed = [(case, made, lack) for case, made, lack in lacks if lack]
    if not missed:
        return None
    count = {kind: sum(case.kind == kind for case, _, _ in missed) for kind in KINDS}
    worst = max(count, key=lambda kind: count[kind])
    case, made, lack = next(one for one in missed if one[0].kind == worst)
    field, places, budget, depth, width = case.args
    return (
        f"You meet {len(lacks) - len(missed)} of {len(lacks)} questions. Worst are those in which "
        f"{KINDS[worst]}. {case.name.capitalize()} is one of them: field={field}, places={places}, "
        f"budget={budget}, depth={depth}, width={width}. You give {brief(made)}: {lack}."
    )


EXERCISE = Exercise(
    id="u01/field",
    title="See far on a budget",
    kind="design",
    contract=CONTRACT,
    reference=layers,
    inputs=inputs,
    accept=accept,
    wrong=WRONG,
    right=(
        Right("everything is tried", everything_tried),
        Right("field by field", field_by_field),
    ),
    hints=(
        "Write three small functions of a list of pairs first: how far it sees, how many places "
        "are left, how many weights it has. Then try lists until one fits; there are few.",
        "A layer lets a place see kernel − 1 steps more. A step is one pixel in the first layer, "
        "and twice as wide after each layer of stride 2: so where do the strides belong? The first "
        "layer has 3 input channels, the others `width`: so where is a large kernel cheap?",
        "`see, step = 1, 1`, then for each pair `see += (kernel - 1) * step; step *= stride`. The "
        "weights are kernel² · inputs · width. With `itertools.product` try every list of up to "
        "`depth` pairs and return the first whose numbers all fit; at most 7,776 have five layers.",
    ),
    points=4,
)
