"""Moments of a shifted row: sums over shifts, the hidden regulariser, draws that suffice."""

import pytest
import torch
import torch.nn.functional as F

from course_lib.core.randomness import Rng
from course_lib.grading.engine import examine
from course_lib.grading.registry import find
from course_lib.views.moments import shift_moments

EXERCISE = find("u02/moments")


def cases(seed=0):
    return EXERCISE.inputs(Rng(seed, 0, torch.zeros(1, dtype=torch.int64)))


@pytest.mark.parametrize("seed", range(3))
def test_the_covariance_is_one_and_the_loss_is_the_mean_of_losses(seed):
    for case in cases(seed):
        x, chance, readout, target, _ = case.args
        mean, cov, loss, _ = EXERCISE.reference(*case.args)
        assert torch.linalg.eigvalsh(cov).min() > -1e-9 and torch.allclose(cov, cov.T)
        steps = range(-(len(chance) // 2), len(chance) // 2 + 1)
        seen = [
            torch.tensor([x[d - s] if 0 <= d - s < len(x) else 0.0 for d in range(len(x))])
            for s in steps
        ]
        each = [(readout @ row.double() - target).square().sum() for row in seen]
        assert loss == pytest.approx(sum(p * e for p, e in zip(chance, each, strict=True)).item())
        assert torch.allclose(mean, chance @ torch.stack(seen).double())


def test_so_many_draws_have_that_error():
    x, chance, readout, target, _ = cases()[1].args
    _, _, loss, draws = EXERCISE.reference(x, chance, readout, target, 0.05)
    one = torch.eye(len(chance)).double()
    each = torch.tensor([EXERCISE.reference(x, p, readout, target, 1.0)[2] for p in one])
    generator = torch.Generator().manual_seed(0)
    picked = torch.multinomial(chance, 2000 * draws, True, generator=generator)
    error = (each[picked].view(2000, draws).mean(dim=1) / loss - 1).square().mean().sqrt()
    assert error.item() == pytest.approx(0.05, rel=0.1)


@pytest.mark.parametrize("seed", range(10))
def test_the_draws_are_no_near_tie_and_one_only_for_a_shift_that_is_sure(seed):
    for case in cases(seed):
        *first, share = case.args
        draws = EXERCISE.reference(*first, share)[3]
        assert (draws == 1) == bool((first[1] == 1).any())
        assert EXERCISE.reference(*first, share * (1 + 1e-9))[3] == draws


def courses(x, chance, readout, target, share):
    """The course's moments of a shifted image, of one row."""
    found = shift_moments(x[None, None], chance[None])
    loss = (readout @ found.mean - target).square().sum()
    return found.mean, found.cov, loss.item(), 1


def sampled(x, chance, readout, target, share):
    """torch.cov of many draws."""
    steps = torch.multinomial(chance, 5000, True) - len(chance) // 2
    rows = torch.stack([x.roll(int(s)) for s in steps])
    losses = (rows @ readout.T - target).square().sum(dim=1)
    return rows.mean(dim=0), torch.cov(rows.T), losses.mean().item(), 5000


def weighted_cov(x, chance, readout, target, share):
    mean, _, loss, draws = EXERCISE.reference(x, chance, readout, target, share)
    size, reach = len(x), len(chance) // 2
    rows = torch.zeros(len(chance), size, dtype=x.dtype)
    for n, s in enumerate(range(-reach, reach + 1)):
        rows[n, max(s, 0) : size + min(s, 0)] = x[max(-s, 0) : size - max(s, 0)]
    return mean, torch.cov(rows.T, aweights=chance), loss, draws


def per_output(x, chance, readout, target, share):
    mean, cov, loss, draws = EXERCISE.reference(x, chance, readout, target, share)
    return mean, cov, loss / len(target), draws


@pytest.mark.parametrize("answer", [courses, sampled, weighted_cov, per_output])
def test_no_librarys_function_and_no_other_mistake_passes(answer):
    result = examine(EXERCISE, answer)
    assert result.state in ("wrong", "error") and result.points == 0


def test_numpys_correction_has_its_sentence():
    assert "1 − Σ p²" in examine(EXERCISE, weighted_cov).sentence


def convolved(x, chance, readout, target, share):
    """The mean by conv1d as it comes."""
    _, *others = EXERCISE.reference(x, chance, readout, target, share)
    return F.conv1d(x[None, None], chance[None, None], padding=len(chance) // 2)[0, 0], *others


def convolved_for_all(x, chance, readout, target, share):
    """And the loss from it."""
    mean, cov, _, draws = convolved(x, chance, readout, target, share)
    loss = (readout @ mean - target).square().sum() + (readout @ cov @ readout.T).trace()
    return mean, cov, loss.item(), draws


def without_a_least(x, chance, readout, target, share):
    """As many as the spread asks for."""
    *first, draws = EXERCISE.reference(x, chance, readout, target, share)
    single = torch.eye(len(chance)).double()
    each = [EXERCISE.reference(x, one, readout, target, share)[2] for one in single]
    spread = chance @ (torch.tensor(each, dtype=torch.float64) - first[2]).square()
    return *first, draws if spread > 1e-9 else 0


SLIPS = {
    "mean by conv1d": convolved,
    "loss of that mean": convolved_for_all,
    "least forgotten": without_a_least,
    "mean over the outputs": per_output,
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_students_slip_is_called_by_its_name(name):
    assert examine(EXERCISE, SLIPS[name]).wrong == name


def test_inputs_stay_as_they_are_and_the_contract_says_so():
    def in_place(x, *others):
        found = EXERCISE.reference(x, *others)
        x -= found[0]
        return found

    assert "`x` was changed in place" in examine(EXERCISE, in_place).sentence
    assert "the inputs as they are" in EXERCISE.contract
