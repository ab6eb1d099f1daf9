"""Sinkhorn's codes, swapped prediction and the queue of SwAV (Caron et al. 2020, 2006.09882)."""

import math

import pytest
import torch
import torch.nn.functional as F

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.methods import Time
from course_lib.methods.clustering.sinkhorn import entropy, sinkhorn
from course_lib.methods.clustering.swav import SwAV, SwAVRecipe, swapped
from course_lib.train import create, train
from tests.pair import Pair
from tests.tiny import one_step, some_steps, tiny_data, tiny_recipe

START, LATER = Time(0, 100, 0.0), Time(50, 100, 5.0)
QUEUE = {"queue": 48, "queue_from": 0.0, "freeze": 0.0, "prototypes": 40}


def cosines(samples: int = 256, prototypes: int = 32, dim: int = 16) -> torch.Tensor:
    """Scores of random unit vectors, float64 (B, K)."""
    rng = torch.Generator().manual_seed(samples)
    z, c = (torch.randn(n, dim, generator=rng, dtype=torch.float64) for n in (samples, prototypes))
    return F.normalize(z, dim=1) @ F.normalize(c, dim=1).T


def made(t: Time = LATER, **words) -> tuple[SwAV, dict]:
    """A method and the views of eight samples."""
    data = tiny_data()
    method = create(tiny_recipe("swav", **words), data)
    return method, method.views(data.batch(slice(0, 8)), Rng(0, t.step, data.index[:8]))


def uneven(codes: torch.Tensor) -> float:
    """How far the most unequal prototype is from its share, relative."""
    share = codes.sum(dim=0) * codes.shape[1] / codes.shape[0]
    return (share - 1).abs().max().item()


def sinkhorn_by_loops(scores: torch.Tensor, epsilon: float, iterations: int) -> list[list[float]]:
    """As the paper has it: a matrix (K, B) with rows scaled to 1/K, then columns to 1/B."""
    count, prototypes = scores.shape
    q = [[math.exp(float(scores[b, k]) / epsilon) for b in range(count)] for k in range(prototypes)]
    for _ in range(iterations):
        for k in range(prototypes):
            total = sum(q[k])
            q[k] = [value / total / prototypes for value in q[k]]
        for b in range(count):
            total = sum(q[k][b] for k in range(prototypes))
            for k in range(prototypes):
                q[k][b] = q[k][b] / total / count
    return [[q[k][b] * count for k in range(prototypes)] for b in range(count)]


def swapped_by_loops(scores, codes, temperature: float) -> tuple[float, int]:
    """The sum of the paper's terms and how many they are."""
    total, terms = 0.0, 0
    for target in range(2):
        for view in range(len(scores)):
            if view == target:
                continue
            terms += 1
            for b in range(scores.shape[1]):
                logits = [float(s) / temperature for s in scores[view, b]]
                log_sum = math.log(sum(math.exp(s) for s in logits))
                for k, logit in enumerate(logits):
                    total -= float(codes[target, b, k]) * (logit - log_sum) / scores.shape[1]
    return total, terms


@pytest.mark.parametrize("iterations", [1, 3])
def test_sinkhorn_equals_the_paper_written_with_loops(iterations):
    scores = cosines(9, 5)
    expected = torch.tensor(sinkhorn_by_loops(scores, 0.05, iterations), dtype=torch.float64)
    assert torch.allclose(sinkhorn(scores, 0.05, iterations), expected, atol=1e-12)


def test_samples_have_weight_one_and_prototypes_nearly_equal_shares():
    codes = {n: sinkhorn(cosines(dim=64), 0.05, n) for n in (1, 3, 10)}
    for q in codes.values():
        assert torch.allclose(q.sum(dim=1), torch.ones(256, dtype=torch.float64), atol=1e-12)
    once, thrice, tenfold = (uneven(q) for q in codes.values())
    assert once > 0.2 > 0.1 > thrice > 0.01 > 0.001 > tenfold


def test_identical_embeddings_give_uniform_codes_whatever_the_prototypes():
    codes = sinkhorn(cosines(1, 32).expand(64, 32), 0.05, 3)
    assert torch.allclose(codes, torch.full_like(codes, 1 / 32), atol=1e-14)
    assert entropy(codes).min().item() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("epsilon", [0.05, 0.01])
def test_extreme_scores_in_half_precision_do_not_overflow(epsilon):
    scores = torch.where(cosines() > 0, 1.0, -1.0).half()
    assert not (scores / epsilon).exp().isfinite().all()
    codes = sinkhorn(scores, epsilon, 3)
    assert codes.isfinite().all()
    assert torch.allclose(codes.double(), sinkhorn(scores.double(), epsilon, 3), atol=1e-4)


