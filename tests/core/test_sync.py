"""Work shared by two processes, and what they agree on."""

import pytest
import torch

from course_lib.core import sync
from tests.pair import Pair

X = torch.arange(21.0).view(7, 3)


def halves() -> tuple[torch.Tensor, int]:
    """What `shared` gives for seven rows, and how many rows this rank computed."""
    rows = []

    def function(x):
        rows.append(len(x))
        return 2 * x

    return sync.shared(function, X), sum(rows)


def told(by: int) -> bool:
    return sync.anyone(sync.rank() == by)


def waited() -> bool:
    sync.wait()
    return True


def permuted() -> torch.Tensor:
    """What `gather` makes of columns that lie in memory as rows."""
    return sync.gather(X.T)


@pytest.fixture(scope="module")
def pair():
    made = Pair()
    yield made
    made.close()


def test_alone_everything_is_computed_here():
    result, rows = halves()
    assert torch.equal(result, 2 * X) and rows == 7


@pytest.mark.slow
def test_each_rank_computes_its_part_and_has_all(pair):
    for result, rows in pair.run(halves):
        assert torch.equal(result, 2 * X)
        assert rows == 4  # seven rows, and one again to make the parts equal


@pytest.mark.slow
@pytest.mark.parametrize(("by", "expected"), [(0, True), (1, True), (2, False)])
def test_what_one_rank_is_told_all_know(pair, by, expected):
    assert pair.run(told, by) == [expected, expected]


@pytest.mark.slow
def test_waiting_ends_when_all_are_there(pair):
    assert pair.run(waited) == [True, True]


@pytest.mark.slow
def test_a_permuted_tensor_arrives_in_its_own_order(pair):
    for result in pair.run(permuted):
        assert torch.equal(result, torch.cat([X.T, X.T]))
