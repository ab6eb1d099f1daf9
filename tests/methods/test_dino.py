"""DINO against loops, and what its centre, temperatures and teacher must do (arXiv 2104.14294)."""

import math

import pytest
import torch
import torch.nn.functional as F

from course_lib.core.randomness import Rng
from course_lib.methods import Time
from course_lib.methods.distillation.dino import DINORecipe, cross_entropy
from course_lib.train import create, override, train
from tests.tiny import tiny_data, tiny_recipe

START, LATER = Time(0, 100, 0.0), Time(50, 100, 5.0)
SMALL = {"local.size": 8, "prototypes": 12, "hidden": 16, "dim": 6}


def made(samples: int = 4, **words):
    """A method in float64 whose teacher and centre are no longer those of the start; its views."""
    data = tiny_data()
    method = create(tiny_recipe("dino", **SMALL | words), data).double()
    views = method.views(data.batch(slice(0, samples)), Rng(0, 0, data.index[:samples]))
    views |= {name: views[name].double() for name in ("image", "local")}
    generator = torch.Generator().manual_seed(0)
    for parameter in [*method.teacher.parameters(), *method.teacher_head.parameters()]:
        noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
        parameter.data += 0.1 * noise
    method.centre += 0.3 * torch.randn(12, generator=generator, dtype=torch.float64)
    return method, views


def softmax(scores: list[float]) -> list[float]:
    total = sum(math.exp(s) for s in scores)
    return [math.exp(s) / total for s in scores]


def by_loops(method, views) -> float:
    """The paper's algorithm, one image, one pair of views and one class at a time."""
    crops, total, terms = [*views["image"], *views["local"]], 0.0, 0
    for i in range(crops[0].shape[0]):
        for v in range(2):
            seen = method.teacher(crops[v][i : i + 1])
            g_t = method.teacher_head(seen)[1][0].tolist()
            p_t = softmax(
                [(g - c) / 0.04 for g, c in zip(g_t, method.centre.tolist(), strict=True)]
            )
            for u in range(len(crops)):
                if u == v:
                    continue
                g_s = method.head(method.encoder(crops[u][i : i + 1]))[1][0].tolist()
                p_s = softmax([g / 0.1 for g in g_s])
                total -= sum(p * math.log(q) for p, q in zip(p_t, p_s, strict=True))
                terms += 1
    assert terms == crops[0].shape[0] * 2 * (len(views["local"]) + 1)
    return total / terms


@pytest.mark.parametrize("local", [0, 1, 4])
def test_equals_the_algorithm_written_with_loops(local):
    method, views = made(samples=3, **{"local.views": local})
    assert method(views, LATER).loss.item() == pytest.approx(by_loops(method, views), abs=1e-10)


@pytest.mark.parametrize("local", [0, 4])
def test_every_pair_of_different_views_counts_alike(local):
    p = torch.softmax(torch.randn(2, 3, 5), -1)
    log_q = torch.zeros(2 + local, 3, 5, requires_grad=True)
    cross_entropy(p, log_q).backward()
    share = -log_q.grad.sum(dim=2).mean(dim=1) * 3  # of each student view in the loss
    one = 1 / (2 * (local + 1))  # a global view has one teacher, a local one both
    assert torch.allclose(share, torch.tensor([one, one] + local * [2 * one]))


def test_uniform_outputs_give_log_k():
    uniform = torch.full((2, 3, 7), 1 / 7, dtype=torch.float64)
    assert cross_entropy(uniform, uniform.log()).item() == pytest.approx(math.log(7), abs=1e-12)


def test_cross_entropy_is_entropy_plus_kl():
    generator = torch.Generator().manual_seed(1)
    p = torch.randn(2, 3, 7, generator=generator, dtype=torch.float64).softmax(-1)
    log_q = torch.randn(2, 3, 7, generator=generator, dtype=torch.float64).log_softmax(-1)
    entropy = -(p * p.log()).sum(-1).mean()
    kl = F.kl_div(log_q.flip(0), p, reduction="sum") / 6  # each view against the other one
    assert torch.allclose(cross_entropy(p, log_q), entropy + kl, atol=1e-12)


def test_logged_entropy_and_kl_add_up_to_the_loss():
    method, views = made()
    output = method(views, LATER)
    kl, entropy = output.logs["kl"], output.logs["teacher_entropy"] * math.log(12)
    assert torch.allclose(kl + entropy, output.loss, atol=1e-12)
    assert kl > 0 and 0 < output.logs["teacher_entropy"] < 1


