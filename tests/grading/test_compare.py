"""What differs is named: type, number, keys, shape, dtype, value; and nothing talks its way out."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from course_lib.grading.compare import difference

F = torch.tensor([[1.0, 2.0], [3.0, 4.0]])


@dataclass
class Study:
    name: str
    scores: list


class Agreeable:
    """Claims to equal everything."""

    __hash__ = None

    def __eq__(self, other):
        return True


class Sly(float):
    def __eq__(self, other):
        return True

    def __sub__(self, other):
        return 0.0

    __hash__ = None


class SlyTensor(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return torch.ones(())


def differs(expected, found):
    return difference(expected, found, 1e-4, "The result")


SAME = [
    (F, F.clone()),
    (F, torch.nn.Parameter(F.clone())),
    (F, F + 1e-6),
    (torch.tensor([math.nan, math.inf]), torch.tensor([math.nan, math.inf])),
    (1.0, 1),
    (2, np.int64(2)),
    (0.5, torch.tensor(0.5)),
    (True, np.True_),
    (10**30, 10**30),
    ((1, [2, "a"]), [1, (2, "a")]),
    ({"a": 1, "b": F}, {"b": F, "a": 1}),
    (None, None),
    (np.array(["a", "b"]), np.array(["a", "b"])),
    (np.eye(2), np.eye(2)),
    (Study("a", [F]), Study("a", [F.clone()])),
    (torch.float32, torch.float32),
    ({1, 2}, {2, 1}),
    (1 + 2j, 1 + 2j),
    (torch.zeros(0, 3), torch.zeros(0, 3)),
    (torch.nn.Linear, torch.nn.Linear),
]


@pytest.mark.parametrize("expected, found", SAME)
def test_equal_things_agree(expected, found):
    assert differs(expected, found) is None


UNLIKE = [
    (F, F.numpy(), "type", "should be a tensor, and is a numpy array"),
    (F, F.tolist(), "type", "is a list"),
    (F, None, "type", "is a `return` missing?"),
    (F, Agreeable(), "type", "an Agreeable"),
    (F, SlyTensor([[9.0, 9], [9, 9]]), "type", "a SlyTensor"),
    (1.0, Sly(3), "type", ""),
    (1.0, Agreeable(), "type", ""),
    (1, True, "type", "should be a number, and is a truth value"),
    (True, 1, "type", "should be a truth value"),
    ("a", Agreeable(), "type", ""),
    ("held", "failed", "value", "not as expected"),
    (None, 0, "type", "is a number"),
    ((1, 2), (1, 2, 3), "number", "should hold 2 things, and holds 3"),
    ([1, [2, 3]], [1, [2, 4]], "value", "The result[1][1] is not"),
    ({"a": 1}, {"b": 1}, "keys", "lacks ['a'] and has ['b']"),
    ({"a": 1}, {"a": 1, "b": 2}, "keys", "it has ['b']"),
    ({"a": 1}, {"a": 2}, "value", "The result['a']"),
    (F, F[0], "shape", "another shape"),
    (F, F.double(), "dtype", "another dtype"),
    (F.long(), F.int(), "dtype", ""),
    (F.long(), F.long() + 1, "value", "4 of 4"),
    (F, F + torch.tensor([[0, 0], [0.5, 0]]), "value", "1 of 4 values, most at [1, 0]"),
    (F, torch.full((2, 2), math.nan), "value", "4 of 4"),
    (torch.tensor([math.inf]), torch.tensor([1.0]), "value", "expected inf, found 1"),
    (torch.tensor([math.inf]), torch.tensor([-math.inf]), "value", "found -inf"),
    (torch.tensor([1.0]), torch.tensor([math.inf]), "value", "found inf"),
    (torch.tensor([1.0, math.nan]), torch.tensor([1.0, 5.0]), "value", "expected nan, found 5"),
    (2, 3, "value", ""),
    (10**30, 10**30 + 1, "value", ""),
    (1.0, 1.001, "value", "another value"),
    (Study("a", [1]), Study("a", [2]), "value", "The result.scores[0]"),
    (np.array(["a"]), np.array(["b"]), "value", ""),
    ({1, 2}, {1, 3}, "value", ""),
    (torch.float32, torch.float64, "value", ""),
]


@pytest.mark.parametrize("expected, found, what, said", UNLIKE)
def test_what_differs_is_said(expected, found, what, said):
    it = differs(expected, found)
    assert it is not None and it.what == what
    assert said in it.sentence and it.sentence.startswith("The result")


def test_the_largest_difference_is_shown_with_digits_that_tell():
    it = differs(torch.tensor([1.0, 2, 3]), torch.tensor([1.0, 2.5, 9]))
    assert "2 of 3 values, most at [2]: expected 3, found 9" in it.sentence
    it = difference(torch.tensor(1.0), torch.tensor(1.00001), 1e-7, "It")
    assert (it.expected, it.found) == ("1", "1.00001")


def test_both_sides_are_shown():
    assert differs(F, F[0]).expected == "(2, 2)" and differs(F, F[0]).found == "(2,)"
    assert differs(F, F.double()).found == "float64"
    assert "[[1, 2],\n [3, 4]]" in differs(F, F + 1).expected


def test_a_module_differs_by_its_weights_and_its_mode():
    net = torch.nn.Linear(2, 1)
    same = torch.nn.Linear(2, 1)
    same.load_state_dict(net.state_dict())
    assert differs(net, same) is None
    assert "training" in differs(net, same.eval()).sentence
    assert "['weight']" in differs(net, torch.nn.Linear(2, 1)).sentence
