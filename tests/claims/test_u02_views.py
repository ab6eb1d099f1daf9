"""R013, R014 and R015: every arm runs, one factor differs, and metrics and verdicts say what they
mean."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from course_lib.claims import known, u01_runs, u02_jitter, u02_views
from course_lib.claims.scenes import recipe
from course_lib.core.randomness import Rng
from course_lib.data import Dataset
from course_lib.train.recipes import as_dict
from tests.tiny import tiny_data

MODULES = (u02_views, u02_jitter)
CLAIMS = {claim.key: claim for module in MODULES for claim in module.CLAIMS}
SETTINGS = u02_views.SETTINGS | u02_jitter.SETTINGS


def small(name: str, split: str) -> Dataset:
    """Instead of fashion: grey, 28 px, four classes."""
    data = tiny_data(160 if split == "train" else 40, size=28)
    return Dataset(name, split, {}, data.columns | {"image": data.image[:, :1]}, data.classes)


def coloured(n: int, seed: int) -> Dataset:
    """Images whose mean colour says nothing of their class: a grating of either direction."""
    index = torch.arange(n)
    label = index % 2
    rgb = Rng(seed, 0, index).uniform("rgb", 3)[:, :, None, None]
    wave = (torch.arange(16) % 4 < 2).float()
    lines = torch.where(label[:, None, None] == 0, wave[:, None], wave[None])[
        :, None
    ]  # (n,1,16,16)
    image = (255 * (0.5 + (rgb - 0.5) / 2 + 0.2 * (lines - 0.5))).round().byte()
    return Dataset("stamps", "", {}, {"image": image, "label": label, "index": index}, ("a", "b"))


@pytest.fixture
def tiny_sets(monkeypatch):
    """Every run of these claims on 160 grey images, or on 64 coloured ones."""
    splits = {split: coloured(n, n) for split, n in (("train", 128), ("val", 40), ("test", 60))}
    for module in (u01_runs, u02_views):
        monkeypatch.setattr(module, "loaded", small)
    monkeypatch.setattr(u01_runs, "PROBE_STEPS", 2)
    monkeypatch.setattr(u02_views, "FLOOR_IMAGES", 100)
    monkeypatch.setattr(u02_jitter, "stamps", lambda: splits)
    caches = (
        *(u01_runs.some, u01_runs.trained, u02_views.changed, u02_views.floors_on),
        *(u02_jitter.contrasted, u02_jitter.stamp_floors),
    )
    for cached in caches:
        cached.cache_clear()
    yield splits
    for cached in caches:
        cached.cache_clear()


def test_every_claim_is_known_and_can_be_stamped():
    for key, claim in CLAIMS.items():
        assert known()[key] == claim
        assert len(claim.stamp()) == 16


@pytest.mark.slow
@pytest.mark.parametrize("key", CLAIMS)
def test_every_arm_and_floor_gives_a_number(key, tiny_sets, monkeypatch):
    for module in MODULES:
        few = {name: f"{words} batch=32 width=8" for name, words in module.SETTINGS.items()}
        monkeypatch.setattr(module, "SETTINGS", few)
    for arm in CLAIMS[key].arms:
        assert math.isfinite(CLAIMS[key].probe(arm)), arm
    assert all(math.isfinite(value) for value in CLAIMS[key].floors().values())


ONE_FACTOR = [
    ("translation", "none", {"shift"}),
    ("Cutout", "none", {"cutout"}),
    ("Random Erasing", "none", {"erase", "fill"}),
    ("jitter", "no jitter", {"jitter", "strength"}),
]


@pytest.mark.parametrize(("one", "other", "factor"), ONE_FACTOR)
def test_two_arms_differ_in_one_factor(one, other, factor):
    first, second = (as_dict(recipe(SETTINGS[arm], 1)) for arm in (one, other))
    options = [r.pop("augment") for r in (first, second)]
    assert first == second
    assert {name for name in options[0] if options[0][name] != options[1][name]} == factor


def test_shifted_images_are_moved_by_up_to_six_pixels(tiny_sets):
    """Each is found among the whole-pixel shifts of its own; most are not where they were."""
    clean, moved = (u02_views.changed(how).image[:, 0] for how in ("clean", "shifted"))
    assert torch.equal(clean, small("fashion", "test").image[:, 0])
    padded = nn.functional.pad(clean, (6, 6, 6, 6))  # 28 + 12
    found = set()
    for was, now in zip(padded, moved, strict=True):
        places = [
            (row, column)
            for row in range(13)
            for column in range(13)
            if torch.equal(was[12 - row : 40 - row, 12 - column : 40 - column], now)
        ]
        assert len(places) == 1
        found.add((places[0][0] - 6, places[0][1] - 6))
    assert len(found) > 25
    assert max(max(map(abs, place)) for place in found) == 6


@pytest.mark.parametrize("how", ["black", "noise"])
def test_ten_by_ten_pixels_are_hidden_of_every_image(how, tiny_sets):
    clean, hidden = (u02_views.changed(kind).image[:, 0] for kind in ("clean", how))
    for was, now in zip(clean, hidden, strict=True):
        rows, columns = ((was != now).any(axis).nonzero()[:, 0] for axis in (1, 0))
        assert len(rows) <= 10 and rows[-1] - rows[0] < 10 and columns[-1] - columns[0] < 10
        inside = now[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        assert rows[-1] - rows[0] >= 8 and columns[-1] - columns[0] >= 8
        assert (inside == 0).all() if how == "black" else inside.float().std() > 40
    places = {
        tuple((was != now).nonzero()[0].tolist()) for was, now in zip(clean, hidden, strict=True)
    }
    assert len(places) > 25


class Looks(nn.Module):
    """A method that answers by one pixel, or by the largest anywhere."""

    def __init__(self, everywhere: bool):
        super().__init__()
        self.everywhere, self.head = everywhere, nn.Identity()

    def encoder(self, x: torch.Tensor) -> torch.Tensor:
        seen = x.amax((1, 2, 3)) if self.everywhere else x[:, 0, 14, 14]
        return torch.stack([1 - seen, seen], 1)


def test_the_metric_falls_for_who_looks_at_one_place_and_not_for_who_looks_everywhere(
    tiny_sets, monkeypatch
):
    """A bright dot in the middle, or none: with the dot moved, one pixel no longer says which."""
    index = torch.arange(200)
    image = torch.zeros(200, 1, 28, 28, dtype=torch.uint8)
    image[1::2, 0, 14, 14] = 255
    columns = {"image": image, "label": index % 2, "index": index}
    data = Dataset("fashion", "test", {}, columns, ("none", "dot"))
    monkeypatch.setattr(u02_views, "loaded", lambda *_: data)
    found = {}
    for everywhere in (False, True):
        monkeypatch.setattr(u02_views, "trained", lambda *_, e=everywhere: Looks(e))
        found |= {
            (everywhere, how): u02_views.on_changed(f"none, {how}", 1)
            for how in ("clean", "shifted", "black")
        }
    assert found[False, "clean"] == found[True, "clean"] == found[True, "shifted"] == 1
    assert found[False, "shifted"] < 0.55
    assert 0.6 < found[False, "black"] == found[True, "black"] < 0.95  # the dot itself is hidden


def test_colour_told_is_1_for_means_and_0_for_who_sees_no_colour(tiny_sets):
    means = lambda x: x.mean((2, 3))  # noqa: E731
    assert u02_jitter.colour_told(means) > 0.99
    assert (
        u02_jitter.colour_told(lambda x: torch.stack([x.mean((1, 2, 3)), x[:, 0].mean((1, 2))], 1))
        > 0.5
    )
    blind = lambda x: x.diff(dim=2).abs().mean((1, 2, 3))[:, None].round(decimals=1)  # noqa: E731
    assert abs(u02_jitter.colour_told(blind)) < 0.1
    noise = lambda x: Rng(0, 0, (x.sum((1, 2, 3)) * 1000).long()).uniform("f", 20)  # noqa: E731
    assert u02_jitter.colour_told(noise) < 0.1


def test_category_is_read_from_what_tells_it_and_not_from_colour(tiny_sets):
    lines = lambda x: torch.stack(  # noqa: E731
        [x.diff(dim=2).abs().mean((1, 2, 3)), x.diff(dim=3).abs().mean((1, 2, 3))], 1
    )
    assert u02_jitter.category(lines) == 1
    assert u02_jitter.category(lambda x: x.mean((2, 3)) - 0.5) < 0.75


def test_ridge_solves_its_own_equation():
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.randn(40, d, generator=generator, dtype=torch.float64) for d in (7, 3))
    w = u02_jitter.ridge(x, y, 0.3)
    slope = x.T @ (x @ w - y) / 40 + 0.3 * w
    assert slope.abs().max() < 1e-12
    wide = u02_jitter.ridge(x.T.contiguous(), torch.randn(7, 3).double(), 1e-9)
    assert wide.shape == (40, 3)


def test_explained_is_1_for_right_0_for_the_mean_and_below_for_worse():
    y = torch.tensor([[0.0, 1.0], [1.0, 3.0], [2.0, 8.0]])
    assert u02_jitter.explained(y, y) == 1
    assert u02_jitter.explained(y.mean(dim=0).expand_as(y), y) == pytest.approx(0)
    assert u02_jitter.explained(-y, y) < 0


def held(verdict, margin: float, *arms) -> bool:
    return verdict({f"arm {i}": list(arm) for i, arm in enumerate(arms)}, margin)


def test_a_lead_at_a_cost_wants_the_lead_the_signs_and_the_clean_accuracy():
    verdict = CLAIMS["R013"].verdict
    hard, without, clean = [0.8, 0.8, 0.8], [0.6, 0.6, 0.6], [0.9, 0.9, 0.9]
    assert held(verdict, 0.15, hard, without, [0.886] * 3, clean)
    assert not held(verdict, 0.15, hard, without, [0.884] * 3, clean)
    assert not held(verdict, 0.15, hard, [0.66] * 3, clean, clean)
    assert not held(verdict, 0.15, [1.5, 0.5, 0.5], without, clean, clean)  # one seed alone
    stricter = CLAIMS["R015"].verdict
    assert held(stricter, 0.05, hard, without, [0.891] * 3, clean, [0] * 3)
    assert not held(stricter, 0.05, hard, without, [0.889] * 3, clean, [0] * 3)


def test_colour_forgotten_wants_the_fall_and_the_category():
    verdict = CLAIMS["R014"].verdict
    told, without, named = [0.4] * 3, [0.8] * 3, [0.5] * 3
    assert held(verdict, 0.3, told, without, named, named)
    assert not held(verdict, 0.5, told, without, named, named)
    assert not held(verdict, 0.3, told, without, [0.49] * 3, named)
    assert not held(verdict, 0.3, [-1, 0.9, 0.9], without, named, named)


def test_arms_are_in_the_order_that_verdicts_read():
    assert CLAIMS["R013"].arms[:4] == (
        "translation, shifted", "none, shifted", "translation, clean", "none, clean",
    )  # fmt: skip
    assert CLAIMS["R015"].arms[:4] == (
        "Cutout, black",
        "none, black",
        "Cutout, clean",
        "none, clean",
    )
    assert CLAIMS["R014"].arms == (
        "jitter, mean RGB", "no jitter, mean RGB", "jitter, category", "no jitter, category",
    )  # fmt: skip


def test_translation_has_six_pixels_of_twenty_eight():
    shift = recipe(SETTINGS["translation"], 1).augment.shift
    assert int(shift * 28 + 1e-6) == u02_views.SHIFT == 6
    assert (
        replace(recipe(SETTINGS["Cutout"], 1).augment, cutout=0)
        == recipe(SETTINGS["none"], 1).augment
    )


@pytest.mark.slow
def test_stamps_have_room_on_both_sides():
    """A linear reading of pixels has all of the mean colour; a random net most of it, so that there
    is something to forget, and hardly a category."""
    data = u02_jitter.stamps()
    assert {part.image.shape[1:] for part in data.values()} == {(3, 40, 40)}
    assert data["train"].classes == data["test"].classes and len(data["test"]) > 100
    found = u02_jitter.stamp_floors()
    assert found["raw pixels, mean RGB"] > 0.99 and found["random net, mean RGB"] > 0.6
    assert found["random net, category"] < 0.5
