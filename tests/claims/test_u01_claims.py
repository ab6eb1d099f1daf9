"""Unit 1's claims: every arm runs, only one factor differs, and verdicts say what they mean."""

import math

import pytest
import torch

from course_lib.claims import (
    known,
    u01_backbones,
    u01_data,
    u01_depth,
    u01_gates,
    u01_paths,
    u01_runs,
)
from course_lib.claims.scenes import recipe
from course_lib.core.errors import CourseError
from course_lib.data import Dataset
from course_lib.nets import build
from course_lib.nets.unravel import stages
from course_lib.train import create
from course_lib.train.recipes import as_dict
from tests.tiny import tiny_data

MODULES = (u01_backbones, u01_data, u01_depth, u01_gates, u01_paths, u01_runs)
CLAIMS = {claim.key: claim for module in MODULES for claim in getattr(module, "CLAIMS", ())}
TRAINED = [key for key in CLAIMS if key not in ("R009", "R012-tail")]


def small(name: str, split: str) -> Dataset:
    """Instead of fashion and scenes: grey or colour, 28 px, four classes."""
    data = tiny_data(160 if split == "train" else 40, size=28)
    image = data.image[:, :1] if name == "fashion" else data.image
    return Dataset(name, split, {}, data.columns | {"image": image}, data.classes)


@pytest.fixture
def tiny_sets(monkeypatch):
    """Every run of these claims on 160 images."""
    for module in MODULES:
        for name, value in (("loaded", small), ("PROBE_STEPS", 2)):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, value)
    caches = (
        *(u01_runs.some, u01_runs.trained, u01_runs.fashion_floors),
        *(u01_depth.train_loss, u01_paths.after),
    )
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


def test_every_claim_is_known_and_can_be_stamped():
    for key, claim in CLAIMS.items():
        assert known()[key] == claim
        assert len(claim.stamp()) == 16


@pytest.mark.slow
@pytest.mark.parametrize("key", TRAINED)
def test_every_arm_gives_a_number(key, tiny_sets, monkeypatch):
    monkeypatch.setattr(u01_data, "SETTINGS", small_batches(u01_data.SETTINGS))
    monkeypatch.setattr(
        u01_runs, "some", lambda name, images, seed: small(name, "train")
    )  # 20,000 of 160 are refused
    claim = CLAIMS[key]
    for arm in claim.arms:
        assert math.isfinite(claim.probe(arm)), arm


def small_batches(settings):
    return {name: f"{words} batch=32" for name, words in settings.items()}


def test_floors_of_fashion_are_named(tiny_sets, monkeypatch):
    monkeypatch.setattr(u01_runs, "FLOOR_IMAGES", 100)
    found = u01_runs.fashion_floors()
    assert list(found) == ["chance", "raw pixels kNN", "random net kNN"]
    assert all(0 <= value <= 1 for value in found.values())


ONE_FACTOR = [
    (u01_depth, "three 3x3", "one 7x7", {"stacked"}),
    (u01_depth, "plain, 32 blocks", "residual, 32 blocks", {"residual"}),
    (u01_depth, "plain, 32 blocks", "plain, 8 blocks", {"depth"}),
    (u01_depth, "residual, 32 blocks", "residual, 8 blocks", {"depth"}),
    (u01_paths, "residual", "plain", {"residual"}),
    (u01_gates, "SE", "none", {"gate", "reduction"}),
    (u01_gates, "GE", "none", {"gate", "extent"}),
    (u01_data, "CNN", "ViT", {"net", "dim", "depth", "patch"}),
    (u01_data, "hard", "smoothed", {"smoothing"}),
]


@pytest.mark.parametrize(("module", "one", "other", "factor"), ONE_FACTOR)
def test_two_arms_differ_in_one_factor(module, one, other, factor):
    first, second = (as_dict(recipe(module.SETTINGS[arm], 1)) for arm in (one, other))
    options = [r.pop("net_options") for r in (first, second)]
    different = {name for name in first if first[name] != second[name]}
    names = {*options[0], *options[1]}
    different |= {name for name in names if options[0].get(name) != options[1].get(name)}
    assert different == factor


def test_images_are_drawn_with_the_seed_and_no_more_than_there_are(tiny_sets):
    one, again, other = (u01_runs.some("fashion", 50, seed) for seed in (1, 1, 2))
    assert len(one) == 50 and torch.equal(one.index, again.index)
    assert set(one.index.tolist()) != set(other.index.tolist())
    assert len(u01_runs.some("fashion", 0, 1)) == 160
    with pytest.raises(CourseError, match="160 training images, not 200"):
        u01_runs.some("fashion", 200, 1)


LOOKS = {
    "residual, 8 blocks": lambda: u01_depth.train_loss("residual, 8 blocks", 1, 2, 64),
    "SE": lambda: (u01_gates.movements("trained", 1, 2), u01_gates.with_gate("SE", 1, 2)),
}


