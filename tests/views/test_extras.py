"""Further operations in the recipe: off by default, drawn by sample, refused when impossible."""

import sys
from dataclasses import fields

import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.train import recipe_from
from course_lib.train.recipes import as_dict, from_dict
from course_lib.views import Augmentation, affine, augment, color, crop, erase, jitter
from course_lib.views.extras import Extras

QUIET = {"views": 1, "area_min": 1.0, "aspect": 1.0, "flip": 0.0, "jitter": 0.0, "gray": 0.0}
ON = {
    "center": {"center": 16},
    "shift": {"shift": 0.2},
    "angle": {"angle_from": -30, "angle_to": 30},
    "zoom": {"zoom_from": 0.5},
    "shear": {"shear": 20},
    "brightness": {"brightness": 0.4},
    "contrast": {"contrast": 0.4},
    "saturation": {"saturation": 0.4},
    "hue": {"hue": 0.2},
    "cutout": {"cutout": 8},
    "cutout within": {"cutout": 8, "cutout_clip": False, "fill": "mean"},
    "erase": {"erase": 0.9},
    "noise": {"cutout": 6, "erase": 0.9, "fill": "noise"},
}
ALL = {"views": 2} | {k: v for words in ON.values() for k, v in words.items()}
SAME = {"atol": 2e-6, "rtol": 0}


def batch(count: int = 48, channels: int = 3, side: int = 24) -> dict:
    index = torch.arange(1000, 1000 + count)
    words = Rng(1, 0, index).uniform("pixels", channels * side * side)
    image = (words * 256).to(torch.uint8).view(count, channels, side, side)
    return {"image": image, "index": index, "label": index % 7}


def run(data: dict, **words) -> torch.Tensor:
    return augment(data, Rng(0, 5, data["index"]), Augmentation(**words))["image"]


def rows(data: dict, chosen) -> dict:
    return {name: value[chosen] for name, value in data.items()}


def test_everything_is_off_by_default():
    """What each setting must be so that nothing new happens."""
    off = Extras()
    assert not off.moves and (off.center, off.cutout, off.erase) == (0, 0, 0)
    assert not any((off.brightness, off.contrast, off.saturation, off.hue))
    data = batch(8)
    torch.testing.assert_close(run(data, **QUIET)[0], data["image"] / 255, **SAME)


def test_the_default_recipe_does_what_it_did_before_there_were_others():
    data, rng = batch(16), Rng(0, 5, batch(16)["index"])
    for v, ours in enumerate(run(data)):
        own = rng.fold(v)
        box = crop.sample(own, 24, 24, (0.3, 1.0), 4 / 3, 0.5)
        theirs = color.apply(crop.apply(data["image"], box, 24), color.sample(own, 0.8, 0.5, 0.2))
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("name", ON)
def test_each_word_changes_views_and_leaves_the_other_draws(name):
    """Labels too; and an image of no height above its word's own operation stays as it was."""
    data = batch()
    on = augment(data, Rng(0, 5, data["index"]), Augmentation(**QUIET | ON[name]))
    plain = run(data, **QUIET)
    assert on["image"].shape == plain.shape
    changed = (on["image"] - plain).abs().flatten(2).amax(2)[0] > 0.01  # (B,)
    assert changed.float().mean() > 0.8
    assert on["label"] is data["label"] and on["index"] is data["index"]
    assert 0 <= on["image"].min() and on["image"].max() <= 1


def test_the_order_is_crop_affine_jitter_colour_blur_boxes():
    data, words = batch(16), ALL | {"center": 0, "blur": 0.0, "views": 1}
    own = Rng(0, 5, data["index"]).fold(0)
    view = crop.apply(data["image"], crop.sample(own, 24, 24, (0.3, 1.0), 4 / 3, 0.5), 24)
    maps = affine.sample(own, 24, 24, angle=(-30, 30), scale=(0.5, 1.0), shear=20, shift=(0.2, 0.2))
    view = affine.apply(view, maps)
    view = jitter.apply(view, jitter.sample(own, 0.4, 0.4, 0.4, 0.2))
    view = color.apply(view, color.sample(own, 0.8, 0.5, 0.2))
    boxes = (
        erase.cutout(own, 24, 24, 6, False).noisy(own.fold(0), 3 * 24 * 24),
        erase.erasing(own, 24, 24, 0.9, (0.02, 0.4), 10 / 3).noisy(own.fold(1), 3 * 24 * 24),
    )
    for box in boxes:
        view = erase.apply(view, box, "noise")
    torch.testing.assert_close(run(data, **words)[0], view, **SAME)


