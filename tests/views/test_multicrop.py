"""Large and small views of the same images."""

import torch

from course_lib.core.randomness import Rng
from course_lib.views import Augmentation, augment, multicrop
from tests.tiny import tiny_data

WIDE = Augmentation(views=2)


def crops(local: Augmentation, rows=slice(0, 8)) -> dict:
    batch = tiny_data(16).batch(rows)
    return multicrop(batch, Rng(0, 0, batch["index"]), WIDE, local)


def test_sizes_and_numbers_are_those_asked_for():
    views = crops(Augmentation(views=4, size=10, area_max=0.4))
    assert views["image"].shape == (2, 8, 3, 16, 16)
    assert views["local"].shape == (4, 8, 3, 10, 10)


def test_small_views_leave_the_large_ones_as_they_were():
    batch = tiny_data(16).batch(slice(0, 8))
    alone = augment(batch, Rng(0, 0, batch["index"]), WIDE)["image"]
    assert torch.equal(crops(Augmentation(views=4, size=10))["image"], alone)


def test_a_small_view_draws_for_itself():
    """With the same settings, local view 0 is still another crop than global view 0."""
    views = crops(WIDE)
    assert not torch.equal(views["local"][0], views["image"][0])


def test_a_view_is_that_of_its_sample_alone():
    local = Augmentation(views=2, size=10)
    assert torch.equal(crops(local, slice(4, 8))["local"], crops(local)["local"][:, 4:])


def test_no_small_views_are_an_empty_stack():
    assert len(crops(Augmentation(views=0, size=10))["local"]) == 0
