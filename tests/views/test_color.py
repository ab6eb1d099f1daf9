"""Colour against torchvision, one image at a time with the same parameters."""

import pytest
import torch
import torchvision.transforms.v2.functional as reference

from course_lib.core.randomness import Rng
from course_lib.views import color

THEIRS = (reference.adjust_brightness, reference.adjust_contrast, reference.adjust_saturation)


def pictures(count: int, channels: int = 3) -> torch.Tensor:
    words = Rng(1, 0, torch.arange(count)).uniform("pixels", channels * 12 * 10)
    return ((words * 256).floor() / 255).view(count, channels, 12, 10)


def corners() -> torch.Tensor:
    """Every colour with channels of 0, 1/2 and 1: primaries, greys and ties; (1, 3, 1, 27)."""
    level = torch.tensor([0.0, 0.5, 1.0])
    return torch.cartesian_prod(level, level, level).T[None, :, None]


@pytest.mark.parametrize("operation", [0, 1, 2])
@pytest.mark.parametrize("channels", [1, 3])
def test_blend_equals_torchvision(operation, channels):
    image, factor = pictures(32, channels), torch.linspace(0, 2.5, 32)
    ours = color.blend(image, factor, torch.full((32,), operation))
    for i in range(32):
        theirs = THEIRS[operation](image[i], factor[i].item())
        torch.testing.assert_close(ours[i], theirs, atol=1e-6, rtol=0)


@pytest.mark.parametrize("operation", [0, 1, 2])
def test_factor_1_is_the_identity(operation):
    image = pictures(8)
    assert torch.equal(color.blend(image, torch.ones(8), torch.full((8,), operation)), image)


def test_gray_has_the_luma_of_torchvision():
    image = pictures(8)
    ours = color.blend(image, torch.zeros(8), torch.full((8,), 2))
    theirs = reference.rgb_to_grayscale(image, num_output_channels=3)
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)
    weights = color.blend(torch.eye(3).view(3, 3, 1, 1), torch.zeros(3), torch.full((3,), 2))
    assert weights[:, 0].flatten().tolist() == pytest.approx([0.2989, 0.587, 0.114], abs=1e-7)


def test_hue_equals_torchvision():
    image, turn = pictures(41), torch.linspace(-0.5, 0.5, 41)
    ours = color.shift_hue(image, turn)
    for i in range(41):
        theirs = reference.adjust_hue(image[i].double(), turn[i].item())
        torch.testing.assert_close(ours[i].double(), theirs, atol=5e-6, rtol=0)


@pytest.mark.parametrize("turn", [-0.5, -1 / 3, -0.1, 1 / 6, 0.25, 0.5])
def test_hue_equals_torchvision_at_ties_and_greys(turn):
    ours = color.shift_hue(corners(), torch.tensor([turn]))
    theirs = reference.adjust_hue(corners().double(), turn)
    torch.testing.assert_close(ours.double(), theirs, atol=5e-6, rtol=0)


def test_hue_0_is_the_identity_and_three_thirds_come_round():
    image = torch.cat([pictures(8).flatten(2), corners().flatten(2).expand(8, -1, -1)], 2)[
        ..., None
    ]
    torch.testing.assert_close(color.shift_hue(image, torch.zeros(8)), image, atol=2e-6, rtol=0)
    third = torch.full((8,), 1 / 3)
    torch.testing.assert_close(
        color.shift_hue(image, third), image.roll(1, 1), atol=3e-6, rtol=0
    )  # red becomes green, green blue


def test_apply_does_the_steps_of_each_sample_in_its_own_order():
    image = pictures(60)
    chosen = color.sample(Rng(3, 0, torch.arange(60)), 0.8, 1.0, 0.3)
    ours = color.apply(image, chosen)
    for i in range(60):
        theirs = image[i]
        for operation in chosen.order[i].tolist():
            theirs = THEIRS[operation](theirs, chosen.factors[i, operation].item())
        theirs = reference.adjust_hue(theirs, chosen.hue[i].item())
        theirs = reference.rgb_to_grayscale(theirs, 3) if chosen.gray[i] else theirs
        torch.testing.assert_close(ours[i], theirs, atol=1e-5, rtol=0)
    assert 0 <= ours.min() and ours.max() <= 1


def test_grey_images_change_in_brightness_and_contrast_only():
    image = pictures(32, channels=1)
    chosen = color.sample(Rng(3, 0, torch.arange(32)), 1.0, 1.0, 1.0)
    ours = color.apply(image, chosen)
    for i in range(32):
        theirs = image[i]
        for operation in chosen.order[i].tolist():
            if operation < 2:
                theirs = THEIRS[operation](theirs, chosen.factors[i, operation].item())
        torch.testing.assert_close(ours[i], theirs, atol=2e-6, rtol=0)


def test_parameters_are_drawn_as_stated():
    chosen = color.sample(Rng(3, 0, torch.arange(30_000)), 0.8, 0.5, 0.2)
    on = chosen.hue != 0
    assert abs(on.float().mean() - 0.8) < 0.01
    assert abs(chosen.gray.float().mean() - 0.2) < 0.01
    assert torch.equal(chosen.factors[~on], torch.ones(int((~on).sum()), 3))
    drawn = torch.cat([(chosen.factors[on] - 0.6) / 0.8, (chosen.hue[on, None] + 0.1) / 0.2], 1)
    ordered = drawn.sort(0).values  # (n, 4), each column uniform in [0, 1]
    assert (ordered - torch.linspace(0, 1, len(ordered))[:, None]).abs().max() < 0.012
    assert (torch.corrcoef(drawn.T) - torch.eye(4)).abs().max() < 0.03
    kinds, counts = chosen.order.unique(dim=0, return_counts=True)
    assert len(kinds) == 6
    assert (counts / 30_000 - 1 / 6).abs().max() < 0.01
    numbers = torch.cat([drawn, chosen.gray[on, None], chosen.order[on]], 1)
    across = torch.corrcoef(numbers.T)[:5, 5:]  # the order tells nothing of the rest
    assert across.abs().max() < 0.03


def test_factors_never_fall_below_0():
    chosen = color.sample(Rng(3, 0, torch.arange(5000)), 1.0, 2.5, 0.0)
    assert chosen.factors.min() >= 0 and chosen.factors.max() > 2.9
    assert chosen.hue.abs().max() <= 0.5
