"""The design: moments are those of sampled pictures, and only matched policies meet the briefs."""

from collections import Counter, OrderedDict, defaultdict
from fractions import Fraction

import numpy as np
import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.grading.engine import examine
from course_lib.grading.exercises.u02 import _policies, budget
from course_lib.grading.exercises.u02._spent import scaled
from course_lib.grading.registry import find

EXERCISE = find("u02/budget")


def questions(seed=0):
    return EXERCISE.inputs(Rng(seed, 0, torch.zeros(1, dtype=torch.int64)))


def test_the_operations_do_what_their_names_say():
    made = _policies.operations()
    picture = torch.arange(1.0, 65.0).view(8, 8)
    done = {name: (matrix @ picture.flatten()).view(8, 8) for name, matrix in made.items()}
    assert torch.equal(done["left 2"][:, :6], picture[:, 2:]) and not done["left 2"][:, 6:].any()
    assert torch.equal(done["right 1"][:, 1:], picture[:, :7]) and not done["right 1"][:, 0].any()
    assert torch.equal(done["up 1"][:7], picture[1:]) and not done["up 1"][7].any()
    assert torch.equal(done["down 2"][2:], picture[:6]) and not done["down 2"][:2].any()
    assert torch.equal(done["mirrored"], picture.flip(1))
    assert torch.equal(done["left covered"][:, 4:], picture[:, 4:])
    assert not done["left covered"][:, :4].any() and not done["top covered"][:4].any()
    assert torch.equal(done["darker"] * 3, done["brighter"])
    assert len(made) == 15 and {n for names in _policies.BRIEFS.values() for n in names} < set(made)


def test_the_trace_and_the_readout_are_those_of_many_sampled_pictures():
    images, labels, fresh, wanted = _policies.drawn(5)
    policy = {"left 1": 0.2, "mirrored": 0.1, "darker": 0.3}
    torch.manual_seed(0)
    names, count = ["", *policy], 4000
    odds = torch.tensor([1 - sum(policy.values()), *policy.values()])
    pick = torch.multinomial(odds, len(images) * count, True).view(count, -1)
    every = torch.stack([images, *(images @ _policies.made()[n].T for n in names[1:])])
    seen = every[pick, torch.arange(len(images))].double()  # (count, N, D)
    trace = seen.var(dim=0, correction=0).sum() / images.double().square().sum()
    assert _policies.relative_trace(images, policy) == pytest.approx(trace.item(), rel=0.01)
    rows, many = seen.flatten(0, 1), labels.repeat(count)
    weight = _policies.RIDGE * len(rows) * torch.eye(64).double()
    sampled = torch.linalg.solve(rows.T @ rows + weight, rows.T @ _policies.targets(many))
    exact = _policies.ridge(images, labels, policy)
    assert (sampled - exact).norm() < 0.03 * exact.norm()


