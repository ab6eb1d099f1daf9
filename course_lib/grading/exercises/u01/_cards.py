"""The card of `splits`, right and with each mistake said in its docstring."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from course_lib.grading.named import named

SPLITS = ("train", "val", "test")
Card = dict[str, Any]
Key = Callable[[Tensor], str]  # an image → hexadecimal digits


def key(image: Tensor) -> str:
    """The sha256 of an image's bytes."""
    return hashlib.sha256(image.numpy().tobytes()).hexdigest()


def of_text(text: str) -> str:
    """The sha256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def rest(digits: str) -> str:
    """The split of an image by the first eight digits of its hash."""
    return {0: "test", 1: "val"}.get(int(digits[:8], 16) % 10, "train")


def counted(chosen: Sequence[str], labels: list[str]) -> Card:
    """Images of each label in each split, of those that are in one."""
    pairs = list(zip(chosen, labels, strict=True))
    return {name: {label: pairs.count((name, label)) for label in labels} for name in SPLITS}


def decided(images: Tensor, labels: list[str], split: Callable[[int], str]) -> list[str]:
    """Conflicts and copies, and for all others what `split` says of the image's index."""
    keys, known, met = [key(image) for image in images], defaultdict(set), set()
    for digits, label in zip(keys, labels, strict=True):
        known[digits].add(label)
    chosen = []
    for n, digits in enumerate(keys):
        word = "copy" if digits in met else split(n)
        chosen.append("conflict" if len(known[digits]) > 1 else word)
        met.add(digits)
    return chosen


def by(images: Tensor, labels: list[str], split: Callable[[int], str]) -> Card:
    """The card, with the images that remain split by another rule."""
    chosen = decided(images, labels, split)
    return {"split": chosen, "counts": counted(chosen, labels)}


def splits(images: Tensor, labels: list[str]) -> Card:
    """The right card."""
    return by(images, labels, lambda n: rest(key(images[n])))


def changed(images: Tensor, labels: list[str], change: Callable[[list[str]], None]) -> Card:
    """The right card with some words of `split` changed, and the counts that follow."""
    chosen = splits(images, labels)["split"]
    change(chosen)
    return {"split": chosen, "counts": counted(chosen, labels)}


def by_position(images: Tensor, labels: list[str]) -> Card:
    """You split by the position in the list. Somebody who adds or sorts images then moves others
    from train to test, and nobody notices."""
    return by(images, labels, lambda n: {0: "test", 1: "val"}.get(n % 10, "train"))


def by_hash_of_position(images: Tensor, labels: list[str]) -> Card:
    """You hash the image's index. The result looks random, and changes for an image as soon as one
    is added before it: hash what the image *is*."""
    return by(images, labels, lambda n: rest(of_text(str(n))))


def by_label_and_pixels(images: Tensor, labels: list[str]) -> Card:
    """Your hash covers the label too. A corrected label would move its image to another split; only
    the pixels should decide."""
    return by(
        images,
        labels,
        lambda n: rest(
            hashlib.sha256(images[n].numpy().tobytes() + labels[n].encode()).hexdigest()
        ),
    )


def by_sum_of_pixels(images: Tensor, labels: list[str]) -> Card:
    """You use the sum of the pixels. That is no hash: bright images and dark ones, or an image and
    its mirror image, would be related in where they fall."""
    return by(
        images,
        labels,
        lambda n: {0: "test", 1: "val"}.get(int(images[n].sum()) % 10, "train"),
    )


def column_by_column(images: Tensor, labels: list[str]) -> Card:
    """You hash the pixels column by column. Whoever rebuilds the splits row by row gets others."""
    return by(images, labels, lambda n: rest(key(images[n].T.contiguous())))


def of_floats(images: Tensor, labels: list[str]) -> Card:
    """You hash pixels that were turned into floats: four bytes each, of which the hash depends.
    Hash what is stored, the uint8 bytes."""
    return by(images, labels, lambda n: rest(key(images[n].float())))


