"""Claims on moments of augmented images: formulas, slopes, draws, and where a net looks."""

import math

import pytest
import torch

from course_lib.claims import known, u02_moments, u02_saliency
from course_lib.claims.u02_moments import half, one_exceeds
from course_lib.data import Dataset
from tests.tiny import tiny_data

CLAIMS = {claim.key: claim for claim in (*u02_moments.CLAIMS, *u02_saliency.CLAIMS)}


def small(split: str) -> Dataset:
    data = tiny_data(300 if split == "train" else 40, size=28, classes=10)
    columns = data.columns | {"image": data.image[:, :1]}
    return Dataset("fashion", split, {}, columns, tuple("abcdefghij"))


@pytest.fixture
def tiny_sets(monkeypatch):
    """300 grey images of 28 px, ten classes; little training."""
    for module in (u02_moments, u02_saliency):
        monkeypatch.setattr(module, "loaded", small)
    monkeypatch.setattr(u02_saliency, "PROBE_STEPS", 2)
    monkeypatch.setattr(u02_saliency, "FEW", 4)
    caches = (u02_moments.partners, u02_moments.read_off, u02_saliency.perceptron)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


def test_every_claim_is_known_and_can_be_stamped():
    for key, claim in CLAIMS.items():
        assert known()[key] == claim
        assert len(claim.stamp()) == 16
    assert sum(claim.minutes for claim in CLAIMS.values()) <= 6


@pytest.mark.slow
@pytest.mark.parametrize("key", CLAIMS)
def test_every_arm_gives_a_number(key, tiny_sets):
    for arm in CLAIMS[key].arms:
        value = CLAIMS[key].probe(arm)
        assert math.isfinite(value) and value >= 0, arm


@pytest.mark.parametrize("name", u02_moments.ENUMERATED)
def test_formula_and_sum_agree(name, tiny_sets):
    assert u02_moments.difference(name, 1) < 1e-12


def test_slope_of_shifts_is_a_half(tiny_sets, monkeypatch):
    monkeypatch.setattr(u02_moments, "SIZES", (64, 1024, 16384))
    monkeypatch.setattr(u02_moments, "REPEATS", 16)
    assert u02_moments.error_slope("shift, mean", 1) == pytest.approx(-0.5, abs=0.06)


def test_flips_need_many_draws_for_the_mean_and_none_for_the_covariance(tiny_sets):
    """Two images at equal chances lie equally far from their mean, so one draw says how far."""
    assert u02_moments.draws_needed("flip, covariance", 1, 3) == pytest.approx(0, abs=1e-3)
    assert u02_moments.draws_needed("flip, mean", 1, 3) > 0
    assert u02_moments.draws_needed("flip, loss", 1, 3) >= 0


def test_shifted_training_differs_in_shifts_alone_and_can_be_repeated(tiny_sets):
    nets = [u02_saliency.perceptron(arm, 1, 3) for arm in ("shifted", "as they are")]
    first = [net[1].weight.detach().clone() for net in nets]
    assert not torch.equal(*first)
    starts = [u02_saliency.perceptron(arm, 1, 0)[1].weight for arm in ("shifted", "as they are")]
    assert torch.equal(*starts)
    u02_saliency.perceptron.cache_clear()
    assert torch.equal(u02_saliency.perceptron("shifted", 1, 3)[1].weight, first[0])


def test_energy_is_a_share_and_floors_are_named(tiny_sets):
    for arm in ("shifted", "as they are"):
        assert 0 < u02_saliency.energy(arm, 1, 2, 3) < 1
    found = u02_saliency.floors()
    assert list(found) == ["random direction", "untrained net"]
    assert found["random direction"] == pytest.approx(10 / 784)


def test_saliency_is_a_gradient_an_image(tiny_sets):
    net, data = u02_saliency.perceptron("shifted", 1, 2), small("test")
    images, labels = data.image[:3].float() / 255, data.label[:3]
    together = u02_saliency.saliencies(net, images, labels)
    alone = u02_saliency.saliencies(net, images[1:2], labels[1:2])
    assert together.shape == (3, 784)
    assert torch.allclose(together[1:2], alone, atol=1e-6)


def test_verdicts():
    assert half({"a": [-0.5, -0.52], "b": [-0.46, -0.5]}, 0.05)
    assert not half({"a": [-0.5, -0.52], "b": [-0.4, -0.48]}, 0.05)
    assert one_exceeds({"a": [1.0, 2.0], "b": [11.0, 12.0]}, 10)
    assert not one_exceeds({"a": [9.0, 20.0], "b": [11.0, 5.0]}, 10)