def test_permuting_prototypes_or_samples_permutes_codes():
    scores, rng = cosines(20, 6), torch.Generator().manual_seed(0)
    codes = sinkhorn(scores, 0.05, 3)
    k, b = torch.randperm(6, generator=rng), torch.randperm(20, generator=rng)
    assert torch.allclose(sinkhorn(scores[:, k], 0.05, 3), codes[:, k], atol=1e-14)
    assert torch.allclose(sinkhorn(scores[b], 0.05, 3), codes[b], atol=1e-14)


def test_views_are_balanced_each_by_itself():
    both = torch.stack([cosines(20, 6), cosines(20, 6).flip(0)])
    codes = sinkhorn(both, 0.05, 3)
    assert torch.allclose(codes[1], sinkhorn(both[1], 0.05, 3), atol=1e-14)


@pytest.mark.parametrize("local", [0, 1, 4])
def test_loss_is_the_mean_of_the_terms_written_with_loops(local):
    scores = torch.stack([cosines(7 + v, 5)[:7] for v in range(2 + local)])
    codes = sinkhorn(scores[:2], 0.05, 3)
    total, terms = swapped_by_loops(scores, codes, 0.1)
    assert terms == 2 * (local + 1)
    assert swapped(scores, codes, 0.1).item() == pytest.approx(total / terms, abs=1e-12)


def test_a_view_does_not_predict_its_own_code():
    scores = torch.stack([cosines(7, 5), cosines(8, 5)[:7]]).requires_grad_()
    codes = torch.stack([F.one_hot(torch.arange(7) % 5, 5).double(), torch.zeros(7, 5)])
    swapped(scores, codes, 0.1).backward()  # only the first view has a target
    assert scores.grad[0].abs().sum() == 0 and scores.grad[1].abs().sum() > 0


def test_forward_is_swapped_prediction_of_codes_without_gradient():
    """The loss and its gradient, put together again from the method's parts."""
    method, views = made()
    method = method.double().eval()
    views = {key: views[key].double() for key in ("image", "local")}
    method(views, LATER).loss.backward()
    gradient = method.prototypes.grad.clone()
    method.prototypes.grad = None
    crops = [*views["image"], *views["local"]]  # one view at a time
    z = [F.normalize(method.projector(method.encoder(crop)), dim=1) for crop in crops]
    scores = torch.stack([own @ method.prototypes.T for own in z])
    codes = torch.stack([sinkhorn(s.detach(), 0.05, 3) for s in scores[:2]])
    loss = swapped(scores, codes, 0.1)
    loss.backward()
    assert method(views, LATER).loss.item() == pytest.approx(loss.item(), abs=1e-12)
    assert torch.allclose(method.prototypes.grad, gradient, atol=1e-12)
    assert not method.codes(scores[:2]).requires_grad


def test_local_crops_are_never_targets():
    method, views = made()
    method.eval()  # else BatchNorm mixes all crops
    other = views | {"local": views["local"].flip(1)}
    before, after = method(views, LATER), method(other, LATER)
    for key in before.logs:
        assert before.logs[key] == after.logs[key], key
    assert torch.equal(before.carry["z"], after.carry["z"])
    assert before.loss != after.loss


def test_each_size_of_crop_is_one_pass():
    method, views = made()
    seen = []
    method.encoder.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].shape))
    method(views, LATER)
    assert seen == [(16, 3, 16, 16), (32, 3, 8, 8)]


def test_two_global_crops_alone_work():
    method, views = made(**{"local.views": 0})
    assert len(views["local"]) == 0
    output = method(views, LATER)
    assert output.loss.isfinite() and output.embedding.shape == (16, 128)


def test_prototypes_are_frozen_at_first_but_in_the_graph():
    method, views = made()
    method(views, START).loss.backward()
    assert torch.equal(method.prototypes.grad, torch.zeros_like(method.prototypes))
    assert all(p.grad.abs().sum() > 0 for p in method.encoder.parameters())
    method(views, LATER).loss.backward()
    assert method.prototypes.grad.abs().sum() > 0


@pytest.mark.parametrize(("freeze", "same"), [(1.0, True), (0.0, False)])
def test_prototypes_move_once_free_and_keep_unit_length(freeze, same):
    recipe = tiny_recipe("swav", freeze=freeze, lr=0.05)
    first = create(recipe, tiny_data()).prototypes.detach()
    last = train(recipe, data=tiny_data(), say=None).prototypes.detach()
    assert torch.allclose(first, last, atol=1e-5) == same
    assert torch.allclose(last.norm(dim=1), torch.ones(len(last)), atol=1e-6)


