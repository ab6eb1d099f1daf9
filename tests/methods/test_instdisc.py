"""Noise-contrastive estimation against loops, and the bank (Wu et al. 2018, arXiv 1805.01978)."""

import math

import pytest
import torch
import torch.nn.functional as F

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.methods import Time
from course_lib.methods.contrastive.instdisc import log_partition, nce
from course_lib.train import create, train
from course_lib.train.batches import Batches
from tests.tiny import tiny_data, tiny_recipe

NOW = Time(0, 100, 0.0)
FEW = {"negatives": 16, "temperature": 0.07}


def unit(rows: int, dim: int = 5, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(rows, dim, generator=generator, dtype=torch.float64), dim=1)


def made(**words):
    """A fresh method and the views of the first 32 samples."""
    data = tiny_data()
    method = create(tiny_recipe("instdisc", **words), data)
    return method, method.views(data.batch(slice(0, 32)), Rng(0, 0, data.index[:32]))


def by_loops(v, own, noise, z: float, n: int, temperature: float) -> float:
    """The paper's equations 4 to 7, one anchor and one noise row at a time."""
    m, total = len(noise), 0.0
    for anchor, row in zip(v, own, strict=True):
        p = math.exp(float(anchor @ row) / temperature) / z
        total -= math.log(p / (p + m / n))
        for other in noise:
            p = math.exp(float(anchor @ other) / temperature) / z
            total -= math.log(1 - p / (p + m / n))
    return total / len(v)


@pytest.mark.parametrize("temperature", [0.07, 0.5])
@pytest.mark.parametrize("m", [1, 11])
def test_equals_the_equations_written_with_loops(m, temperature):
    v, own, noise = unit(6), unit(6, seed=1), unit(m, seed=2)
    ours = nce((v * own).sum(1) / temperature, v @ noise.T / temperature, torch.tensor(3.0), 40)
    theirs = by_loops(v, own, noise, math.exp(3.0), 40, temperature)
    assert ours.item() == pytest.approx(theirs, rel=1e-6)
    assert ours.item() >= 0


def test_partition_is_n_times_the_mean_and_does_not_overflow():
    v, noise = unit(6), unit(11, seed=2)
    by_hand = sum(math.exp(float(a @ b) / 0.07) for a in v for b in noise) / 66 * 40
    assert log_partition(v @ noise.T / 0.07, 40).item() == pytest.approx(math.log(by_hand))
    assert log_partition(torch.full((2, 3), 500.0), 40).item() == pytest.approx(500 + math.log(40))


def test_forward_is_the_loss_of_the_bank_and_of_noise_shared_by_the_batch():
    method, views = made(**FEW)
    output = method(views, NOW)
    v, index = method.embed(views["image"][0]).detach(), views["index"]
    noise = method.bank[(views["rng"].shared("noise", 16) * 64).long()]
    z = sum(math.exp(float(a @ b) / 0.07) for a in v for b in noise) / (32 * 16) * 64
    theirs = by_loops(v, method.bank[index], noise, z, 64, 0.07)
    assert output.loss.item() == pytest.approx(theirs, rel=1e-4)
    assert output.logs["cosine"].item() == pytest.approx((v * method.bank[index]).sum().item() / 32)


def test_noise_is_new_each_step_and_the_same_for_every_part_of_the_batch():
    draws = [
        Rng(0, step, torch.arange(start, start + 4)).shared("noise", 16)
        for step, start in [(0, 0), (0, 4), (1, 0)]
    ]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


def test_constant_embeddings_give_what_is_stated():
    m, n, logit = 7, 40, 1 / 0.07
    own, noise = torch.full((3,), logit).double(), torch.full((3, m), logit).double()
    loss = nce(own, noise, log_partition(noise, n), n).item()
    assert loss == pytest.approx(math.log(1 + m) + m * math.log(1 + 1 / m), rel=1e-9)
    assert made(negatives=m)[0].constant_loss(32) == pytest.approx(loss, rel=1e-9)
    assert made(negatives=0)[0].constant_loss(32) == pytest.approx(math.log(64))


def test_a_collapse_after_z_is_frozen_costs_far_more():
    m, n, constant = 1024, 20_000, torch.full((2, 1024), 1 / 0.07)
    fresh = log_partition(unit(2, 128).float() @ unit(m, 128, seed=1).float().T / 0.07, n)
    stated = math.log(1 + m) + m * math.log(1 + 1 / m)
    assert nce(constant[:, 0], constant, fresh, n).item() > 10 * stated


def test_floor_is_0_when_own_rows_agree_and_others_are_far():
    own, noise = torch.full((3,), 60.0), torch.full((3, 7), -60.0)
    assert nce(own, noise, torch.tensor(0.0), 40).item() == pytest.approx(0, abs=1e-9)


