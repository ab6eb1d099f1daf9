"""MoCo: InfoNCE of K + 1 terms against loops, and the queue (He et al. 2019, arXiv 1911.05722)."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.methods import Time
from course_lib.methods.contrastive.moco import info_nce
from course_lib.train import create, train
from tests.tiny import tiny_data, tiny_recipe

NOW = Time(0, 100, 0.0)


def unit(rows: int, seed: int, dim: int = 5) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(rows, dim, generator=generator, dtype=torch.float64), dim=1)


def by_loops(q, k, queue, temperature, with_positive=True) -> float:
    """The paper's equation, one query at a time; the positive can be left out below the line."""
    total = 0.0
    for row in range(len(q)):
        positive = math.exp(float(q[row] @ k[row]) / temperature)
        below = sum(math.exp(float(q[row] @ old) / temperature) for old in queue)
        total -= math.log(positive / (below + (positive if with_positive else 0.0)))
    return total / len(q)


def made(**words):
    """A method whose key net differs from the query's, and a batch of views."""
    data = tiny_data()
    method = create(tiny_recipe("moco", **{"queue": 96} | words), data)
    generator = torch.Generator().manual_seed(1)
    for parameter in method.key_net.parameters():
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator)
    views = method.views(data.batch(slice(0, 32)), Rng(0, 0, data.index[:32]))
    return method, views


@pytest.mark.parametrize("temperature", [0.07, 0.2, 1.0])
@pytest.mark.parametrize(("queries", "negatives"), [(3, 7), (4, 4), (1, 12)])
def test_equals_the_equation_written_with_loops(queries, negatives, temperature):
    q, k, queue = unit(queries, 0), unit(queries, 1), unit(negatives, 2)
    expected = by_loops(q, k, queue, temperature)
    assert info_nce(q, k, queue, temperature)[0].item() == pytest.approx(expected, abs=1e-12)


def test_the_positive_is_one_of_the_terms_so_the_loss_is_never_negative():
    q = unit(4, 0)
    away = F.normalize(unit(8, 2) - 3 * q.mean(0), dim=1)
    assert by_loops(q, q, away, 0.07, with_positive=False) < 0
    assert info_nce(q, q, away, 0.07)[0].item() > 0


@pytest.mark.parametrize("negatives", [1, 15, 4096])
def test_constant_embeddings_give_log_of_k_plus_1_and_no_accuracy(negatives):
    one = torch.eye(8, dtype=torch.float64)[:1]
    loss, logs = info_nce(one.expand(6, 8), one.expand(6, 8), one.expand(negatives, 8), 0.2)
    assert loss.item() == pytest.approx(math.log(negatives + 1), abs=1e-12)
    assert logs["accuracy"] == 0 and logs["nearer_negatives"] == 0


def test_floor_when_pairs_agree_and_the_queue_is_orthogonal():
    axes = torch.eye(12, dtype=torch.float64)
    loss, logs = info_nce(axes[:4], axes[:4], axes[4:], 0.2)
    assert loss.item() == pytest.approx(math.log(1 + 8 * math.exp(-1 / 0.2)), abs=1e-12)
    assert logs["accuracy"] == 1


def test_share_of_nearer_negatives_is_counted():
    q, k = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.6, 0.8]])
    queue = torch.tensor([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [-1.0, 0.0]])
    logs = info_nce(q, k, queue, 0.2)[1]
    assert logs["nearer_negatives"] == 0.5 and logs["accuracy"] == 0


def test_gradient_of_a_query_is_the_expected_key_less_its_own():
    q, k, queue = unit(3, 0).requires_grad_(), unit(3, 1), unit(7, 2)
    info_nce(q, k, queue, 0.2)[0].backward()
    for row in range(3):
        keys = torch.cat([k[row : row + 1], queue])
        share = torch.softmax(keys @ q[row].detach() / 0.2, dim=0)
        assert torch.allclose(q.grad[row], (share @ keys - k[row]) / (0.2 * 3), atol=1e-12)


