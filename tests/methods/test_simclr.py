"""NT-Xent against loops, and the numbers it must take (Chen et al. 2020, arXiv 2002.05709)."""

import math

import pytest
import torch
import torch.nn.functional as F

from course_lib.methods.contrastive.simclr import nt_xent


def embeddings(pairs: int, dim: int = 5) -> torch.Tensor:
    generator = torch.Generator().manual_seed(pairs)
    return F.normalize(torch.randn(2 * pairs, dim, generator=generator, dtype=torch.float64), dim=1)


def by_loops(z: torch.Tensor, temperature: float) -> float:
    """The paper's equation, one anchor at a time."""
    count, total = len(z), 0.0
    for i in range(count):
        j = (i + count // 2) % count
        others = [math.exp(float(z[i] @ z[k]) / temperature) for k in range(count) if k != i]
        total -= math.log(math.exp(float(z[i] @ z[j]) / temperature) / sum(others))
    return total / count


@pytest.mark.parametrize("temperature", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("pairs", [2, 7])
def test_equals_the_equation_written_with_loops(pairs, temperature):
    z = embeddings(pairs)
    assert nt_xent(z, temperature)[0].item() == pytest.approx(by_loops(z, temperature), abs=1e-12)


def test_constant_embeddings_give_log_of_2n_minus_1():
    z = F.normalize(torch.ones(32, 8, dtype=torch.float64), dim=1)
    assert nt_xent(z, 0.5)[0].item() == pytest.approx(math.log(31), abs=1e-12)


def test_floor_when_pairs_agree_and_all_others_are_orthogonal():
    pairs, temperature = 256, 0.5
    z = torch.eye(pairs, dtype=torch.float64).repeat(2, 1)
    floor = math.log(1 + (2 * pairs - 2) * math.exp(-1 / temperature))
    assert nt_xent(z, temperature)[0].item() == pytest.approx(floor, abs=1e-12)
    assert floor == pytest.approx(4.249, abs=5e-4)


def test_turning_all_embeddings_or_permuting_pairs_changes_nothing():
    z = embeddings(6)
    turn = torch.linalg.qr(torch.randn(5, 5, dtype=torch.float64)).Q
    order = torch.randperm(6)
    shuffled = z.view(2, 6, 5)[:, order].reshape(12, 5)
    loss = nt_xent(z, 0.2)[0]
    assert torch.allclose(nt_xent(z @ turn, 0.2)[0], loss, atol=1e-12)
    assert torch.allclose(nt_xent(shuffled, 0.2)[0], loss, atol=1e-12)


def test_the_mean_is_half_the_sum_of_the_two_directions():
    z = embeddings(6)
    first, second = z.chunk(2)
    mask = torch.eye(6, dtype=torch.bool)

    def direction(anchors, others):
        own = (anchors @ anchors.T / 0.2).masked_fill(mask, -torch.inf)
        logits = torch.cat([anchors @ others.T / 0.2, own], 1)
        return F.cross_entropy(logits, torch.arange(6))

    total = direction(first, second) + direction(second, first)
    assert torch.allclose(total, 2 * nt_xent(z, 0.2)[0], atol=1e-12)


def test_accuracy_counts_nearest_positives():
    z = torch.eye(4).repeat(2, 1)
    assert nt_xent(z, 0.2)[1].item() == 1.0
    assert nt_xent(torch.cat([torch.eye(4), torch.eye(4).roll(1, 0)]), 0.2)[1].item() == 0.0