def test_queue_starts_late_and_holds_the_newest_first():
    method, _ = made(queue=20, queue_from=0.5, dim=4)
    batches = torch.arange(3.0)[:, None, None, None].expand(3, 8, 2, 4) + 1
    method.after_step({"z": batches[0]}, Time(49, 100, 0.0))
    assert method.queue.shape == (2, 20, 4) and not method.queue.any()
    for batch in batches:
        method.after_step({"z": batch}, LATER)
    assert method.queue[1, :, 0].tolist() == 8 * [3.0] + 8 * [2.0] + 4 * [1.0]


def test_queue_keeps_views_apart_and_rows_together():
    method, _ = made(queue=8, queue_from=0.0, dim=4)
    z = torch.randn(8, 2, 4)
    method.after_step({"z": z}, LATER)
    assert torch.equal(method.queue, z.transpose(0, 1))


def test_queue_joins_the_codes_only_once_it_is_full():
    method, _ = made(queue=24, prototypes=32, dim=16)
    past = F.normalize(torch.randn(2, 24, 16, generator=torch.Generator().manual_seed(1)), dim=2)
    scores = torch.stack([cosines(8, 32), cosines(9, 32)[:8]]).float()
    alone = sinkhorn(scores, 0.05, 3)
    method.queue[:, :23] = past[:, :23]
    assert torch.equal(method.codes(scores), alone)
    method.queue.copy_(past)
    with torch.no_grad():
        every = torch.cat([scores, past @ method.prototypes.T], dim=1)
    joined = sinkhorn(every, 0.05, 3)[:, :8]
    assert torch.allclose(method.codes(scores), joined) and not torch.allclose(joined, alone)


def test_queue_lets_a_batch_be_smaller_than_the_prototypes():
    """Alone, 8 samples must share out 32 prototypes; with many more, each may have one."""
    method, _ = made(queue=2000, prototypes=32, dim=16)
    rng = torch.Generator().manual_seed(1)
    z = F.normalize(torch.randn(2, 8, 16, generator=rng), dim=2)
    with torch.no_grad():
        scores = z @ method.prototypes.T
    alone = entropy(method.codes(scores)).mean()
    method.queue.copy_(F.normalize(torch.randn(2, 2000, 16, generator=rng), dim=2))
    assert entropy(method.codes(scores)).mean() < 0.8 * alone


def test_codes_by_softmax_follow_one_prototype_and_sinkhorn_does_not():
    scores = torch.stack([cosines(64, 16), cosines(65, 16)[:64]]).float()
    scores[..., 3] += 1  # one prototype is everybody's nearest
    spread = {}
    for codes in ("softmax", "sinkhorn"):
        method, _ = made(codes=codes, prototypes=16)
        q = method.codes(scores)
        assert torch.allclose(q.sum(dim=-1), torch.ones(2, 64), atol=1e-5)
        spread[codes] = entropy(q.mean(dim=(0, 1))).item()
    assert torch.allclose(made(codes="softmax")[0].codes(scores), F.softmax(scores / 0.05, dim=-1))
    assert spread["softmax"] < 0.3 and spread["sinkhorn"] > 0.9


def test_another_kind_of_codes_is_refused():
    with pytest.raises(CourseError, match="codes is sinkhorn or softmax, not 'argmax'"):
        made(codes="argmax")


def test_default_local_crops_show_enough():
    recipe = SwAVRecipe()
    side = 40 * recipe.local.area_min**0.5  # of scenes
    assert recipe.local.views > 0 and recipe.local.size >= 20 and side >= 15
    assert recipe.local.area_max <= recipe.augment.area_min


def test_resumed_run_with_a_queue_is_bit_equal(tmp_path):
    data, recipe = tiny_data(), tiny_recipe("swav", steps=5, **QUEUE)
    whole = train(recipe, data=data, say=None).state_dict()
    train(recipe, tmp_path, data=data, stop_after=3, say=None)
    again = train(recipe, tmp_path, data=data, say=None).state_dict()
    assert whole["queue"][:, -1].any()
    assert all(torch.equal(value, again[key]) for key, value in whole.items())


@pytest.mark.slow
def test_queue_on_two_processes_is_that_of_one():
    alone, softmax = with_queue(), by_softmax()
    pair = Pair()
    try:
        both, softmax_both = pair.run(with_queue), pair.run(by_softmax)
    finally:
        pair.close()
    assert alone["queue"][:, -1].any()
    for rank in range(2):
        for key, value in alone.items():
            assert torch.allclose(value, both[rank][key], rtol=1e-6, atol=1e-9), key
        for key, gradient in softmax.items():
            assert torch.allclose(gradient, softmax_both[rank][key], rtol=1e-7, atol=1e-10), key


def with_queue():
    return some_steps("swav", 4, **QUEUE)


def by_softmax():
    return one_step("swav", "fp64", 1.0, codes="softmax", freeze=0.0)