def test_view_0_gives_the_queries_and_view_1_the_keys_of_the_following_net():
    method, views = made()
    queue = method.queue.double()  # as it was before
    output = method(views, NOW)
    first, second = views["image"]
    with torch.no_grad():
        q = F.normalize(method.head(method.encoder(first)), dim=1)
        k = F.normalize(method.key_net(second), dim=1)
    assert torch.allclose(output.embedding, q) and torch.allclose(output.carry["keys"], k)
    expected = by_loops(q.double(), k.double(), queue, 0.2)
    assert output.loss.item() == pytest.approx(expected, rel=1e-5)


def test_a_step_leaves_its_keys_in_the_queue_after_its_loss_was_taken():
    data, recipe = tiny_data(), tiny_recipe("moco", queue=96, steps=1, lr=0.0)
    fresh = create(recipe, data)
    after = train(recipe, data=data, say=None)
    assert torch.equal(after.queue[32:], fresh.queue[32:])
    assert (after.queue[:32] @ fresh.queue[:32].T).max() < 1 - 1e-3
    assert torch.allclose(after.queue.norm(dim=1), torch.ones(96), atol=1e-6)
    assert after.pointer == 32 and not after.queue.requires_grad


def test_the_oldest_keys_leave_first_and_the_pointer_wraps():
    method, _ = made(dim=2)
    for step in range(5):
        keys = torch.stack([torch.full((32,), float(step)), torch.arange(32.0)], dim=1)
        method.after_step({"keys": keys}, NOW)
        assert method.pointer == 32 * (step + 1) % 96
    expected = [(float(step), float(row)) for step in (3, 4, 2) for row in range(32)]
    assert [tuple(key) for key in method.queue.tolist()] == expected


def test_the_queue_starts_as_different_random_directions():
    queue = create(tiny_recipe("moco"), tiny_data()).queue
    assert queue.shape == (4096, 128)
    assert torch.allclose(queue.norm(dim=1), torch.ones(4096), atol=1e-6)
    assert queue.mean(0).norm() < 0.05


@pytest.mark.parametrize("queue", [100, 16, 0, -32])
def test_a_queue_that_batches_do_not_fill_evenly_is_refused(queue):
    with pytest.raises(CourseError, match=rf"queue={queue} must be a multiple of batch=32"):
        create(tiny_recipe("moco", queue=queue), tiny_data())


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_the_key_net_follows_by_the_recipes_momentum(momentum):
    method, _ = made(momentum=momentum)
    pairs = list(zip(method.key_net.parameters(), method.query_net().parameters(), strict=True))
    before = [mine - theirs.detach() for mine, theirs in pairs]
    for _ in range(3):
        method.after_step({"keys": method.queue[:32].clone()}, NOW)
    for (mine, theirs), difference in zip(pairs, before, strict=True):
        left = momentum**3 * difference
        assert torch.allclose(mine - theirs.detach(), left, rtol=1e-4, atol=1e-6)


def test_with_momentum_0_keys_come_from_the_query_net_of_the_last_step():
    live = train(tiny_recipe("moco", queue=96, momentum=0.0), data=tiny_data(), say=None)
    slow = train(tiny_recipe("moco", queue=96), data=tiny_data(), say=None)
    same = {
        name: [torch.equal(a, b) for a, b in zip(net, own, strict=True)]
        for name, method in (("live", live), ("slow", slow))
        for net, own in [(method.key_net.parameters(), method.query_net().parameters())]
    }
    assert all(same["live"]) and not any(same["slow"])


def test_the_arm_of_v1_has_a_linear_head_and_trains():
    recipe = tiny_recipe("moco", layers=1, temperature=0.07, **{"augment.strength": 0.1})
    method = train(recipe, data=tiny_data(), say=None)
    assert isinstance(method.head, nn.Linear)
    assert isinstance(create(tiny_recipe("moco"), tiny_data()).head[1], nn.ReLU)
    assert all(parameter.isfinite().all() for parameter in method.parameters())


def test_a_head_of_another_depth_is_refused():
    with pytest.raises(CourseError, match="layers=3 of MoCo's head must be 1"):
        create(tiny_recipe("moco", layers=3), tiny_data())
