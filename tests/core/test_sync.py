"""Work shared by two processes, and what they agree on."""

import pytest
import torch
from torch import nn

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


def normalised(shape: tuple, affine: bool, dtype: torch.dtype) -> list[torch.Tensor]:
    """Of one training step of BatchNorm on this rank's rows: what comes out, the gradients of the
    rows and of the parameters, and the running statistics."""
    generator = torch.Generator().manual_seed(0)
    x = 5 + 2 * torch.randn(shape, generator=generator, dtype=torch.float64)
    weigh = torch.randn(shape, generator=generator, dtype=torch.float64)
    x, weigh = (part.chunk(sync.world())[sync.rank()].to(dtype) for part in (x, weigh))
    if len(shape) == 4:
        x = x.contiguous(memory_format=torch.channels_last)
    norm = (nn.BatchNorm2d if len(shape) == 4 else nn.BatchNorm1d)(shape[1], affine=affine)
    norm = sync.synchronise(norm.double() if dtype == torch.float64 else norm)
    out = norm(x.requires_grad_())
    (out.square() * weigh).sum().backward()
    gradients = [sync.mean(p.grad) * sync.world() for p in norm.parameters()]
    return [out.detach(), x.grad, *gradients, norm.running_mean, norm.running_var]


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


@pytest.mark.slow
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("shape", [(12, 5), (12, 5, 3, 4), (12, 5, 7)])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_batchnorm_of_two_ranks_is_that_of_all_rows(pair, shape, affine, dtype):
    """Each rank's rows come out as one process has them, and so do gradients and statistics."""
    one, first, second = (
        normalised(shape, affine, dtype),
        *pair.run(normalised, shape, affine, dtype),
    )
    close = {torch.float64: 1e-12, torch.float32: 2e-5, torch.bfloat16: 0.03}[dtype]
    for part, (whole, left, right) in enumerate(zip(one, first, second, strict=True)):
        ours = torch.cat([left, right]) if part < 2 else left
        assert ours.dtype == whole.dtype and (part < 2 or torch.equal(left, right))
        assert (ours - whole).norm() <= close * whole.norm()