def test_a_view_depends_on_its_sample_and_not_on_the_batch():
    """Order, halves as on two processes, a single row; another step and seed give another view."""
    data = batch()
    full = run(data, **ALL)
    backwards = torch.arange(47, -1, -1)
    torch.testing.assert_close(run(rows(data, backwards), **ALL), full[:, backwards], **SAME)
    for part in (slice(0, 24), slice(24, 48), slice(5, 6)):
        torch.testing.assert_close(run(rows(data, part), **ALL), full[:, part], **SAME)
    other = augment(data, Rng(0, 6, data["index"]), Augmentation(**ALL))["image"]
    assert ((other - full).abs().flatten(2).amax(2) > 0.05).float().mean() > 0.95
    assert ((full[0] - full[1]).abs().flatten(1).amax(1) > 0.05).float().mean() > 0.95


def test_rows_at_a_time_change_nothing(monkeypatch):
    """On a CPU a large batch is handled in blocks; the noise of a box goes with its row."""
    data = batch()
    full = run(data, **ALL)
    module = sys.modules["course_lib.views.augment"]  # the package's `augment` is the function
    monkeypatch.setattr(module, "CACHE", 7 * 16 * 16 * 3)
    torch.testing.assert_close(run(data, **ALL), full, **SAME)


def test_no_global_generator_moves():
    before = torch.get_rng_state()
    run(batch(8), **ALL)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("channels", [1, 3])
def test_grey_and_colour_and_another_size(channels):
    views = run(batch(8, channels), **ALL | {"size": 17})
    assert views.shape == (2, 8, channels, 17, 17)
    assert 0 <= views.min() and views.max() <= 1


def test_a_centre_is_enlarged_to_the_view():
    data = batch(8)
    middle = data["image"][:, :, 4:20, 4:20]
    views = run(data, **QUIET | {"center": 16, "size": 16})
    torch.testing.assert_close(views[0], middle / 255, **SAME)
    assert run(data, **QUIET | {"center": 16}).shape[-1] == 24


def test_a_square_larger_than_the_view_is_refused():
    with pytest.raises(CourseError, match=r"cutout=20 does not fit into views of 16x16 pixels"):
        run(batch(4), cutout=20, size=16)


@pytest.mark.parametrize(
    "setting, value, says",
    [
        ("shift", 1.5, "a number from 0 to 1"),
        ("shift", float("nan"), "a number from 0 to 1"),
        ("hue", 0.6, "a number from 0 to 0.5"),
        ("angle_from", -200, "a number from -180 to 180"),
        ("zoom_to", 0, "a number from 0.05 to 20"),
        ("shear", "much", "a number from 0 to 60"),
        ("cutout", 10.5, "a whole number from 0 to 4096"),
        ("cutout", -1, "a whole number from 0 to 4096"),
        ("center", None, "a whole number from 0 to 4096"),
        ("cutout_clip", "yes", "False or True"),
        ("cutout_clip", 1, "False or True"),
        ("erase", 1.1, "a number from 0 to 1"),
    ],
)
def test_impossible_settings_are_refused_by_name(setting, value, says):
    with pytest.raises(CourseError) as caught:
        Augmentation(**{setting: value})
    assert str(caught.value) == f"{setting}={value!r} must be {says}."


def test_an_unknown_fill_and_areas_in_the_wrong_order_are_refused():
    with pytest.raises(CourseError, match="There is no fill 'zeros': did you mean 'zero'"):
        Augmentation(fill="zeros")
    with pytest.raises(CourseError, match="Lower erase_min=0.5: it exceeds erase_max=0.4"):
        Augmentation(erase_min=0.5)


def test_words_reach_the_recipe_and_come_back_from_its_file():
    words = {"augment.cutout": "10", "augment.cutout_clip": "false", "augment.fill": "mean"}
    words |= {"augment.angle_from": "30", "augment.angle_to": "70", "augment.shift": "0"}
    recipe = recipe_from("supervised", words)
    chosen = recipe.augment
    assert (chosen.cutout, chosen.cutout_clip, chosen.fill) == (10, False, "mean")
    assert (chosen.angle_from, chosen.angle_to, chosen.shift) == (30.0, 70.0, 0.0)
    assert from_dict(as_dict(recipe)) == recipe
    with pytest.raises(CourseError, match="'augment.cutot': did you mean 'cutout'"):
        recipe_from("supervised", {"augment.cutot": "10"})


def test_a_recipe_of_before_has_the_new_settings_off():
    stored = as_dict(recipe_from("simclr", {}))
    for field in fields(Extras):
        del stored["augment"][field.name]
    assert from_dict(stored) == recipe_from("simclr", {})
