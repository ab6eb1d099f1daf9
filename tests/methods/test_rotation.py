"""Quarter turns are exact and balanced (Gidaris et al. 2018, arXiv 1803.07728)."""

import pytest
import torch

from course_lib.core.randomness import Rng
from course_lib.methods import Time
from course_lib.methods.pretext.rotation import quarter_turns
from course_lib.train import create
from tests.tiny import tiny_data, tiny_recipe


def test_four_turns_by_moving_pixels_only():
    images = torch.rand(3, 2, 6, 6)
    turned = quarter_turns(images)
    assert torch.equal(turned[0], images)
    assert torch.equal(turned[2], images.flip(2, 3))
    assert torch.equal(turned[1].transpose(2, 3).flip(3), images)
    assert torch.equal(turned[3], images.transpose(2, 3).flip(3))
    assert torch.equal(quarter_turns(turned[3])[1], images)


def test_images_without_an_upright_cannot_be_told_apart():
    """All four turns of a constant image are equal, so accuracy is chance whatever the weights."""
    data = tiny_data()
    method = create(tiny_recipe("rotation"), data)
    flat = {**data.batch(slice(0, 32)), "image": torch.full((32, 3, 16, 16), 90, dtype=torch.uint8)}
    output = method(method.views(flat, Rng(0, 0, flat["index"])), Time(0, 1, 0.0))
    assert output.logs["accuracy"].item() == pytest.approx(0.25)
