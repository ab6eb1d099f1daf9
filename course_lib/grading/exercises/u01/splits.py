"""A data card whose splits share no image, whatever is added later."""

import hashlib
from collections import Counter

import torch
from torch import Tensor

from course_lib.core.randomness import Rng
from course_lib.grading.exercise import Case, Exercise, Right
from course_lib.grading.exercises.u01._cards import SPLITS, WRONG, Card, key, splits

CONTRACT = """
Somebody collected labelled images, some of them twice, some of these with two labels. Write
`splits(images, labels)` → a dict with `"split"` and `"counts"`, the beginning of a data card.

- `images` (N, H, W), a tensor of uint8; two are *the same* if all pixels are. `labels`: N words.
- Where an image occurs with different labels, every one of its occurrences is a `"conflict"`.
- Of the others, an image that occurred before, at a smaller index, is a `"copy"`.
- All that remain are split by their pixels, so that an image always falls into the same split: the
  sha256 of its H · W bytes, row by row, as hexadecimal digits; the first 8 of these read as a
  number, modulo 10. 0 is `"test"`, 1 is `"val"`, anything else `"train"`.
- `"split"`: a list of N words, one for each image: `"train"`, `"val"`, `"test"`, `"copy"` or
  `"conflict"`.
- `"counts"`: for each of train, val and test a dict from every word that occurs in `labels` to the
  number of images of that split with it, also where that is 0.

`hashlib.sha256(data).hexdigest()` gives the digits; `image.numpy().tobytes()` the bytes.
"""


def in_two_passes(images: Tensor, labels: list[str]) -> Card:
    """Right: first the labels of every image, then one image after the other."""
    pixels = [tuple(image.flatten().tolist()) for image in images]
    known: dict[tuple, set[str]] = {}
    for image, label in zip(pixels, labels, strict=True):
        known.setdefault(image, set()).add(label)
    chosen: list[str] = []
    for n, image in enumerate(pixels):
        digit = int(hashlib.sha256(bytes(image)).hexdigest()[:8], 16) % 10
        word = {0: "test", 1: "val"}.get(digit, "train")
        word = "copy" if image in pixels[:n] else word
        chosen.append("conflict" if len(known[image]) > 1 else word)
    counts = {name: dict.fromkeys(labels, 0) for name in SPLITS}
    for word, label in zip(chosen, labels, strict=True):
        if word in counts:
            counts[word][label] += 1
    return {"split": chosen, "counts": counts}


def group_by_group(images: Tensor, labels: list[str]) -> Card:
    """Right: all occurrences of an image at a time."""
    _, group = images.flatten(1).unique(dim=0, return_inverse=True)
    chosen = ["copy"] * len(labels)
    for number in group.unique().tolist():
        members = (group == number).nonzero().flatten().tolist()
        if len({labels[n] for n in members}) > 1:
            for n in members:
                chosen[n] = "conflict"
        else:
            rest = int(key(images[members[0]])[:8], base=16) % 10
            chosen[members[0]] = ["test", "val", *["train"] * 8][rest]
    pairs = Counter(zip(chosen, labels, strict=True))
    counts = {name: {label: pairs[name, label] for label in labels} for name in SPLITS}
    return {"split": chosen, "counts": counts}


def collection(
    rng: Rng, distinct: int, repeats: str, rows: int, columns: int
) -> tuple[Tensor, list[str]]:
    """Images (N, rows, columns) and their labels, in a drawn order.

    repeats: of the first images, a letter an image: s for one more of the same label, d for one of
    another label, t for two more of the same, b for one of the same and one of another.
    """
    images = spread(rng, distinct, rows, columns)
    images[-1] = images[-2].flip(1)  # the same pixels in another order are another image
    word = (3 * rng.uniform("words", distinct).view(-1)).long().tolist()
    found = list(enumerate(word))
    for n, letter in enumerate(repeats):
        more = {"s": [0], "d": [1], "t": [0, 0], "b": [0, 1]}[letter]
        found += [(n, (word[n] + other) % 3) for other in more]
    order = rng.uniform("order", len(found)).view(-1).argsort().tolist()
    labels = [("cat", "dog", "owl")[found[n][1]] for n in order]
    return images[[found[n][0] for n in order]], labels


def spread(rng: Rng, count: int, rows: int, columns: int) -> Tensor:
    """Different images (count, rows, columns); few of them have the same remainder of the hash."""
    pixels = (256 * rng.uniform("pixels", 4 * count * rows * columns)).to(torch.uint8)
    images = pixels.view(-1, rows, columns).unique(dim=0)
    digits = [int(key(image)[:8], 16) % 10 for image in images]
    turn = [(digits[:n].count(digit), digit, n) for n, digit in enumerate(digits)]
    return images[[n for _, _, n in sorted(turn)[:count]]].clone()


def telling(cases: list[Case]) -> bool:
    """Whether each split of the last case has images of two labels at least."""
    counts = splits(*cases[-1].args)["counts"]
    return all(sum(n > 0 for n in counts[name].values()) > 1 for name in SPLITS)


def drawn(rng: Rng) -> list[Case]:
    shapes = {
        "five images, one of them twice": (4, "s", 1, 3),
        "an image with two labels": (4, "d", 2, 2),
        "ten images of 2 × 3 pixels": (5, "sbd", 2, 3),
        "sixty images": (44, "sdtbsdtbsdt", 3, 4),
    }
    return [Case(name, collection(rng.fold(name), *shape)) for name, shape in shapes.items()]


def inputs(rng: Rng) -> list[Case]:
    draws = (drawn(rng.fold(number)) for number in range(100))
    return next(cases for cases in draws if telling(cases))


EXERCISE = Exercise(
    id="u01/splits",
    title="Splits that share no image",
    kind="implement",
    contract=CONTRACT,
    reference=splits,
    inputs=inputs,
    wrong=WRONG,
    right=(
        Right("in two passes", in_two_passes),
        Right("group by group", group_by_group),
    ),
    hints=(
        "Three questions, in this order: does the image occur with another label? Did it occur "
        "before? What does its hash say? For the first you must have seen all images.",
        "Make a list of the hashes first, and a dict from each hash to the set of its labels. Then "
        "go through the images once more and keep a set of the hashes that you have met.",
        "`h = hashlib.sha256(image.numpy().tobytes()).hexdigest()` for each image; conflict if "
        '`len(labels_of[h]) > 1`, copy if `h in met`, else `{0: "test", 1: "val"}.get('
        'int(h[:8], 16) % 10, "train")`. Start the counts at 0 for every word and split.',
    ),
    points=3,
)
