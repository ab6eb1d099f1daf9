"""Every state; each misconception by its sentence; otherwise the smallest case that differs."""

import sys
from dataclasses import replace
from time import process_time

import pytest
import torch

from course_lib.grading import engine, watch
from course_lib.grading.engine import examine
from course_lib.grading.exercise import Case
from course_lib.grading.registry import find


@pytest.fixture
def standardise():
    return find("u98/standardise")


@pytest.fixture
def order():
    return find("u98/order")


def stub(x):
    # YOUR CODE HERE
    raise NotImplementedError()


@pytest.mark.parametrize("answer", [None, ..., stub])
def test_not_attempted(standardise, answer):
    result = examine(standardise, answer)
    assert (result.state, result.points) == ("not attempted", 0)
    assert result.sentence == "Nothing is filled in yet."


@pytest.mark.parametrize(
    "answer, said",
    [
        (None, "Nothing is filled in yet."),
        ({"fruit": None, "number": ...}, "Nothing is filled in yet."),
        ({"fruit": [], "number": ""}, "Nothing is filled in yet."),
        ({"fruit": ["apple", None], "number": 3}, "1 of 3 parts are not filled in yet."),
    ],
)
def test_a_value_with_parts_left_is_not_attempted(order, answer, said):
    result = examine(order, answer)
    assert (result.state, result.sentence) == ("not attempted", said)


def test_zero_and_false_are_answers(order):
    assert examine(order, {"fruit": ["a", "b"], "number": 0}).state == "wrong"
    assert examine(order, False).state == "wrong"


def test_what_a_library_leaves_open_is_an_error(standardise):
    def answer(x):
        return torch.utils.data.Sampler().__iter__()

    class Base:
        def forward(self, x):
            return super().__getattribute__("nothing")

    assert examine(standardise, Base().forward).state == "error"
    assert examine(standardise, answer).state == "error"

    def says_more(x):
        raise NotImplementedError("only for two columns")

    assert examine(standardise, says_more).state == "error"


def test_right_answers(standardise, order):
    assert examine(standardise, standardise.reference).points == 3
    assert "All 2 cases agree" in examine(standardise, standardise.reference).sentence
    assert examine(order, {"number": 3, "fruit": ("apple", "pear")}).state == "right"


def test_every_misconception_is_told_by_its_sentence(standardise):
    for wrong in standardise.wrong:
        result = examine(standardise, wrong.answer)
        assert (result.state, result.sentence, result.wrong) == (
            "wrong",
            wrong.sentence,
            wrong.name,
        )
        assert result.points == 0 and result.shown == ()


def test_a_misconception_written_otherwise_is_recognised(standardise):
    def mine(x):
        n = len(x)
        centred = x - x.sum(0) / n
        return centred / ((centred**2).sum(0) / (n - 1)) ** 0.5

    assert examine(standardise, mine).wrong == "unbiased"


def test_one_that_differs_on_a_single_case_is_not_recognised(standardise):
    def mine(x):
        return x / 2 if len(x) == 3 else standardise.wrong[0].answer(x)

    result = examine(standardise, mine)
    assert result.wrong == "" and result.case == "the same, with gradient"


def test_any_other_wrong_answer_sees_the_smallest_case(standardise):
    result = examine(standardise, lambda x: x.softmax(1))
    assert result.case == "the same, with gradient"  # three rows, the other has four
    ((name, shown),) = result.shown
    assert name == "x" and "float32, (3, 3)" in shown
    assert "expected" in result.sentence and result.difference.what == "value"


@pytest.mark.parametrize(
    "answer, what, said",
    [
        (lambda x: (x, x), "type", "a tuple"),
        (lambda x: x.mean(0), "shape", "another shape"),
        (lambda x: x.double(), "dtype", "another dtype"),
        (lambda x: None, "type", "is a `return` missing?"),
    ],
)
def test_how_it_differs(standardise, answer, what, said):
    result = examine(standardise, answer)
    assert result.difference.what == what and said in result.sentence


def test_a_gradient_that_differs(standardise):
    def half(x):
        mean = x.mean(0)
        return (x - mean.detach()) / x.std(0, correction=0)

    result = examine(standardise, half)
    assert result.difference.what == "gradient"
    assert "The gradient with respect to `x` differs" in result.sentence
    result = examine(standardise, lambda x: standardise.reference(x).detach())
    assert "carries no gradient" in result.sentence


