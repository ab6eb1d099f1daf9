"""The data card: no image in two splits, none moves when others come, and nothing can be pasted."""

import hashlib

import pytest
import torch
from sklearn.model_selection import train_test_split

from course_lib.core.randomness import Rng
from course_lib.grading.engine import examine
from course_lib.grading.registry import find

EXERCISE = find("u01/splits")


def cases(seed=0):
    return EXERCISE.inputs(Rng(seed, 0, torch.zeros(1, dtype=torch.int64)))


def test_by_hand():
    images = torch.tensor([[[1]], [[2]], [[1]], [[3]], [[2]]], dtype=torch.uint8)
    made = EXERCISE.reference(images, ["cat", "dog", "cat", "owl", "cat"])
    word = {0: "test", 1: "val"}
    first, last = (
        word.get(int(hashlib.sha256(bytes([n])).hexdigest()[:8], 16) % 10, "train") for n in (1, 3)
    )
    assert made["split"] == [first, "conflict", "copy", last, "conflict"]
    assert sum(sum(row.values()) for row in made["counts"].values()) == 2
    assert all(list(row) == ["cat", "dog", "owl"] for row in made["counts"].values())


@pytest.mark.parametrize("seed", range(10))
def test_no_image_is_in_two_splits_and_none_moves(seed):
    images, labels = cases(seed)[-1].args
    split = EXERCISE.reference(images, labels)["split"]
    pixels = [tuple(image.flatten().tolist()) for image in images]
    kept = [
        one for one, word in zip(pixels, split, strict=True) if word in ("train", "val", "test")
    ]
    assert len(set(kept)) == len(kept) >= 30
    more = (images.flip(0), labels[::-1])
    again = EXERCISE.reference(*more)["split"][::-1]
    where = {one: word for one, word in zip(pixels, split, strict=True) if word != "copy"}
    assert all(
        word == "copy" or where[one] == word for one, word in zip(pixels, again, strict=True)
    )


@pytest.mark.parametrize("seed", range(10))
def test_the_cases_hold_what_the_contract_speaks_of(seed):
    words = {word for case in cases(seed) for word in EXERCISE.reference(*case.args)["split"]}
    assert words == {"train", "val", "test", "copy", "conflict"}


def drawn(images, labels):
    """scikit-learn's split."""
    train, other = train_test_split(range(len(labels)), test_size=0.2, random_state=0)
    chosen = ["train" if n in train else "test" for n in range(len(labels))]
    return {"split": chosen, "counts": {}}


def unique_only(images, labels):
    """torch's own way to find copies, without a look at the labels."""
    _, group = images.flatten(1).unique(dim=0, return_inverse=True)
    first = [group.tolist().index(number) for number in group.tolist()]
    chosen = ["train" if first[n] == n else "copy" for n in range(len(labels))]
    counts = {name: dict.fromkeys(labels, 0) for name in ("train", "val", "test")}
    return {"split": chosen, "counts": counts}


@pytest.mark.parametrize("pasted", [drawn, unique_only])
def test_no_function_of_a_library_solves_it(pasted):
    result = examine(EXERCISE, pasted)
    assert result.state == "wrong" and result.points == 0
