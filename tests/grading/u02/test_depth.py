"""Stochastic depth: the expected depth, and what the scaling at test stands for."""

import pytest
import torch
import torchvision

from course_lib.core.randomness import Rng
from course_lib.grading.engine import examine
from course_lib.grading.registry import find
from course_lib.nets.depth import survivals

EXERCISE = find("u02/depth")


def cases(seed=0):
    return EXERCISE.inputs(Rng(seed, 0, torch.zeros(1, dtype=torch.int64)))


@pytest.mark.parametrize("blocks", [1, 12, 54])
def test_the_expected_depth_is_that_of_the_paper(blocks):
    branches, x = [torch.zeros(2, 2)] * blocks, torch.ones(1, 2)
    _, expected = EXERCISE.reference(x, branches, 0.5, torch.rand(blocks, 1), True)
    assert expected == pytest.approx((3 * blocks - 1) / 4)
    assert expected == pytest.approx(sum(survivals(blocks, 0.5)))


def test_the_test_output_is_the_mean_of_one_block():
    torch.manual_seed(0)
    x, branch = torch.randn(1, 3).expand(20_000, -1), torch.randn(3, 3)
    drawn, _ = EXERCISE.reference(x, [branch], 0.3, torch.rand(1, 20_000), True)
    still, _ = EXERCISE.reference(x[:1], [branch], 0.3, torch.rand(1, 1), False)
    assert torch.allclose(drawn.mean(dim=0), still[0], atol=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_each_block_keeps_some_images_and_drops_some_clear_of_the_limit(seed):
    for case in cases(seed):
        x, branches, drop, coins, train = case.args
        odds = torch.tensor([1 - drop * (n + 1) / len(branches) for n in range(len(branches))])
        keeps = coins < odds[:, None]
        if drop:
            assert keeps.any(dim=1).all() and (~keeps).any(dim=1).all()
        assert (coins - odds[:, None]).abs().min() > 0.005 and coins.min() >= 0 and coins.max() < 1


def test_by_hand():
    x = torch.tensor([[1.0], [1.0]])
    coins = torch.tensor([[0.7, 0.8], [0.6, 0.1]])  # survivals 0.75 and 0.5
    y, expected = EXERCISE.reference(x, [torch.ones(1, 1)] * 2, 0.5, coins, True)
    assert y.tolist() == [[2.0], [2.0]] and expected == 1.25
    y, _ = EXERCISE.reference(x, [torch.ones(1, 1)] * 2, 0.5, coins, False)
    assert y.tolist() == [[2.625]] * 2


def libraries(x, branches, drop, coins, train):
    """torchvision's stochastic depth a block, with its own draws."""
    for n, weight in enumerate(branches, 1):
        said = torch.relu(x @ weight.T)
        x = x + torchvision.ops.stochastic_depth(said, n / len(branches) * drop, "row", train)
    return x, sum(survivals(len(branches), 1 - drop))


def courses(x, branches, drop, coins, train):
    """The course's survivals, for both."""
    odds = survivals(len(branches), 1 - drop)
    for weight, odd, row in zip(branches, odds, coins, strict=True):
        x = x + (row < odd).to(x)[:, None] / odd * torch.relu(x @ weight.T)
    return x, sum(odds)


def without_relu(x, branches, drop, coins, train):
    _, expected = EXERCISE.reference(x, branches, drop, coins, train)
    for n, (weight, row) in enumerate(zip(branches, coins, strict=True), 1):
        odd = 1 - n / len(branches) * drop
        x = x + ((row < odd).to(x)[:, None] if train else odd) * (x @ weight.T)
    return x, expected


def all_read_x(x, branches, drop, coins, train):
    total, (_, expected) = x, EXERCISE.reference(x, branches, drop, coins, train)
    for n, (weight, row) in enumerate(zip(branches, coins, strict=True), 1):
        odd = 1 - n / len(branches) * drop
        total = total + ((row < odd).to(x)[:, None] if train else odd) * torch.relu(x @ weight.T)
    return total, expected


@pytest.mark.parametrize("answer", [libraries, courses, without_relu, all_read_x])
def test_no_librarys_function_and_no_other_mistake_passes(answer):
    result = examine(EXERCISE, answer)
    assert result.state == "wrong" and result.points == 0


def written(x, branches, drop, coins, train, keeps, at_test=lambda p: p):
    """As a student writes it. keeps: (coin, probability to be dropped) → whether a block runs."""
    expected, blocks = 0.0, len(branches)
    for n, (weight, row) in enumerate(zip(branches, coins, strict=True), 1):
        out = n / blocks * drop
        gate = keeps(row, out).to(x)[:, None] if train else at_test(1 - out)
        x = x + gate * torch.relu(x @ weight.T)
        expected += 1 - out
    return x, expected


SLIPS = {
    "": {"keeps": lambda coin, out: coin < 1 - out},
    "coin against the drop": {"keeps": lambda coin, out: coin >= out},
    "coin turned": {"keeps": lambda coin, out: coin >= 1 - out},
    "train ignored": {"keeps": lambda coin, out: torch.full_like(coin, 1 - out)},
    "drop for survival in y": {"keeps": lambda coin, out: coin < out, "at_test": lambda p: 1 - p},
    "scaled by the drop": {"keeps": lambda coin, out: coin < 1 - out, "at_test": lambda p: 1 - p},
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_students_slip_is_called_by_its_name(name):
    result = examine(EXERCISE, lambda *args: written(*args, **SLIPS[name]))
    assert (result.wrong, result.state) == (name, "wrong" if name else "right")


def test_inputs_stay_as_they_are_and_the_contract_says_so():
    def in_place(x, *others):
        found = EXERCISE.reference(x, *others)
        x += 1
        return found

    assert "`x` was changed in place" in examine(EXERCISE, in_place).sentence
    assert "the inputs as they are" in EXERCISE.contract
