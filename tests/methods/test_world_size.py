"""Two processes with half the batch each do what one process with all of it does."""

import pytest
import torch

from course_lib.methods import METHODS
from tests.pair import Pair
from tests.tiny import one_step, some_steps, with_a_break

pytestmark = pytest.mark.slow
every_method = pytest.mark.parametrize("name", METHODS)


@pytest.fixture(scope="module")
def pair():
    made = Pair()
    yield made
    made.close()


@every_method
def test_gradient_is_that_of_one(name, pair):
    alone = one_step(name, "fp64", 1.0)
    for both in pair.run(one_step, name, "fp64", 1.0):
        for key, gradient in alone.items():
            error = (gradient - both[key]).norm() / gradient.norm().clamp_min(1e-12)
            assert error < 1e-7, f"{key}: relative error {error:.1e}"


@every_method
def test_gradient_is_that_of_one_in_fp32(name, pair):
    alone = torch.cat([g.flatten() for g in one_step(name, "fp32", 1.0).values()])
    for rank in pair.run(one_step, name, "fp32", 1.0):
        both = torch.cat([g.flatten() for g in rank.values()])
        assert torch.cosine_similarity(alone, both, dim=0) > 1 - 1e-6
        assert (both.norm() / alone.norm()).item() == pytest.approx(1, abs=1e-4)


@every_method
def test_whole_state_is_that_of_one(name, pair):
    alone = some_steps(name, 5)
    for both in pair.run(some_steps, name, 5):
        for key, value in alone.items():
            error = (value - both[key]).double().norm() / value.double().norm().clamp_min(1e-12)
            assert error < 1e-6, f"{key}: relative error {error:.1e}"


@every_method
def test_resumed_run_is_bit_equal_on_two(name, pair, tmp_path):
    assert pair.run(with_a_break, name, str(tmp_path / "run")) == [True, True]


def test_batch_that_cannot_be_shared_is_refused(pair):
    with pytest.raises(RuntimeError, match="cannot be shared evenly by 2 processes"):
        pair.run(one_step_of_31)


def one_step_of_31():
    return one_step("simclr", "fp32", 1.0, batch=31)