@pytest.mark.parametrize("name", LOOKS)
def test_looking_leaves_the_shared_net_as_it_was(name, tiny_sets):
    shared = u01_runs.trained((u01_depth.SETTINGS | u01_gates.SETTINGS)[name], 1, 2)
    before = {key: value.clone() for key, value in shared.state_dict().items()}
    LOOKS[name]()
    assert u01_runs.trained.cache_info().misses == 1  # it was this one that was looked at
    for key, value in shared.state_dict().items():
        assert torch.equal(value, before[key]), key


@pytest.mark.slow
def test_a_drop_and_the_figure_share_what_they_computed(tiny_sets, monkeypatch):
    monkeypatch.setattr(
        u01_paths, "SETTINGS", {name: f"{w} steps=1" for name, w in u01_paths.SETTINGS.items()}
    )
    u01_paths.typical_drop("plain", 1)
    computed = u01_paths.after.cache_info().misses
    assert computed == 1 + len(u01_paths.MOVABLE)
    for what in ("all blocks", "without block 5"):
        assert math.isfinite(u01_paths.changed(f"plain, {what}", 1))
    assert u01_paths.after.cache_info().misses == computed
    assert u01_runs.trained.cache_info().misses == 1


def test_only_gates_that_move_count(monkeypatch):
    monkeypatch.setattr(u01_gates, "movements", lambda *_: torch.tensor([0.0, 0.019, 0.021, 0.3]))
    assert u01_gates.looking("trained", 1) == 0.5


def test_gates_of_an_untrained_net_do_not_look(tiny_sets):
    """Its branches start at zero, as the claim's note says."""
    assert u01_gates.looking("untrained", 1) == 0
    assert u01_gates.movements("trained", 1, 2).max() > 0


@pytest.mark.slow
def test_steps_are_counted_until_the_loss_is_reached(tiny_sets, monkeypatch):
    monkeypatch.setattr(u01_depth, "WINDOW", 4)
    monkeypatch.setattr(u01_depth, "REACHED", 100.0)
    assert u01_depth.steps_to_reach("relu", 1) == u01_depth.WINDOW
    monkeypatch.setattr(u01_depth, "REACHED", 0.0)
    monkeypatch.setattr(u01_depth, "LIMIT", 3)
    assert u01_depth.steps_to_reach("relu", 1) == 3
    one, again, other = (u01_depth.losses_of("tanh", seed, 2) for seed in (1, 1, 2))
    assert one == again != other


def test_blocks_that_are_taken_out_or_exchanged_are_those_that_keep_the_shape():
    net = build("resnet", width=4, depth=16)
    assert stages(net) == [list(stage) for stage in u01_paths.STAGES]
    for times in (1, 2, 8):
        order = u01_paths.exchanged(times, 3)
        assert order == u01_paths.exchanged(times, 3)
        assert sorted(order) == list(range(16))
        moved = [i for i in range(16) if order[i] != i]
        assert all(any({i, order[i]} <= set(stage) for stage in u01_paths.STAGES) for i in moved)
        assert len(moved) <= 2 * times
    assert sum(i != k for i, k in enumerate(u01_paths.exchanged(1, 3))) == 2
    found = [u01_paths.exchanged(1, seed) for seed in range(100)]
    moved = {i for order in found for i in range(16) if order[i] != i}
    assert moved == set(u01_paths.MOVABLE)


def test_a_drop_is_the_median_over_blocks(monkeypatch):
    found = {f"plain, without block {k}": 0.9 - 0.01 * i for i, k in enumerate(u01_paths.MOVABLE)}
    found["plain, all blocks"] = 0.9
    monkeypatch.setattr(u01_paths, "changed", lambda arm, *_: found[arm])
    assert u01_paths.typical_drop("plain", 1) == pytest.approx(0.06)


def held(verdict, margin: float, *arms) -> bool:
    return verdict({f"arm {i}": list(arm) for i, arm in enumerate(arms)}, margin)


def test_share_of_wants_every_seed():
    assert held(u01_depth.share_of, 0.67, [60, 67, 10], [100, 100, 100])
    assert not held(u01_depth.share_of, 0.67, [60, 68, 10], [100, 100, 100])


def test_no_worse_allows_the_margin_and_no_more():
    assert held(u01_depth.no_worse, 0.005, [0.5, 0.5, 0.5], [0.504, 0.504, 0.504])
    assert not held(u01_depth.no_worse, 0.005, [0.5, 0.5, 0.5], [0.506, 0.506, 0.506])
    assert not held(u01_depth.no_worse, 0.005, [0.9, 0.5, 0.5], [0.5, 0.51, 0.51])


def test_degraded_wants_both_comparisons():
    plain = [1.0, 1.1, 0.9]
    assert held(u01_depth.degraded, 0.2, plain, [0.5] * 3, [0.6] * 3, [0.4] * 3)
    assert not held(u01_depth.degraded, 0.2, plain, [0.9] * 3, [0.6] * 3, [0.4] * 3)
    assert not held(u01_depth.degraded, 0.2, plain, [0.5] * 3, [1.2] * 3, [0.4] * 3)


