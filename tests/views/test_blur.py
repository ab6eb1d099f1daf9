"""Blur against torchvision, one image at a time with the same sigma and kernel."""

import pytest
import torch
import torchvision.transforms.v2.functional as reference

from course_lib.core.randomness import Rng
from course_lib.views import blur


def pictures(count: int, height: int, width: int) -> torch.Tensor:
    words = Rng(1, 0, torch.arange(count)).uniform("pixels", 3 * height * width)
    return words.view(count, 3, height, width)


@pytest.mark.parametrize("height, width, taps", [(40, 40, 5), (64, 50, 7), (12, 12, 3)])
def test_equals_torchvision(height, width, taps):
    image, sigma = pictures(20, height, width), torch.linspace(0.1, 2, 20)
    ours = blur.apply(image, sigma)
    for i in range(20):
        theirs = reference.gaussian_blur(image[i], [taps, taps], [sigma[i].item()] * 2)
        torch.testing.assert_close(ours[i], theirs, atol=2e-6, rtol=0)


def test_sigma_0_is_the_identity():
    image = pictures(4, 40, 40)
    assert torch.equal(blur.apply(image, torch.zeros(4)), image)


def test_a_constant_stays_and_the_range_holds():
    white = torch.ones(4, 3, 40, 40)
    ours = blur.apply(white, torch.tensor([0.1, 0.5, 1, 2]))
    assert ours.max() <= 1
    torch.testing.assert_close(ours, white, atol=1e-6, rtol=0)


def test_sigma_is_uniform_where_there_is_any():
    sigma = blur.sample(Rng(0, 0, torch.arange(20_000)), 0.3)
    some = sigma[sigma > 0]
    assert abs(len(some) / 20_000 - 0.3) < 0.012
    ordered = ((some - 0.1) / 1.9).sort().values
    assert (ordered - torch.linspace(0, 1, len(some))).abs().max() < 0.02
