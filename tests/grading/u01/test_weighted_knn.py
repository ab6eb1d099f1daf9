"""The kNN exercise: its reference agrees with the course's own, and cannot be replaced by it."""

import pytest
import torch
import torch.nn.functional as F

from course_lib.core.randomness import Rng
from course_lib.evaluate import knn
from course_lib.grading.engine import examine
from course_lib.grading.exercises.u01._votes import cosines, without
from course_lib.grading.registry import find

EXERCISE = find("u01/weighted_knn")
RNG = Rng(5, 0, torch.arange(60))


def cases(seed):
    return EXERCISE.inputs(Rng(seed, 0, torch.zeros(1, dtype=torch.int64)))


@pytest.fixture
def features():
    """60 features of 6 numbers with labels from 0 to 3."""
    return RNG.normal("features", 6), (4 * RNG.uniform("labels", 1)[:, 0]).long()


def test_agrees_with_the_course(features):
    bank, labels = features
    nobody, itself = torch.full((60,), -1), torch.arange(60)
    for own, exclude in ((nobody, False), (itself, True)):
        scores, predicted = EXERCISE.reference(bank, labels, bank, own, 7, 0.3, 4)
        assert torch.equal(predicted, knn(bank, labels, bank, 7, 0.3, exclude_self=exclude))
        assert torch.allclose(scores.sum(1), torch.ones(60))


def test_one_neighbour_and_a_low_temperature_are_the_nearest_neighbour(features):
    bank, labels = features
    own = torch.arange(60)
    nearest = labels[without(own, cosines(bank, bank)).argmax(1)]
    for k, temperature in ((1, 0.07), (60, 0.005)):
        scores, predicted = EXERCISE.reference(bank, labels, bank, own, k, temperature, 4)
        agree = predicted.eq(nearest).double().mean()
        assert agree == 1 if k == 1 else agree > 0.9


def test_turning_the_features_changes_nothing(features):
    bank, labels = features
    turn = torch.linalg.qr(RNG.normal("turn", 6)[:6]).Q
    own = torch.full((60,), -1)
    first, second = (EXERCISE.reference(x, labels, x, own, 9, 0.2, 4) for x in (bank, bank @ turn))
    assert torch.allclose(first[0], second[0], atol=1e-5)
    assert torch.equal(first[1], second[1])


def test_a_tie_is_no_prediction():
    bank = torch.tensor([[1.0, 0.0], [2.0, 0.0]])
    own = torch.tensor([-1])
    scores, predicted = EXERCISE.reference(bank, torch.tensor([2, 0]), bank[:1], own, 2, 0.1, 3)
    assert scores.tolist() == [[0.5, 0.0, 0.5]] and predicted.tolist() == [-1]


@pytest.mark.parametrize("seed", range(40))
def test_nothing_in_the_cases_hangs_on_rounding(seed):
    for case in cases(seed):
        bank, labels, queries, own, k, temperature, classes = case.args
        cosine = without(own, cosines(bank, queries)).sort(dim=1, descending=True).values
        if k < len(bank):
            assert (cosine[:, k - 1] - cosine[:, k]).min() > 1e-3  # who votes is clear
        best = EXERCISE.reference(*case.args)[0].topk(2, dim=1).values
        lead = best[:, 0] - best[:, 1]
        assert ((lead < 1e-6) | (lead > 1e-3)).all()


def test_the_cases_hold_what_the_contract_speaks_of():
    made = cases(0)
    assert any(EXERCISE.reference(*case.args)[1].eq(-1).any() for case in made)
    assert any(case.args[4] > len(case.args[0]) for case in made)
    assert any(case.args[5] == 0.005 for case in made)
    assert any(0 <= case.args[3].min() for case in made)
    assert any(case.args[6] > case.args[1].max() + 1 for case in made)


def scores_of(function):
    """A library's predictions in the form that is asked: certain of each."""

    def answer(bank, labels, queries, own, k, temperature, classes):
        predicted = function(bank, labels, queries, k, temperature, own)
        return F.one_hot(predicted, classes).float(), predicted

    return answer


PASTED = {
    "evaluate.knn": knn,
    "evaluate.knn, certain": scores_of(lambda b, y, q, k, t, o: knn(b, y, q, min(k, len(b)), t)),
    "evaluate.knn, without itself": scores_of(
        lambda b, y, q, k, t, o: knn(b, y, q, min(k, len(b)), t, exclude_self=len(q) == len(b))
    ),
    "cosine_similarity": lambda b, y, q, o, k, t, c: (
        F.cosine_similarity(q[:, None], b[None], dim=2),
        y[F.cosine_similarity(q[:, None], b[None], dim=2).argmax(1)],
    ),
    "attention": lambda b, y, q, o, k, t, c: (
        F.scaled_dot_product_attention(q, b, F.one_hot(y, c).float(), scale=1 / t),
        y[(q @ b.T).argmax(1)],
    ),
}


@pytest.mark.parametrize("name", PASTED)
def test_no_function_of_a_library_solves_it(name):
    assert examine(EXERCISE, PASTED[name]).points == 0


def test_the_chunks_of_dinos_code_are_an_error_that_is_shown():
    def chunked(bank, labels, queries, own, k, temperature, classes):
        size = len(queries) // 100
        return [queries[start : start + size] for start in range(0, len(queries), size)]

    result = examine(EXERCISE, chunked)
    assert result.state == "error" and "range() arg 3 must not be zero" in result.sentence
