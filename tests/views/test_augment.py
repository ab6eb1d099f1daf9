"""The recipe: what a view depends on and what not, its range, and what is refused."""

import sys

import pytest
import torch
import torchvision.transforms.v2.functional as reference

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.views import Augmentation, augment, blur, color, crop, plain
from course_lib.views.augment import at_once

SETTINGS = Augmentation(blur=0.5)
SAME = {"atol": 2e-6, "rtol": 0}  # bit-equal where the machine's matrix product is the same


def batch(count: int = 64, channels: int = 3, side: int = 24) -> dict:
    index = torch.arange(1000, 1000 + count)
    words = Rng(1, 0, index).uniform("pixels", channels * side * side)
    image = (words * 256).to(torch.uint8).view(count, channels, side, side)
    return {"image": image, "index": index, "label": index % 7}


def run(data: dict, settings: Augmentation = SETTINGS, seed: int = 0, step: int = 5):
    return augment(data, Rng(seed, step, data["index"]), settings)["image"]


def rows(data: dict, chosen) -> dict:
    return {name: value[chosen] for name, value in data.items()}


@pytest.mark.parametrize("channels", [1, 3])
def test_shape_range_and_the_rest_of_the_batch(channels):
    data = batch(channels=channels)
    rng = Rng(0, 0, data["index"])
    views = augment(data, rng, Augmentation(views=3, size=17))
    assert views["image"].shape == (3, 64, channels, 17, 17)
    assert views["image"].dtype == torch.float32 and not views["image"].requires_grad
    assert views["image"].min() >= 0 and views["image"].max() <= 1
    assert views["rng"] is rng and views["label"] is data["label"]
    assert data["image"].dtype == torch.uint8  # the batch itself is left alone


def test_the_same_twice_and_other_for_another_seed_step_fold_view():
    data = batch()
    first = run(data)
    assert torch.equal(first, run(data))
    folded = augment(data, Rng(0, 5, data["index"]).fold("again"), SETTINGS)["image"]
    other = [first.flip(0), run(data, seed=1), run(data, step=6), folded]
    for views in other:
        changed = (views - first).abs().flatten(2).amax(2) > 0.05  # (2, 64)
        assert changed.float().mean() > 0.95


def test_a_view_does_not_depend_on_its_batch():
    data = batch()
    full = run(data)
    shuffled = torch.arange(63, -1, -1)
    torch.testing.assert_close(run(rows(data, shuffled)), full[:, shuffled], **SAME)
    for part in (slice(0, 32), slice(32, 64), slice(7, 8)):
        torch.testing.assert_close(run(rows(data, part)), full[:, part], **SAME)


def test_a_view_does_not_depend_on_how_many_views_there_are():
    data = batch()
    three = run(data, Augmentation(views=3))
    torch.testing.assert_close(run(data, Augmentation(views=1)), three[:1], **SAME)


def test_rows_at_a_time_change_nothing(monkeypatch):
    data = batch()
    full = run(data)
    module = sys.modules["course_lib.views.augment"]  # the package's `augment` is the function
    monkeypatch.setattr(module, "CACHE", 5 * data["image"][0].numel())
    calls = []
    one_view = module.one_view
    monkeypatch.setattr(module, "one_view", lambda *a: calls.append(len(a[0])) or one_view(*a))
    torch.testing.assert_close(run(data), full, **SAME)
    assert calls == [5, 5] * 12 + [4, 4]


def test_threads_change_nothing():
    data, threads = batch(), torch.get_num_threads()
    full = run(data)
    try:
        torch.set_num_threads(3 - threads if threads < 3 else 1)
        torch.testing.assert_close(run(data), full, **SAME)
    finally:
        torch.set_num_threads(threads)


def test_no_global_generator_moves():
    before = torch.get_rng_state()
    run(batch())
    assert torch.equal(before, torch.get_rng_state())


def test_is_crop_then_colour_then_blur():
    data, rng = batch(16), Rng(0, 5, batch(16)["index"])
    for v, ours in enumerate(run(data)):
        own = rng.fold(v)
        box = crop.sample(own, 24, 24, (0.3, 1.0), 4 / 3, 0.5)
        jitter = color.sample(own, 0.8, 0.5, 0.2)
        theirs = color.apply(crop.apply(data["image"], box, 24), jitter)
        theirs = blur.apply(theirs, blur.sample(own, 0.5))
        torch.testing.assert_close(ours, theirs, **SAME)


def test_everything_off_is_the_plain_view():
    data = batch()
    off = Augmentation(views=1, area_min=1, flip=0, jitter=0, gray=0)
    torch.testing.assert_close(run(data, off), plain(data)["image"], atol=2e-6, rtol=0)


def test_plain_is_the_image_or_torchvisions_resize():
    data = batch(8)
    views = plain(data)
    assert torch.equal(views["image"], data["image"][None] / 255)
    assert views["label"] is data["label"] and views["rng"] is None
    smaller = reference.resize(data["image"] / 255, [16, 16], antialias=True)
    torch.testing.assert_close(plain(data, size=16)["image"][0], smaller, atol=2e-6, rtol=0)


@pytest.mark.parametrize(
    "setting, value",
    [
        ("views", -1),
        ("size", -1),
        ("area_min", 0.0),
        ("area_max", 1.5),
        ("aspect", 0.5),
        ("flip", 1.1),
        ("jitter", float("nan")),
        ("strength", -0.1),
        ("strength", 2.6),
        ("gray", "often"),
        ("blur", None),
    ],
)
def test_impossible_settings_are_refused_by_name(setting, value):
    with pytest.raises(CourseError, match=f"^{setting}=.* must be a number from .*\\.$"):
        Augmentation(**{setting: value})


def test_areas_in_the_wrong_order_are_refused():
    with pytest.raises(CourseError, match="area_min=0.9.*area_max=0.5"):
        Augmentation(area_min=0.9, area_max=0.5)


@pytest.mark.parametrize(
    "image", [torch.rand(2, 3, 8, 8), torch.zeros(2, 4, 8, 8).byte(), torch.zeros(3, 8, 8).byte()]
)
def test_images_of_another_kind_are_refused(image):
    data = {"image": image, "index": torch.arange(len(image))}
    for call in (lambda: run(data), lambda: plain(data)):
        with pytest.raises(CourseError, match="uint8"):
            call()


def test_blocks_are_equal_and_a_gpu_has_one():
    image = torch.zeros(256, 3, 40, 40, dtype=torch.uint8)
    assert at_once(image) == 128  # as 2.3 times CACHE is nearest to two blocks
    assert at_once(image[:1]) == 1
    assert at_once(image.to("meta")) == 256