def test_floor_when_noise_hits_the_own_row_once_in_n_draws():
    """P is 1 for the own row and 0 for others; m/n of the noise is the own row."""
    n, draws = 8, 3
    own = torch.zeros(1, dtype=torch.float64)
    noise = torch.full((1, n * draws), -1e9, dtype=torch.float64)
    noise[0, ::n] = 0.0
    floor = math.log(1 + draws) + draws * math.log(1 + 1 / draws)
    assert nce(own, noise, torch.tensor(0.0), n).item() == pytest.approx(floor, rel=1e-9)


def test_with_much_noise_and_the_true_z_its_gradient_is_that_of_the_softmax():
    """Mnih and Teh (2012, arXiv 1206.6426)."""
    v, bank = unit(1)[0].requires_grad_(), unit(6, seed=1)
    logits = bank @ v / 0.5
    log_z, noise = logits.logsumexp(0).detach(), logits.repeat(20_000)[None]
    (estimated,) = torch.autograd.grad(nce(logits[2:3], noise, log_z, 6), v, retain_graph=True)
    (exact,) = torch.autograd.grad(-logits.log_softmax(0)[2], v)
    assert torch.allclose(estimated, exact, rtol=1e-3, atol=1e-5)


def test_softmax_over_the_bank_equals_loops():
    method, views = made(negatives=0, temperature=0.07)
    output = method(views, NOW)
    v, total = method.embed(views["image"][0]).detach().double(), 0.0
    for anchor, i in zip(v, views["index"].tolist(), strict=True):
        exps = [math.exp(float(anchor @ row.double()) / 0.07) for row in method.bank]
        total -= math.log(exps[i] / sum(exps))
    assert output.loss.item() == pytest.approx(total / 32, rel=1e-5)
    assert "log_z" not in output.carry
    method.after_step(output.carry, NOW)
    assert torch.isinf(method.log_z)


def test_z_is_that_of_the_first_batch_for_ever():
    method, views = made(**FEW)
    assert torch.isinf(method.log_z)
    first = method(views, NOW)
    assert torch.isinf(method.log_z)
    method.after_step(first.carry, NOW)
    frozen = method.log_z.clone()
    assert torch.isfinite(frozen) and torch.equal(frozen, first.carry["log_z"][0])
    assert first.logs["log_z_moved"].item() == 0
    second = method(views | {"rng": Rng(0, 1, views["index"])}, NOW)
    assert second.logs["log_z_moved"].item() != 0
    method.after_step(second.carry, NOW)
    assert torch.equal(method.log_z, frozen)


def test_rows_of_the_bank_are_of_length_1_from_the_first_and_stay_so():
    fresh = create(tiny_recipe("instdisc"), tiny_data())
    trained = train(tiny_recipe("instdisc"), data=tiny_data(), say=None)
    for method in (fresh, trained):
        assert torch.allclose(method.bank.norm(dim=1), torch.ones(64), atol=1e-6)
    assert not torch.allclose(fresh.bank, trained.bank, atol=0.1)


def test_bank_moves_by_its_momentum_and_only_where_the_batch_was():
    method, _ = made(momentum=0.8)
    before, v = method.bank.clone(), unit(2, 128).float()
    method.after_step({"index": torch.tensor([9, 4]), "v": v}, NOW)
    for row, new in ((9, v[0]), (4, v[1])):
        mixed = 0.8 * before[row] + 0.2 * new
        assert torch.allclose(method.bank[row], mixed / mixed.norm(), atol=1e-6)
    others = [row for row in range(64) if row not in (4, 9)]
    assert torch.equal(method.bank[others], before[others])


def test_each_row_is_renewed_once_an_epoch():
    data, (method, _) = tiny_data(), made(**FEW)
    batches, count = Batches(data, 16, 0, torch.device("cpu")), torch.zeros(64)
    for step in range(batches.per_epoch):
        before, batch = method.bank.clone(), batches.at(step)
        output = method(method.views(batch, Rng(0, step, batch["index"])), NOW)
        method.after_step(output.carry, NOW)
        count += (method.bank != before).any(dim=1)
    assert torch.equal(count, torch.ones(64))


def test_bank_is_updated_by_what_the_loss_compared():
    method, views = made(**FEW)
    output = method(views, NOW)
    assert torch.equal(output.carry["v"], output.embedding)
    assert torch.equal(output.carry["index"], views["index"])
    assert torch.allclose(output.embedding.norm(dim=1), torch.ones(32), atol=1e-6)


def test_frozen_z_bounds_p_at_the_default_temperature_and_not_at_the_papers():
    method, _ = made()
    n, tried = 20_000, {}
    for temperature in (method.recipe.temperature, 0.07):
        first = log_partition(unit(64, 128) @ unit(1024, 128, seed=1).T / temperature, n)
        tried[temperature] = (1 / temperature - first).exp().item()
    assert tried[method.recipe.temperature] < 0.01
    assert tried[0.07] > 10


def test_takes_one_view():
    with pytest.raises(CourseError, match="augment.views=2 does not suit this method: set it to 1"):
        tiny_recipe("instdisc", **{"augment.views": 2})