def test_an_argument_changed_in_place(standardise):
    def answer(x):
        out = standardise.reference(x)
        x.zero_()
        return out

    result = examine(replace(standardise, wrong=()), lambda x: answer(x.data).clone())
    assert result.difference.what == "argument" and "`x` was changed in place" in result.sentence


def test_an_argument_that_is_made_a_leaf(standardise):
    result = examine(standardise, lambda x: standardise.reference(x.requires_grad_()))
    assert result.difference.what == "argument" and result.case == "a small matrix"
    assert "After the call `x` requires a gradient" in result.sentence


def test_the_cases_are_in_float32_whatever_a_notebook_has_set(standardise):
    torch.set_default_dtype(torch.float64)
    try:
        trial = engine.Trial(replace(standardise, inputs=lambda rng: [Case("x", (torch.eye(2),))]))
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    assert trial.cases[0].args[0].dtype == torch.float32


def test_an_error_is_shown_with_the_students_line(standardise):
    def answer(x):
        columns = x.unbind(1)
        return columns[7]

    result = examine(standardise, answer)
    assert (result.state, result.points) == ("error", 0)
    assert "IndexError: tuple index out of range" in result.sentence
    assert result.trouble.code == "return columns[7]"


@pytest.mark.parametrize("leave", [lambda x: sys.exit(), lambda x: leave_deep(x)])
def test_leaving_is_an_error(standardise, leave):
    assert examine(standardise, leave).state == "error"


def leave_deep(x):
    return leave_deep(x)


def interrupted(x):
    raise KeyboardInterrupt


def test_stopping_it_is_an_error(standardise, monkeypatch):
    assert examine(standardise, interrupted).sentence == "You stopped it."
    monkeypatch.setattr(watch.Watch.__init__, "__defaults__", (0.2,))

    def endless(x):
        while True:
            pass

    assert "Stopped after" in examine(standardise, endless).sentence


def test_an_answer_that_is_called_already(standardise):
    result = examine(standardise, torch.eye(2))
    assert result.state == "wrong" and "without calling it; this is a tensor" in result.sentence


def test_what_is_returned_cannot_talk_its_way_out(standardise):
    class Agreeable:
        __eq__ = __ge__ = lambda self, other: True
        __hash__ = None

    for value in (Agreeable(), type, lambda: 3, iter(())):
        assert examine(standardise, lambda x, value=value: value).state == "wrong"
    endless: list = []
    endless.append(endless)
    assert examine(standardise, lambda x: endless).state == "error"


def test_an_answer_that_hands_back_its_input_is_judged_by_the_input(standardise):
    seen = []

    def answer(x):
        seen.append(x)
        for other in seen:
            other.zero_()
        return x

    assert examine(standardise, answer).state == "wrong"


def test_nothing_is_left_behind(standardise):
    state = torch.get_rng_state()
    examine(standardise, lambda x: x + torch.manual_seed(1).seed() + torch.rand(1))
    assert torch.equal(torch.get_rng_state(), state)


def test_a_predicate_decides_and_misconceptions_come_first():
    verdict = find("u98/verdict")
    assert examine(verdict, lambda n: verdict.reference(n).upper()).state == "right"
    once = iter([True])

    def nearly(n):  # one mistake is within nine of ten
        return "odd" if next(once, False) else verdict.reference(n)

    assert examine(verdict, nearly).state == "right"
    assert examine(verdict, lambda n: "even").sentence == "You never say odd."
    result = examine(verdict, lambda n: "even" if n > 300 else "odd")
    assert "are named so" in result.sentence and result.wrong == ""
    assert (
        examine(verdict, lambda n: 3).sentence == "The result should be a string, and is a number."
    )


def test_seeds_give_other_cases(standardise):
    first, second = (engine.Trial(standardise, seed).cases[0].args[0] for seed in (0, 1))
    assert not torch.equal(first, second)


def test_a_slow_right_answer_hears_of_it(standardise, monkeypatch):
    monkeypatch.setattr(engine, "SLOW", 0.0)
    assert "It took" in examine(standardise, standardise.reference).sentence


def test_what_was_printed_is_kept(standardise):
    def answer(x):
        print(x.shape)
        return standardise.reference(x)

    result = examine(standardise, answer)
    assert result.state == "right" and result.printed.startswith("torch.Size([4, 3])")


def test_a_check_takes_less_than_a_second(standardise):
    begin = process_time()
    examine(standardise, lambda x: x)
    assert process_time() - begin < 1