def test_one_survives_wants_a_small_and_a_large_drop():
    assert held(u01_paths.one_survives, 0.3, [0.01, 0.02, 0.06], [0.5, 0.4, 0.6])
    assert not held(u01_paths.one_survives, 0.3, [0.01, 0.02, 0.03], [0.2, 0.2, 0.6])
    assert not held(u01_paths.one_survives, 0.3, [0.1, 0.1, 0.1], [0.5, 0.4, 0.6])


def test_hungrier_compares_two_leads():
    verdict = u01_data.hungrier
    assert held(verdict, 0.03, [0.8] * 3, [0.7] * 3, [0.9] * 3, [0.85] * 3)
    assert not held(verdict, 0.03, [0.8] * 3, [0.75] * 3, [0.9] * 3, [0.85] * 3)
    assert not held(verdict, 0.03, [0.7] * 3, [0.8] * 3, [0.9] * 3, [0.85] * 3)


def test_humbler_wants_both_lower_in_every_seed_and_accuracy_kept():
    lower, higher, right = [0.1] * 3, [0.2] * 3, [0.8] * 3
    assert held(u01_data.humbler, 0.01, lower, higher, lower, higher, right, [0.805] * 3)
    assert not held(u01_data.humbler, 0.01, lower, higher, lower, higher, right, [0.82] * 3)
    once = [0.1, 0.3, 0.1]
    assert not held(u01_data.humbler, 0.01, once, higher, lower, higher, right, right)
    assert not held(u01_data.humbler, 0.01, lower, higher, once, higher, right, right)


def test_as_asked_reads_what_was_asked_from_the_arm():
    asked = u01_data.as_asked
    assert asked({"20 %": [0.21, 0.19], "93 %": [0.93, 0.92]}, 0.02)
    assert not asked({"20 %": [0.21, 0.19], "93 %": [0.93, 0.90]}, 0.02)


def test_first_reaches_wants_every_seed():
    assert held(u01_gates.first_reaches, 0.5, [0.5, 0.9], [0, 0])
    assert not held(u01_gates.first_reaches, 0.5, [0.4, 0.9], [0, 0])


def test_smoothing_has_three_answers_for_one_net(tiny_sets, monkeypatch):
    monkeypatch.setattr(u01_data, "SETTINGS", small_batches(u01_data.SETTINGS))
    monkeypatch.setattr(u01_runs, "some", lambda name, images, seed: small(name, "train"))
    asked = ("calibration error", "confidence", "accuracy")
    found = [u01_data.sureness(f"hard, {what}", 1, 2) for what in asked]
    assert len(set(found)) == 3 and all(0 <= value <= 1 for value in found)
    assert u01_runs.trained.cache_info().misses == 1


def test_backbones_are_counted_with_their_classifier():
    million = u01_backbones.counted("small convnet", "million parameters")
    net = build("convnet")
    assert million * 1e6 == sum(p.numel() for p in net.parameters()) + 64 * (net.dim + 1)
    for name in ("small convnet", "MobileNet"):
        products = u01_backbones.counts_alone(f"{name}, images/s training")
        assert products == u01_backbones.cost(f"{name}, million multiply-adds", 1)


@pytest.mark.slow
@pytest.mark.parametrize("what", u01_backbones.MEASURED)
def test_every_backbone_is_timed(what, monkeypatch):
    for name, value in (("BATCH", 2), ("WARM", 0), ("TIMED", 1)):
        monkeypatch.setattr(u01_backbones, name, value)
    for name in u01_backbones.BACKBONES:
        assert 0 < u01_backbones.cost(f"{name}, {what}", 1) < 1e6


def test_the_tail_of_a_small_set_is_as_asked(monkeypatch):
    """Forty classes of up to 60 images; the margin of the claim, two points, is kept."""
    label = torch.arange(2400) % 40
    image = torch.zeros(2400, 3, 2, 2, dtype=torch.uint8)
    columns = {"image": image, "label": label, "index": torch.arange(2400)}
    data = Dataset("scenes", "train", {}, columns, tuple(map(str, range(40))))
    monkeypatch.setattr(u01_data, "loaded", lambda *_: data)
    for arm in ("20 %", "50 %"):
        assert u01_data.in_the_head(arm, 1) == pytest.approx(u01_data.asked(arm), abs=0.02)
    assert u01_data.balanced() == pytest.approx({"not resampled": 0.1, "even": 0.1})


@pytest.mark.slow
def test_convnet_and_vit_have_about_as_many_parameters():
    """As R008's note says."""
    sizes = [
        sum(p.numel() for p in create(recipe(u01_data.SETTINGS[arm], 1), grey).parameters())
        for arm in ("CNN", "ViT")
        for grey in [small("fashion", "train")]
    ]
    assert max(sizes) < 1.25 * min(sizes)
