"""Claims on stochastic depth and DropBlock: runs are those of `train`, rates are equal."""

import math

import pytest
import torch

from course_lib.claims import known, u01_runs, u02_drop, u02_dropblock, verdicts
from course_lib.claims.scenes import recipe
from course_lib.data import Dataset
from course_lib.nets.dropblock import realised
from course_lib.train import train
from course_lib.train.recipes import as_dict
from tests.tiny import tiny_data

CLAIMS = {claim.key: claim for claim in (*u02_drop.CLAIMS, *u02_dropblock.CLAIMS)}
TINY = "supervised data=clutter net=resnet net.depth=5 width=4 batch=32 precision=fp32"


def small(name: str, split: str, *_) -> Dataset:
    return tiny_data(64 if split == "train" else 40, size=16)


@pytest.fixture
def tiny_sets(monkeypatch):
    """Five narrow blocks and 64 images for all runs of these claims."""
    options = {arm: words.partition("epochs=8")[2] for arm, words in u02_drop.SETTINGS.items()}
    changed = {
        u02_drop: {
            "SETTINGS": {arm: f"{TINY} epochs=2{rest}" for arm, rest in options.items()},
            "some": lambda *_: small("clutter", "train"),
            "loaded": small,
            "TIMED": 1,
            "WARM": 0,
        },
        u02_dropblock: {"loaded": small, "LOOKED_AT": "supervised data=clutter batch=32 width=4"},
        u01_runs: {"some": lambda *_: small("clutter", "train")},
    }
    for module, names in changed.items():
        for name, value in names.items():
            monkeypatch.setattr(module, name, value)
    caches = (u02_drop.seconds, u02_drop.whole, u02_dropblock.told_by_neighbours, u01_runs.trained)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


def test_every_claim_is_known_and_can_be_stamped():
    for key, claim in CLAIMS.items():
        assert known()[key] == claim
        assert len(claim.stamp()) == 16
    assert sum(claim.minutes for claim in CLAIMS.values()) <= 19  # error and gradient share 7


@pytest.mark.parametrize(
    ("one", "other", "factor"),
    [
        ("left out a batch", "every block", {"survival"}),
        ("left out a batch", "left out a sample", {"survival_per"}),
    ],
)
def test_two_arms_differ_in_one_factor(one, other, factor):
    first, second = (as_dict(recipe(u02_drop.SETTINGS[arm], 1)) for arm in (one, other))
    options = [r.pop("net_options") for r in (first, second)]
    assert first == second
    names = {*options[0], *options[1]}
    assert {n for n in names if options[0].get(n) != options[1].get(n)} == factor


@pytest.mark.parametrize("key", CLAIMS)
def test_every_arm_gives_a_number(key, tiny_sets):
    for arm in CLAIMS[key].arms:
        assert math.isfinite(CLAIMS[key].probe(arm)), arm


def test_a_run_that_is_watched_is_the_run_that_train_makes(tiny_sets):
    arm = "left out a batch"
    method, mean = u02_drop.whole(arm, 1, 3)
    usual = train(recipe(u02_drop.SETTINGS[arm], 1, 3), data=small("", "train"), say=None)
    for key, value in usual.state_dict().items():
        assert torch.equal(value, method.state_dict()[key]), key
    assert mean > 0


def test_only_a_coin_a_batch_computes_fewer_blocks(tiny_sets):
    found = {arm: u02_drop.blocks_computed(arm) for arm in u02_drop.SETTINGS}
    assert found["every block"] == found["left out a sample"] == 5
    assert 2 <= found["left out a batch"] < 5
    assert all(u02_drop.step_time(arm, 1) > 0 for arm in found)
    assert u02_drop.seconds.cache_info().misses == 1


def test_error_and_gradient_share_their_runs(tiny_sets):
    arm = "every block"
    assert 0 <= u02_drop.on_val(arm, 1) <= 1
    assert u02_drop.first_gradient(arm, 1) > 0
    assert u02_drop.whole.cache_info().misses == 1


def test_every_arm_drops_the_same_share():
    maps = torch.zeros(2000, 2, 20, 20)
    rate = realised(u02_dropblock.KEEP, 7, 20, 20)
    assert rate < 1 - u02_dropblock.KEEP
    for arm, side in u02_dropblock.SIDES.items():
        share = u02_dropblock.dropped_of(arm, maps, 1).float().mean().item()
        assert share == pytest.approx(rate, abs=0.01), arm
        assert realised(u02_dropblock.nominal(rate, side, 20, 20), side, 20, 20) == pytest.approx(
            rate, abs=1e-9
        )


def test_inputs_are_kept_neighbours_and_never_the_place_itself():
    values = torch.arange(100.0).view(1, 10, 10) + 1
    dropped = torch.zeros(1, 10, 10, dtype=torch.bool)
    dropped[0, 5, 5] = dropped[0, 5, 6] = True
    inputs, targets = u02_dropblock.cases(values, dropped)
    assert inputs.shape == (2, 96) and targets.tolist() == [56.0, 57.0]
    near = inputs[0, :48]
    assert 56.0 not in near and 57.0 not in near and {55.0, 46.0, 66.0} <= set(near.tolist())
    assert inputs[0, 48:].sum() == 47  # one of the neighbours was dropped too


def test_neighbours_tell_of_smooth_maps_and_not_of_noise():
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(120, 1, 20, 20, generator=generator, dtype=torch.float64)
    smooth = torch.nn.functional.avg_pool2d(noise, 5, 1, 2)
    smooth = smooth / smooth.std()
    found = {}
    for kind, maps in (("noise", noise), ("smooth", smooth)):
        for arm in ("single places", "squares of 7"):
            gone = u02_dropblock.dropped_of(arm, maps, 1)
            halves = [
                u02_dropblock.cases(maps[h, 0], gone[h, 0]) for h in (slice(60), slice(60, 120))
            ]
            found[kind, arm] = u02_dropblock.predicted(*halves)
    assert abs(found["noise", "single places"]) < 0.05
    assert found["smooth", "single places"] > found["smooth", "squares of 7"] + 0.2


def held(verdict, margin: float, *arms) -> bool:
    return verdict({f"arm {i}": list(arm) for i, arm in enumerate(arms)}, margin)


def test_verdicts():
    assert held(verdicts.share_of, 0.9, [0.8, 0.9], [1.0, 1.0], [9.0, 9.0])
    assert not held(verdicts.share_of, 0.9, [0.8, 0.95], [1.0, 1.0])
    assert held(verdicts.no_worse, 0.005, [0.5] * 3, [0.504] * 3)
    assert not held(verdicts.no_worse, 0.005, [0.5] * 3, [0.506] * 3)
    assert not held(verdicts.no_worse, 0.005, [0.9, 0.5, 0.5], [0.5, 0.51, 0.51])
    assert held(verdicts.all_below, 1e-12, [1e-15], [1e-14])
    assert not held(verdicts.all_below, 1e-12, [1e-15], [1e-11])
