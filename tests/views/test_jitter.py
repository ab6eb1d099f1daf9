"""ColorJitter against torchvision, one image at a time, and what colour changes must leave."""

import pytest
import torch
import torchvision.transforms.v2.functional as reference
from torchvision.transforms.v2 import ColorJitter

from course_lib.core.randomness import Rng
from course_lib.views import color, jitter

THEIRS = (reference.adjust_brightness, reference.adjust_contrast, reference.adjust_saturation)
KINDS = ("brightness", "contrast", "saturation", "hue")


def pictures(count: int, channels: int = 3) -> torch.Tensor:
    words = Rng(1, 0, torch.arange(count)).uniform("pixels", channels * 12 * 10)
    return ((words * 256).floor() / 255).view(count, channels, 12, 10)


def drawn(count: int, *ranges: float) -> jitter.Jitter:
    return jitter.sample(Rng(3, 0, torch.arange(count)), *ranges)


@pytest.mark.parametrize("channels", [1, 3])
def test_equals_torchvision_in_every_order(channels):
    image, chosen = pictures(192, channels), drawn(192, 0.8, 0.8, 0.8, 0.4)
    assert len(chosen.order.unique(dim=0)) == 24
    ours = jitter.apply(image, chosen)
    for i in range(192):
        theirs = image[i].double()
        for kind in chosen.order[i].tolist():
            if kind == jitter.HUE:
                theirs = reference.adjust_hue(theirs, chosen.hue[i].item())
            else:
                theirs = THEIRS[kind](theirs, chosen.factors[i, kind].item())
        torch.testing.assert_close(ours[i].double(), theirs, atol=2e-5, rtol=0)


@pytest.mark.parametrize("kind", range(4))
def test_one_kind_alone_changes_only_what_it_should(kind):
    image = pictures(16)
    chosen = drawn(16, *[0.4 * (k == kind) for k in range(4)])
    assert (chosen.factors == 1).all(0).tolist() == [k != kind for k in range(3)]
    assert bool((chosen.hue == 0).all()) == (kind != jitter.HUE)
    ours = jitter.apply(image, chosen)
    for i in range(16):
        if kind == jitter.HUE:
            theirs = reference.adjust_hue(image[i], chosen.hue[i].item())
        else:
            theirs = THEIRS[kind](image[i], chosen.factors[i, kind].item())
        torch.testing.assert_close(ours[i], theirs, atol=1e-5, rtol=0)


def test_factor_1_and_hue_0_are_the_identity():
    image, chosen = pictures(24), drawn(24, 0, 0, 0, 0)
    assert torch.equal(chosen.factors, torch.ones(24, 3)) and not chosen.hue.any()
    torch.testing.assert_close(jitter.apply(image, chosen), image, atol=2e-6, rtol=0)


@pytest.mark.parametrize("turns", [1.0, 2.0])
def test_whole_turns_of_the_hue_are_the_identity(turns):
    image = pictures(8)
    turned = color.shift_hue(image, torch.full((8,), turns))
    torch.testing.assert_close(turned, image, atol=5e-6, rtol=0)


def test_grey_pixels_keep_their_value_under_saturation_and_hue():
    """In one channel exactly; in three up to the weights of grey, which sum to 0.9999."""
    one = pictures(32, channels=1)
    chosen = drawn(32, 0, 0, 0.8, 0.5)
    assert torch.equal(jitter.apply(one, chosen), one)
    three = one.expand(-1, 3, -1, -1).contiguous()
    torch.testing.assert_close(jitter.apply(three, chosen), three, atol=1e-4, rtol=0)
    hue_only = chosen._replace(factors=torch.ones(32, 3))
    torch.testing.assert_close(jitter.apply(three, hue_only), three, atol=2e-6, rtol=0)


def test_the_range_holds_and_the_image_itself_is_left_alone():
    image = pictures(64)
    before = image.clone()
    ours = jitter.apply(image, drawn(64, 3, 3, 3, 0.5))
    assert ours.min() == 0 and ours.max() == 1
    assert torch.equal(image, before)


def test_ranges_and_orders_are_those_of_torchvision():
    """U[max(0, 1 - b), 1 + b] for each factor, U[-h, h] for hue, all 24 orders equally likely."""
    chosen = drawn(30_000, 0.4, 1.5, 0.6, 0.2)
    theirs = ColorJitter(0.4, 1.5, 0.6, 0.2)
    values = [*chosen.factors.unbind(1), chosen.hue]
    for kind, value in zip(KINDS, values, strict=True):
        low, high = getattr(theirs, kind)
        ordered = ((value - low) / (high - low)).sort().values
        assert (ordered - torch.linspace(0, 1, 30_000)).abs().max() < 0.012, kind
    orders, count = chosen.order.unique(dim=0, return_counts=True)
    assert len(orders) == 24 and (count / 30_000 - 1 / 24).abs().max() < 0.006
    assert (torch.corrcoef(torch.stack(values)) - torch.eye(4)).abs().max() < 0.03


def test_grey_twice_is_grey_once():
    """Up to the weights' sum, 0.9999, for torchvision as for us."""
    image = pictures(8)
    factor, saturation = torch.zeros(8), torch.full((8,), 2)
    once = color.blend(image, factor, saturation)
    torch.testing.assert_close(
        once, reference.rgb_to_grayscale(image, num_output_channels=3), atol=1e-6, rtol=0
    )
    torch.testing.assert_close(color.blend(once, factor, saturation), once, atol=1.01e-4, rtol=0)
    assert torch.equal(once[:, 0], once[:, 1]) and torch.equal(once[:, 0], once[:, 2])
