"""R023: its arms run, the CNNs differ in their textures alone, the verdict wants both halves."""

import math

import pytest
import torch

from course_lib.claims import known, u02_cues
from course_lib.evaluate.shape_bias import Cues

CLAIM = u02_cues.CLAIMS[0]
CACHES = (u02_cues.cues, u02_cues.trained, u02_cues.looked_at)


@pytest.fixture
def tiny_sets(monkeypatch):
    monkeypatch.setattr(u02_cues, "IMAGES", {"train": 96, "val": 40, "test": 60})
    monkeypatch.setattr(u02_cues, "PROBE_STEPS", 2)
    small = {n: (f"{w} batch=32 width=8", t) for n, (w, t) in u02_cues.SETTINGS.items()}
    small["MAE, agreeing cues"] = ("mae data=cues batch=32 width=8 net.depth=1", "agree")
    monkeypatch.setattr(u02_cues, "SETTINGS", small)
    for cached in CACHES:
        cached.cache_clear()
    yield
    for cached in CACHES:
        cached.cache_clear()


def test_the_claim_is_known_and_can_be_stamped():
    assert known()["R023"] == CLAIM and len(CLAIM.stamp()) == 16
    assert [arm.rpartition(", ")[0] for arm in CLAIM.arms[:4]] == list(u02_cues.SETTINGS)


def test_the_two_cnns_differ_in_their_textures_alone():
    (one, random), (other, agree) = list(u02_cues.SETTINGS.values())[:2]
    assert one == other and (random, agree) == ("random", "agree")


@pytest.mark.slow
def test_every_arm_gives_a_number_and_a_net_is_trained_once(tiny_sets):
    found = {arm: CLAIM.probe(arm) for arm in CLAIM.arms}
    assert all(math.isfinite(value) and 0 <= value <= 1 for value in found.values())
    assert u02_cues.trained.cache_info().misses == len(u02_cues.SETTINGS)


@pytest.mark.slow
def test_looking_leaves_the_net_as_it_was(tiny_sets):
    shared = u02_cues.trained("SimCLR, agreeing cues", 1, 2)
    before = {key: value.clone() for key, value in shared.state_dict().items()}
    u02_cues.looked_at("SimCLR, agreeing cues", 1, 2)
    assert all(torch.equal(value, before[key]) for key, value in shared.state_dict().items())


@pytest.mark.slow
def test_floors_are_shape_biases(tiny_sets):
    found = u02_cues.floors()
    assert list(found) == ["guessing", "raw pixels kNN", "random net linear"]
    assert all(0 <= value <= 1 for value in found.values())


def test_measures_are_of_conflict_images_and_of_those_like_training(tiny_sets, monkeypatch):
    asked = []

    def read(images):
        asked.append(images)
        return u02_cues.cues("test", "conflict").columns["texture"][: len(images)]

    found = u02_cues.measures(read, "random", 30)
    texture = u02_cues.cues("test", "conflict").columns["texture"][:30]
    right = (texture == u02_cues.cues("test", "random").label[:30]).float().mean().item()
    assert found == {"shape bias": 0.0, "decided": 1.0, "accuracy": pytest.approx(right)}
    assert torch.equal(asked[0], u02_cues.cues("test", "conflict").image[:30])
    assert torch.equal(asked[1], u02_cues.cues("test", "random").image[:30])
    monkeypatch.setattr(
        u02_cues, "count", lambda *_: Cues(shape=3, texture=1, other=0, abstained=4)
    )
    assert u02_cues.measures(read, "agree", 30)["decided"] == 0.5


def test_the_probe_is_fitted_where_the_cues_agree(tiny_sets):
    data = u02_cues.cues("train", "agree")
    read = u02_cues.probe(lambda x: torch.nn.functional.avg_pool2d(x, 5))
    assert (read(data.image) == data.label).float().mean() > 0.9


def test_the_verdict_wants_a_lazy_net_and_a_gap():
    def held(varied, agreeing):
        return u02_cues.shaped({"a": varied, "b": agreeing, "c": [0.5] * 3, "d": [0] * 3}, 0.3)

    assert held([0.9, 0.8, 0.7], [0.1, 0.2, 0.3])
    assert not held([0.9, 0.9, 0.9], [0.5, 0.4, 0.4])  # not below 0.4
    assert not held([0.5, 0.5, 0.5], [0.3, 0.2, 0.2])  # the gap is too small
    assert not held([1.0, 0.2, 0.2], [0.0, 0.21, 0.21])  # one seed alone
    assert held([1.0, 0.9, 0.2], [0.0, 0.1, 0.21])
