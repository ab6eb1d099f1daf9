"""Shape bias: which images count, and that no function of the course counts just these."""

import pytest
import torch

from course_lib.core.randomness import Rng
from course_lib.evaluate import shape_bias as library
from course_lib.grading.engine import examine
from course_lib.grading.registry import find

EXERCISE = find("u02/shape_bias")


def cases(seed=0):
    return EXERCISE.inputs(Rng(seed, 0, torch.zeros(1, dtype=torch.int64)))


def answered(case):
    probabilities, group, shape, texture, sure = case.args
    score = library.coarse(probabilities, group, int(group.max()) + 1)
    return library.decide(score, sure), shape, texture


@pytest.mark.parametrize("seed", range(5))
def test_every_way_to_be_left_out_is_there_and_no_score_is_near_the_limit(seed):
    for case in cases(seed):
        probabilities, group, _, _, sure = case.args
        said, shape, texture = answered(case)
        score = library.coarse(probabilities, group, int(group.max()) + 1)
        assert (score.amax(dim=1) / sure - 1).abs().min() > 0.1
        assert (score.topk(2).values.diff(dim=1).abs() > 0.05 * sure).all()
        assert probabilities.min() >= 0
        assert torch.allclose(probabilities.sum(dim=1), torch.ones(len(shape)).double())
        if case.name != "two kinds":
            ways = [shape == texture, said < 0, (said >= 0) & (said != shape) & (said != texture)]
            assert all(way.any() for way in ways) and ((said == shape) & (shape != texture)).any()


def test_it_agrees_with_the_course_where_both_ask_the_same():
    for case in cases():
        said, shape, texture = answered(case)
        counted = library.count(said, shape, texture)
        _, each, decided = EXERCISE.reference(*case.args)
        assert decided.sum() == counted.shape + counted.texture
        assert (each.nan_to_num() * decided).sum().round() == counted.shape


def test_by_hand():
    probabilities = torch.eye(3).double()[[0, 1, 1, 2, 2]]
    shape, texture = torch.tensor([0, 0, 1, 2, 0]), torch.tensor([1, 1, 1, 0, 1])
    bias, each, decided = EXERCISE.reference(probabilities, torch.arange(3), shape, texture, 0.5)
    assert decided.tolist() == [2, 0, 1] and bias == 0.75
    assert each[[0, 2]].tolist() == [0.5, 1.0] and each[1].isnan()


def courses(probabilities, group, shape, texture, sure):
    kinds = int(group.max()) + 1
    said = library.decide(library.coarse(probabilities, group, kinds), sure)
    counted = library.count(said, shape, texture)
    each = torch.full((kinds,), counted.bias).double()
    return counted.bias, each, torch.full((kinds,), counted.shape + counted.texture)


def decided_as_a_share(probabilities, group, shape, texture, sure):
    bias, each, decided = EXERCISE.reference(probabilities, group, shape, texture, sure)
    return bias, each, (100 * decided / len(shape)).long()


def sure_of_the_fine_class(probabilities, group, shape, texture, sure):
    kept = probabilities.amax(dim=1) >= sure
    return EXERCISE.reference(probabilities[kept], group, shape[kept], texture[kept], 0.0)


def renormalised(probabilities, group, shape, texture, sure):
    inside = probabilities * (group >= 0)
    return EXERCISE.reference(inside / inside.sum(1, True), group, shape, texture, sure)


@pytest.mark.parametrize(
    "answer", [courses, decided_as_a_share, sure_of_the_fine_class, renormalised]
)
def test_no_librarys_function_and_no_other_mistake_passes(answer):
    assert examine(EXERCISE, answer).points == 0


def results(seed):
    return [EXERCISE.reference(*case.args) for case in cases(seed)]


def test_cases_and_seeds_differ_in_what_is_counted():
    found = [one for seed in range(6) for one in results(seed)]
    known = {(bias, str(each.tolist()), str(decided.tolist())) for bias, each, decided in found}
    assert len(known) > 12
    apart = [
        abs((each.nan_to_num() * n).sum() / n.sum() - bias) > 1e-3
        for bias, each, n in found
        if len(each) > 2
    ]
    assert sum(apart) > len(apart) / 2  # the mean over images is not that over kinds


def test_the_answers_of_one_seed_are_not_those_of_another():
    for seed in (1, 2, 3):
        kept = iter(results(0))
        assert examine(EXERCISE, lambda *_, kept=kept: next(kept), seed).state == "wrong"


def written(probabilities, group, shape, texture, sure, kinds, fill=float("nan"), none=False):
    """Loops as a student writes them. none: -1 may be answered. fill: for a kind without images."""
    names = sorted({*group.tolist()} if none else {*group.tolist()} - {-1})
    votes = [[0, 0] for _ in range(kinds)]
    for row, form, skin in zip(probabilities, shape.tolist(), texture.tolist(), strict=True):
        score = {name: row[group == name].mean().item() for name in names}
        said = max(score, key=score.get)
        if form != skin and score[said] >= sure and said in (form, skin):
            votes[form][said == skin] += 1
    each = torch.tensor([a / (a + b) if a + b else fill for a, b in votes]).double()
    return each.nanmean().item(), each, torch.tensor([a + b for a, b in votes])


def with_kinds(**more):
    return lambda p, g, *others: written(p, g, *others, int(g.max()) + 1, **more)


@pytest.mark.parametrize("seed", range(3))
def test_a_students_slip_is_called_by_its_name(seed):
    def of_shapes(p, g, shape, *others):
        return written(p, g, shape, *others, int(shape.max()) + 1)

    assert examine(EXERCISE, with_kinds(), seed).state == "right"
    assert examine(EXERCISE, of_shapes, seed).wrong == "kinds of the shapes"
    assert examine(EXERCISE, with_kinds(fill=0.0), seed).wrong == "zero for nan"
    assert examine(EXERCISE, with_kinds(none=True), seed).wrong == "none may be answered"


def test_inputs_stay_as_they_are_and_the_contract_says_so():
    def emptied(probabilities, *others):
        found = EXERCISE.reference(probabilities, *others)
        probabilities.zero_()
        return found

    assert "`probabilities` was changed in place" in examine(EXERCISE, emptied).sentence
    assert "the inputs as they are" in EXERCISE.contract
