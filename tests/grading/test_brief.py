"""Values are shown in few words, whatever they are."""

import numpy as np
import pytest
import torch

from course_lib.grading.brief import brief, kind, number


@pytest.mark.parametrize(
    "value, text",
    [
        (torch.tensor([[1.0, 2.5], [3, 4]]), "[[1, 2.5],\n [3, 4]] (float32, (2, 2))"),
        (torch.arange(3), "[0, 1, 2] (int64, (3,))"),
        (torch.arange(100.0).view(10, 10), "float32, (10, 10), from 0 to 99"),
        (np.zeros((1, 1)), "[[0]] (float64, (1, 1))"),
        (1 / 3, "0.3333"),
        ((1, "a", None), "(1, 'a', None)"),
        ({"a": [True]}, "{'a': [True]}"),
        (torch.relu, "relu"),
        (object(), "an object"),
        (torch.tensor([True, False]), "[True, False] (bool, (2,))"),
    ],
)
def test_brief(value, text):
    assert brief(value) == text


def test_long_and_deep_things_stay_short():
    assert len(brief("x" * 1000)) <= 120
    assert "1000 in all" in brief(list(range(1000)))
    endless: list = []
    endless.append(endless)
    assert brief(endless) == "[[[a list]]]"


def test_an_object_that_lies_about_its_name_does_no_harm():
    class Odd:
        __name__ = 3

    assert brief(Odd()) == "an Odd" and kind(len) == "a function"


def test_numbers_get_digits_until_they_differ():
    assert number(1.0, 1.0000001) == ("1", "1.0000001")
    assert number(1.0, 2.0) == ("1", "2")
    assert number(float("nan"), 1.0) == ("nan", "1")