def of_the_printed_list(images: Tensor, labels: list[str]) -> Card:
    """You hash the image as text. A comma more in another version of a library, and all splits are
    others: hash the bytes."""
    return by(images, labels, lambda n: rest(of_text(str(images[n].tolist()))))


def all_digits(images: Tensor, labels: list[str]) -> Card:
    """You read all 64 digits as the number. It is a sound rule, and another one: card and code must
    agree on the digits, here the first 8."""
    return by(
        images,
        labels,
        lambda n: {0: "test", 1: "val"}.get(int(key(images[n]), 16) % 10, "train"),
    )


def val_and_test_swapped(images: Tensor, labels: list[str]) -> Card:
    """You have val and test the wrong way round: 0 is test, 1 is val."""
    swap = {"val": "test", "test": "val", "train": "train"}
    return by(images, labels, lambda n: swap[rest(key(images[n]))])


def copies_kept(images: Tensor, labels: list[str]) -> Card:
    """You put copies into the split of their image. They are in no wrong split, but they weigh
    twice there: name them as copies."""

    def change(chosen: list[str]) -> None:
        for n, word in enumerate(chosen):
            if word == "copy":
                chosen[n] = rest(key(images[n]))

    return changed(images, labels, change)


def last_one_kept(images: Tensor, labels: list[str]) -> Card:
    """You keep the last occurrence of an image, and call the earlier ones copies; the first one is
    asked for."""
    made = splits(images.flip(0), labels[::-1])
    return {"split": made["split"][::-1], "counts": counted(made["split"][::-1], labels)}


def conflicts_unseen(images: Tensor, labels: list[str]) -> Card:
    """You treat an image with two labels like any copy: the first label counts, and it may be the
    wrong one."""

    def change(chosen: list[str]) -> None:
        met = set()
        for n, image in enumerate(images):
            if chosen[n] == "conflict":
                chosen[n] = "copy" if key(image) in met else rest(key(image))
            met.add(key(image))

    return changed(images, labels, change)


def first_one_believed(images: Tensor, labels: list[str]) -> Card:
    """You believe the first label, and call only later occurrences that differ from it a conflict.
    Nobody knows which label is right, so all are in conflict."""
    first: dict[str, str] = {}

    def change(chosen: list[str]) -> None:
        for n, image in enumerate(images):
            if chosen[n] == "conflict" and first.get(key(image), labels[n]) == labels[n]:
                chosen[n] = "copy" if key(image) in first else rest(key(image))
            first.setdefault(key(image), labels[n])

    return changed(images, labels, change)


def copies_in_a_conflict(images: Tensor, labels: list[str]) -> Card:
    """You call some occurrences of an image with two labels copies: every one of them is in
    conflict."""

    def change(chosen: list[str]) -> None:
        met = set()
        for n, image in enumerate(images):
            chosen[n] = "copy" if key(image) in met else chosen[n]
            met.add(key(image))

    return changed(images, labels, change)


def counted_with_copies(images: Tensor, labels: list[str]) -> Card:
    """Your words are right, and your counts are not: they count copies too."""
    card = splits(images, labels)
    return {"split": card["split"], "counts": copies_kept(images, labels)["counts"]}


def zeros_left_out(images: Tensor, labels: list[str]) -> Card:
    """Your counts leave out labels of which a split has none. That a split lacks a class is what a
    reader of the card must see."""
    card = splits(images, labels)
    some = {s: {w: n for w, n in row.items() if n} for s, row in card["counts"].items()}
    return {"split": card["split"], "counts": some}


WRONG = named(
    by_position, by_hash_of_position, by_label_and_pixels, by_sum_of_pixels,
    column_by_column, of_floats, of_the_printed_list, all_digits, val_and_test_swapped,
    copies_kept, last_one_kept, conflicts_unseen, first_one_believed, copies_in_a_conflict,
    counted_with_copies, zeros_left_out,
)  # fmt: skip