def test_the_teacher_sees_no_local_view():
    method, views = made()
    before = method(views, LATER)
    after = method({**views, "local": 1 - views["local"]}, LATER)
    assert torch.equal(before.carry["mean"], after.carry["mean"])
    assert before.logs["teacher_entropy"] == after.logs["teacher_entropy"]
    assert before.loss != after.loss


def test_the_centre_starts_at_zero_and_follows_the_mean_score():
    method = create(tiny_recipe("dino", **SMALL), tiny_data())
    assert not method.centre.any()
    score = torch.linspace(-1, 1, 12)[None]
    for step in range(7):
        method.after_step({"mean": score}, Time(step, 100, 0.0))
    assert torch.allclose(method.centre, (1 - 0.9**7) * score[0], atol=1e-6)


def test_the_centre_takes_raw_scores_and_moves_after_use():
    method, views = made()
    centre = method.centre.clone()
    output = method(views, LATER)
    assert torch.equal(method.centre, centre)
    scores = method.teacher_head(method.teacher(views["image"].flatten(0, 1)))[1]
    assert torch.allclose(output.carry["mean"][0], scores.mean(dim=0), atol=1e-12)
    method.after_step(output.carry, LATER)
    assert torch.allclose(method.centre, 0.9 * centre + 0.1 * scores.mean(dim=0), atol=1e-12)


def test_the_teacher_follows_by_a_momentum_that_ends_at_one():
    method, views = made()
    carry = method(views, START).carry
    for step, momentum in [(0, 0.98), (50, 0.99), (100, 1.0)]:
        before = [
            p.clone() for p in [*method.teacher.parameters(), *method.teacher_head.parameters()]
        ]
        method.after_step(carry, Time(step, 100, 0.0))
        after = [*method.teacher.parameters(), *method.teacher_head.parameters()]
        student = [*method.encoder.parameters(), *method.head.parameters()]
        for old, new, target in zip(before, after, student, strict=True):
            assert torch.allclose(new, momentum * old + (1 - momentum) * target, atol=1e-12)


def test_probes_read_the_teacher_and_can_reach_the_student():
    method, views = made()
    x = views["image"][0]
    assert torch.equal(method.encode(x), method.teacher(x))
    assert not torch.allclose(method.encode(x), method.encoder(x))


def test_frozen_prototypes_have_a_gradient_of_exactly_zero():
    for t, still in [(START, True), (Time(99, 300, 0.99), True), (Time(100, 300, 1.0), False)]:
        method, views = made()
        method(views, t).loss.backward()
        assert method.head.prototypes.grad.eq(0).all().item() is still
        assert all(p.grad.any() for p in method.head.mlp.parameters())


def test_the_freeze_ends_after_the_first_epoch_of_a_run():
    recipe, data = tiny_recipe("dino", **SMALL, steps=4), tiny_data()  # 2 steps an epoch
    directions = [
        F.normalize(train(recipe, data=data, stop_after=s, say=None).head.prototypes, dim=1)
        for s in (1, 2, 3)
    ]
    assert torch.allclose(directions[0], directions[1], atol=1e-6)
    assert not torch.allclose(directions[1], directions[2], atol=1e-4)


def test_only_the_direction_of_a_prototype_counts():
    method, views = made()
    before = method(views, LATER).loss
    with torch.no_grad():
        method.head.prototypes *= torch.linspace(0.5, 3, 12)[:, None]
    assert torch.allclose(method(views, LATER).loss, before, atol=1e-10)
    assert method.head(method.encoder(views["image"][0]))[1].abs().max() <= 1


def test_without_centring_the_centre_is_ignored():
    method, views = made(centring=False)
    before = method(views, LATER).loss
    method.centre += torch.arange(12)
    assert method(views, LATER).loss == before
    method, views = made()
    before = method(views, LATER).loss
    method.centre += torch.arange(12)
    assert method(views, LATER).loss != before


def test_a_lower_temperature_sharpens_the_teacher():
    entropies = []
    for temperature in (0.02, 0.04, 0.1):
        method, views = made(teacher_temperature=temperature)
        entropies.append(method(views, LATER).logs["teacher_entropy"].item())
    assert entropies == sorted(entropies)


@pytest.mark.parametrize("words", [{"net": "convnet"}, {"local.views": 0}, {"net": "resnet"}])
def test_other_nets_and_no_local_views(words):
    small = {"width": 4, "batch": 16, "steps": 2, "precision": "fp32", **SMALL}
    method = train(override(DINORecipe(), small | words), data=tiny_data(), say=None)
    assert method.centre.any()