def test_the_regulariser_is_the_covariance():
    images, labels, _, _ = _policies.drawn(2)
    policy = _policies.outside("the camera nods")
    mean, second = _policies.moments(images, policy)
    readout = _policies.ridge(images, labels, policy)
    y, cov = _policies.targets(labels), second - mean.T @ mean
    inside = _policies.fresh_error(readout, images, labels, policy) * len(images)
    split = (mean @ readout - y).square().sum() + (readout.T @ cov @ readout).trace()
    assert inside == pytest.approx(split.item(), rel=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_a_matched_policy_helps_and_its_budget_is_felt(seed):
    for case in questions(seed):
        brief, images, operations, limit = case.args
        policy = EXERCISE.reference(*case.args)
        assert _policies.relative_trace(images, policy) == pytest.approx(limit, rel=1e-3)
        assert _policies.relative_trace(images, _policies.outside(brief)) > 1.5 * limit
        key = int(case.kind)
        assert _policies.learnt(key, brief, policy) < 0.93 * _policies.without(key, brief)


def split(second, share):
    """A part of the budget for what is asked, the rest for something else, scaled together."""

    def answer(brief, images, operations, limit):
        good = dict.fromkeys(_policies.BRIEFS[brief], 1 / len(_policies.BRIEFS[brief]))
        mixed = {n: share * good.get(n, 0) + (1 - share) * second(n) for n in operations}
        low, high = 0.0, 0.9
        for _ in range(20):
            middle = (low + high) / 2
            fits = _policies.relative_trace(images, {n: middle * w for n, w in mixed.items()})
            low, high = (middle, high) if fits <= limit else (low, middle)
        return {n: low * w for n, w in mixed.items()}

    return answer


OTHERS = {
    "half the budget": lambda b, x, of, limit: scaled(x, of, limit / 2, _policies.BRIEFS[b]),
    "a third for everything": split(lambda name: 1 / 15, 0.67),
    "half for light": split(lambda name: 0.5 * (name in ("darker", "brighter")), 0.5),
    "all weights 0.05": lambda b, x, of, limit: dict.fromkeys(_policies.BRIEFS[b], 0.05),
    "a little above": lambda b, x, of, limit: scaled(x, of, 1.02 * limit, _policies.BRIEFS[b]),
    "the cheapest of all": lambda b, x, of, limit: scaled(x, of, limit, ["darker"]),
    "cover for all": lambda b, x, of, limit: scaled(
        x, of, limit, _policies.BRIEFS["a hand covers one half"]
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_strategies_fail_too(name):
    result = examine(EXERCISE, OTHERS[name])
    assert result.state == "wrong" and result.points == 0


@pytest.mark.parametrize("kind", [torch.tensor, np.float64, np.array, np.float32, Fraction])
def test_weights_may_be_numbers_of_a_library(kind):
    answer = lambda *asked: {n: kind(w) for n, w in EXERCISE.reference(*asked).items()}  # noqa: E731
    assert examine(EXERCISE, answer).state == "right"


@pytest.mark.parametrize("kind", [OrderedDict, lambda made: defaultdict(float, made), Counter])
def test_any_kind_of_dict_will_do(kind):
    assert examine(EXERCISE, lambda *asked: kind(EXERCISE.reference(*asked))).state == "right"


def test_what_is_left_out_may_have_any_zero():
    def with_zeros(*asked):
        return dict.fromkeys(asked[2], np.int64(0)) | EXERCISE.reference(*asked)

    assert examine(EXERCISE, with_zeros).state == "right"


@pytest.mark.parametrize("share", [0.2, 0.7, 1.0])
def test_light_costs_a_quarter_of_its_share(share):
    light = {"darker": share / 2, "brighter": share / 2}
    assert _policies.relative_trace(_policies.drawn(1)[0], light) == pytest.approx(share / 4)


def test_the_lab_imports_no_answer_with_its_questions():
    answers = [EXERCISE.reference, *(right.answer for right in EXERCISE.right)]
    for name, value in vars(budget).items():
        assert not any(value is answer for answer in answers), name


def test_a_cautious_policy_passes():
    def distance(brief, images, operations, limit):
        """Scaled by E|t(x) − x|², which is a little more than the trace."""
        names, x = _policies.BRIEFS[brief], images.double()
        far = sum((x @ operations[n].double().T - x).square().sum() for n in names)
        return dict.fromkeys(names, (limit * x.square().sum() / far).item())

    assert examine(EXERCISE, distance).state == "right"


FORMS = [
    (["left 1"], "that is no dict"),
    ({"left1": 0.1}, "did you mean 'left 1'?"),
    ({"left 1": -0.1}, "is no probability"),
    ({"left 1": float("nan")}, "is no probability"),
    ({"left 1": "0.1"}, "is no probability"),
    ({"left 1": True}, "is no probability"),
    (None, "of your policy, it is None (is a `return` missing?)."),
    ({"left 1": 0.6, "right 1": 0.6}, "the weights sum to 1.200"),
]


@pytest.mark.parametrize(("answer", "said"), FORMS)
def test_a_slip_in_the_form_is_said(answer, said):
    result = examine(EXERCISE, lambda *asked: answer)
    assert result.state == "wrong" and said in result.sentence


def test_the_sentence_names_a_question_and_what_its_policy_does():
    def one_short(*asked):
        made = EXERCISE.reference(*asked)
        return made if asked[3] != budget.exhibit(5)[3] else {"brighter": 0.1}

    said = examine(EXERCISE, one_short).sentence
    assert said.startswith("You meet 9 of 10 questions.") and "it removes" in said
    assert f"One of them is `budgets.exhibit(5)`, with a budget of {budget.exhibit(5)[3]}" in said
    said = examine(EXERCISE, lambda *asked: {"brighter": 0.1}, seed=1).sentence
    assert "One of them has a budget of" in said and "exhibit" not in said


def test_errors_of_an_exhibit_are_shown_and_bad_numbers_refused():
    policy = EXERCISE.reference(*budget.exhibit(3))
    assert budget.error(3, policy) < budget.error(3, {})
    for number in (0, 11, "1", True):
        with pytest.raises(CourseError, match="numbered 1 to 10"):
            budget.exhibit(number)
    with pytest.raises(CourseError, match="no policy"):
        budget.error(1, {"left 1": 2.0})
