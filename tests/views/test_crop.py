"""Crop and flip against torchvision, one image at a time, and the distribution of the boxes."""

import math

import pytest
import torch
import torchvision.transforms.v2.functional as reference

from course_lib.core.randomness import Rng
from course_lib.views import crop


def pictures(count: int, height: int, width: int, channels: int = 3) -> torch.Tensor:
    words = Rng(1, 0, torch.arange(count)).uniform("pixels", channels * height * width)
    return (words * 256).to(torch.uint8).view(count, channels, height, width)


def boxes(count: int, height: int, width: int, area=(0.05, 1.0), aspect=2.0) -> crop.Crop:
    return crop.sample(Rng(2, 0, torch.arange(count)), height, width, area, aspect, 0.5)


def whole(image: torch.Tensor, flip: bool) -> crop.Crop:
    count, _, height, width = image.shape
    one = torch.ones(count)
    return crop.Crop(0 * one, 0 * one, height * one, width * one, one.bool() & flip)


def largest_gap(values: torch.Tensor, low: float, high: float) -> float:
    """Kolmogorov and Smirnov's distance to the uniform distribution on [low, high]."""
    ordered = ((values - low) / (high - low)).sort().values
    return (ordered - torch.linspace(0, 1, len(ordered))).abs().max().item()


@pytest.mark.parametrize("height, width, size", [(40, 40, 40), (40, 40, 17), (37, 50, 64)])
@pytest.mark.parametrize("channels", [1, 3])
def test_equals_torchvision(height, width, size, channels):
    image, box = pictures(48, height, width, channels), boxes(48, height, width)
    ours = crop.apply(image, box, size)
    for i in range(len(image)):
        sides = [int(side[i]) for side in box[:4]]
        theirs = reference.resized_crop(image[i] / 255, *sides, [size, size], antialias=True)
        theirs = reference.horizontal_flip(theirs) if box.flip[i] else theirs
        torch.testing.assert_close(ours[i], theirs, atol=5e-6, rtol=0)


def test_everything_at_the_same_size_is_the_image():
    image = pictures(8, 33, 33)
    assert torch.equal(crop.apply(image, whole(image, False), 33), image / 255)


def test_flip_mirrors_and_twice_restores():
    image = pictures(8, 20, 20)
    once = crop.apply(image, whole(image, True), 20)
    assert torch.equal(once, (image / 255).flip(3))
    assert torch.equal(crop.apply(once, whole(image, True), 20), image / 255)


def test_a_constant_stays_and_the_range_holds():
    white = torch.full((64, 3, 40, 40), 255, dtype=torch.uint8)
    ours = crop.apply(white, boxes(64, 40, 40), 23)
    assert ours.max() <= 1
    torch.testing.assert_close(ours, torch.ones_like(ours), atol=1e-6, rtol=0)


def test_area_and_place_are_uniform_and_boxes_lie_inside():
    box = boxes(20_000, 1000, 1000, area=(0.3, 1.0), aspect=4 / 3)
    assert largest_gap(box.height * box.width / 1000**2, 0.3, 1.0) < 0.012
    for start, length in ((box.top, box.height), (box.left, box.width)):
        assert start.min() >= 0 and (start + length).max() <= 1000
        loose = length < 950  # whole pixels hide the place of a box that almost fills the image
        assert largest_gap((start / (1000 - length))[loose], 0, 1) < 0.02
    assert abs(box.flip.float().mean() - 0.5) < 0.012


def test_every_place_of_a_small_box_is_as_likely():
    box = boxes(20_000, 6, 6, area=(0.25, 0.25), aspect=1.0)  # 3 x 3 pixels, 4 places a side
    for start in (box.top, box.left):
        counts = start.long().bincount(minlength=4) / 20_000
        assert len(counts) == 4 and (counts - 0.25).abs().max() < 0.012


def test_aspect_is_log_uniform_where_every_box_fits():
    box = boxes(20_000, 1000, 1000, area=(0.1, 0.4), aspect=4 / 3)
    assert largest_gap((box.width / box.height).log(), -math.log(4 / 3), math.log(4 / 3)) < 0.012


def test_large_boxes_keep_their_aspect_within_range():
    box = boxes(5000, 1000, 1000, area=(0.3, 1.0), aspect=4 / 3)
    ratio = box.width / box.height
    assert 0.748 < ratio.min() and ratio.max() < 1.336  # 3/4 and 4/3, rounded to pixels


@pytest.mark.parametrize("height, width", [(100, 1000), (1000, 100)])
def test_area_holds_where_no_aspect_fits(height, width):
    box = boxes(5000, height, width, area=(0.5, 1.0), aspect=4 / 3)
    assert (torch.minimum(box.height, box.width) == 100).all()
    assert largest_gap(box.height * box.width / 1e5, 0.5, 1.0) < 0.025


def test_the_whole_area_is_the_whole_image():
    box = boxes(100, 40, 60, area=(1.0, 1.0), aspect=4 / 3)
    assert (box.height == 40).all() and (box.width == 60).all()
    assert (box.top == 0).all() and (box.left == 0).all()
