"""An answer may do anything, and leaves nothing behind but an outcome."""

import random
import sys
import threading

import numpy as np
import pytest
import torch

from course_lib.grading.call import LEAF, call, copied, gradients
from course_lib.grading.exercise import Case

X = Case("x", (torch.arange(4.0),))


def draws(x):
    torch.manual_seed(3)
    np.random.seed(3)
    random.seed(3)
    return torch.rand(2) + np.random.rand() + random.random()


def test_global_generators_and_the_default_dtype_are_as_before():
    before = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    call(draws, X)
    call(lambda x: torch.set_default_dtype(torch.float64), X)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.random.get_state()[1].tolist() == before[1]
    assert random.getstate() == before[2]
    assert torch.get_default_dtype() == torch.float32


def test_an_answer_runs_in_float32_whatever_a_notebook_has_set():
    torch.set_default_dtype(torch.float64)
    try:
        outcome = call(lambda x: torch.ones(1), X)
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    assert outcome.result.dtype == torch.float32


def test_an_answer_that_draws_gives_the_same_again():
    drawn = []
    for seed in (5, 6):
        torch.manual_seed(seed)
        np.random.seed(seed)
        random.seed(seed)
        answer = call(lambda x: (torch.rand(1), np.random.rand(), random.random()), X)
        drawn.append(answer.result)
    assert drawn[0] == drawn[1]
    assert call(lambda x: torch.rand(1), X, seed=1).result != drawn[0][0]


def test_gradients_are_on_whatever_was_switched_off():
    with torch.no_grad():
        outcome = call(lambda x: x**2, Case("x", X.args, gradient=True))
    assert outcome.gradients is not None
    call(lambda x: torch.set_grad_enabled(False), X)
    assert torch.is_grad_enabled()


def test_what_was_given_and_returned_is_a_copy():
    kept = []

    def keeps(x):
        kept.append(x)
        return x

    outcome = call(keeps, X)
    kept[0].add_(1)
    assert torch.equal(outcome.result, torch.arange(4.0))
    assert torch.equal(outcome.arguments[0], X.args[0])
    assert torch.equal(X.args[0], torch.arange(4.0))


@pytest.mark.parametrize("gradient", [False, True])
def test_a_change_in_place_is_seen(gradient):
    outcome = call(lambda x: x.add_(1).sum(), Case("x", X.args, gradient=gradient))
    assert outcome.trouble is None
    assert torch.equal(outcome.arguments[0], torch.arange(4.0) + 1)


def pulled(x):
    x.requires_grad_()
    x.square().sum().backward()
    return x.requires_grad_(False).grad


def test_an_argument_that_autograd_follows_is_seen():
    both = Case("two", ([torch.ones(2), torch.ones(3)], {"n": torch.arange(2)}))
    outcome = call(lambda weights, more: weights[1].requires_grad_().sum(), both)
    assert outcome.arguments[0][1] == LEAF
    assert torch.equal(outcome.arguments[0][0], torch.ones(2))
    assert torch.equal(outcome.arguments[1]["n"], torch.arange(2))
    assert call(pulled, X).arguments == (LEAF,)  # its grad is left, and would add up


def test_a_copy_may_require_a_gradient_and_so_may_a_result():
    for case in (X, Case("x", X.args, gradient=True)):
        outcome = call(lambda x: x.detach().clone().requires_grad_().sum(), case)
        assert torch.equal(outcome.arguments[0], X.args[0])
        assert outcome.result == 6.0 and not outcome.result.requires_grad


def test_gradients_of_a_tree_leave_out_what_has_none():
    case = Case(
        "x", (torch.arange(3.0), {"w": torch.ones(3), "n": torch.tensor([1])}), gradient=True
    )
    outcome = call(lambda x, more: ((x * 2).sum(), 3), case)
    assert torch.equal(outcome.gradients[0], torch.full((3,), 2.0))
    assert torch.equal(outcome.gradients[1], torch.zeros(3))
    assert call(lambda x, more: x.detach(), case).gradients is None


def test_rows_that_sum_to_one_still_have_gradients():
    x = torch.randn(2, 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
    assert gradients(x.softmax(1), [x])[0].abs().max() > 0.01


class Unspeakable(Exception):
    def __str__(self):
        raise ValueError


def deep(x):
    return deep(x)


@pytest.mark.parametrize(
    "answer, error",
    [
        (lambda x: x.nothing, "AttributeError"),
        (lambda x: sys.exit(1), "SystemExit"),
        (deep, "RecursionError"),
        (lambda x, y: x, "TypeError"),
    ],
)
def test_whatever_is_raised_becomes_an_outcome(answer, error):
    assert call(answer, X).trouble.error == error


def test_an_error_that_cannot_be_printed_is_named():
    def answer(x):
        raise Unspeakable

    trouble = call(answer, X).trouble
    assert (trouble.error, trouble.message) == ("Unspeakable", "")


def helper(x):
    return torch.cat([x, "a"])


def test_the_line_is_the_students_own_not_the_librarys():
    def answer(x):
        return helper(x)

    trouble = call(answer, X).trouble
    assert (trouble.function, trouble.code) == ("helper", 'return torch.cat([x, "a"])')
    assert trouble.line == helper.__code__.co_firstlineno + 1

    def inside(x):
        return torch.nn.Linear(2, 2)(x)

    assert call(inside, X).trouble.code == "return torch.nn.Linear(2, 2)(x)"


def test_copies_share_no_memory():
    tree = {"a": [torch.ones(2)], "b": (np.ones(2), "c"), "net": torch.nn.Linear(1, 1)}
    other = copied(tree)
    other["a"][0].zero_()
    other["b"][0][:] = 0
    assert tree["a"][0].sum() == 2 and tree["b"][0].sum() == 2
    assert other["net"] is not tree["net"] and copied(threading.Lock) is threading.Lock
