"""Affine maps against torchvision, one image at a time, and what such maps must keep."""

import pytest
import torch
import torch.nn.functional as F
import torchvision.transforms.v2.functional as reference
from torchvision.transforms import InterpolationMode

from course_lib.core.randomness import Rng
from course_lib.views import affine

SIZES = [(28, 28), (40, 40), (37, 50)]


def pictures(count: int, height: int, width: int, channels: int = 3) -> torch.Tensor:
    words = Rng(1, 0, torch.arange(count)).uniform("pixels", channels * height * width)
    return words.view(count, channels, height, width)


def maps(count: int, height: int, width: int, seed: int = 2) -> affine.Affine:
    """Of every kind at once, shear along y too, which no recipe draws."""
    drawn = affine.sample(
        Rng(seed, 0, torch.arange(count)),
        height,
        width,
        angle=(-180, 180),
        scale=(0.5, 1.5),
        shear=25,
        shift=(0.1, 0.3),
    )
    lean = 40 * Rng(seed, 0, torch.arange(count)).uniform("lean", 1)[:, 0] - 20
    return drawn._replace(shear=torch.stack([drawn.shear[:, 0], lean], 1))


def still(count: int) -> affine.Affine:
    return affine.sample(Rng(0, 0, torch.arange(count)), 10, 10)


@pytest.mark.parametrize("height, width", SIZES)
@pytest.mark.parametrize("mode", ["bilinear", "nearest"])
def test_equals_torchvision(height, width, mode):
    image, chosen = pictures(24, height, width), maps(24, height, width)
    ours = affine.apply(image, chosen, mode)
    different = []
    for i in range(len(image)):
        theirs = reference.affine(
            image[i],
            angle=chosen.angle[i].item(),
            translate=chosen.shift[i].tolist(),
            scale=chosen.scale[i].item(),
            shear=chosen.shear[i].tolist(),
            interpolation=InterpolationMode(mode),
        )
        different.append((ours[i] - theirs).abs() > 1e-4)
    share = torch.stack(different).float().mean().item()
    assert share <= (0.0005 if mode == "nearest" else 0)  # nearest: a tie may go either way


@pytest.mark.parametrize("height, width", SIZES)
def test_zero_parameters_are_the_identity(height, width):
    image = pictures(4, height, width)
    assert torch.equal(affine.matrix(still(4)), torch.eye(2, 3).expand(4, 2, 3))
    torch.testing.assert_close(affine.apply(image, still(4)), image, atol=5e-6, rtol=0)
    assert torch.equal(affine.apply(image, still(4), "nearest"), image)
    exact = affine.warp(image.double(), affine.matrix(still(4)).double())
    torch.testing.assert_close(exact, image.double(), atol=1e-12, rtol=0)


def test_a_quarter_turn_is_rot90_so_no_half_pixel_is_lost():
    """Centres at -1 and 1 with edges there, mixed, would miss this."""
    for side in (27, 28):
        image = pictures(2, side, side)
        turned = affine.apply(image, still(2)._replace(angle=torch.full((2,), 90.0)))
        torch.testing.assert_close(turned, image.rot90(-1, (2, 3)), atol=2e-5, rtol=0)  # clockwise


def test_the_usual_mistake_moves_the_content_and_ours_does_not():
    """A grid of centres at ± 1 read as one of edges enlarges by W / (W - 1)."""
    image = pictures(1, 28, 28)
    mistaken = F.affine_grid(torch.eye(2, 3)[None], [1, 3, 28, 28], align_corners=True)
    wrong = F.grid_sample(image, mistaken, align_corners=False)
    assert (wrong - image).abs().max() > 0.3
    assert (affine.apply(image, still(1)) - image).abs().max() < 5e-6


@pytest.mark.parametrize("right, down", [(3, 0), (0, -5), (-6, 2)])
def test_a_shift_moves_whole_pixels_to_the_right_and_down(right, down):
    image = pictures(2, 28, 20)
    shift = torch.tensor([[right, down]] * 2).float()
    moved = affine.apply(image, still(2)._replace(shift=shift))
    rolled = image.roll((down, right), (2, 3))
    rolled[:, :, : max(down, 0)], rolled[:, :, :, : max(right, 0)] = 0, 0
    if down < 0:
        rolled[:, :, down:] = 0
    if right < 0:
        rolled[:, :, :, right:] = 0
    torch.testing.assert_close(moved, rolled, atol=5e-6, rtol=0)


def test_the_inverse_restores_the_interior():
    """Of a smooth image, since resampling twice blurs an edge."""
    rows, columns = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    smooth = (0.5 + 0.25 * (rows / 9).sin() + 0.25 * (columns / 7).cos()).expand(32, 1, 64, 64)
    chosen = maps(32, 64, 64)._replace(scale=torch.linspace(0.9, 1.1, 32))
    there = affine.matrix(chosen)
    both = affine.warp(affine.warp(smooth, there), affine.invert(there))
    middle = slice(26, 38)
    torch.testing.assert_close(both[..., middle, middle], smooth[..., middle, middle],
                               atol=0.02, rtol=0)  # fmt: skip
    back = affine.invert(affine.invert(there))
    torch.testing.assert_close(back, there, atol=1e-4, rtol=0)


def test_inverses_compose_to_the_identity():
    there = affine.matrix(maps(50, 40, 40)).double()
    back = affine.invert(there)
    linear = back[:, :, :2] @ there[:, :, :2]
    torch.testing.assert_close(linear, torch.eye(2).double().expand(50, 2, 2), atol=1e-6, rtol=0)
    places = (back[:, :, :2] @ there[:, :, 2:] + back[:, :, 2:]).abs()
    assert places.max() < 1e-5


def test_translation_is_a_share_of_width_and_of_height():
    """Whole pixels, all equally likely, 0.2 of 30 to each side and 0.1 of 40 up and down."""
    drawn = affine.sample(Rng(0, 0, torch.arange(20_000)), 40, 30, shift=(0.2, 0.1))
    for axis, most in ((0, 6), (1, 4)):
        value, count = drawn.shift[:, axis].unique(return_counts=True)
        assert value.tolist() == list(range(-most, most + 1))
        assert (count / 20_000 - 1 / len(value)).abs().max() < 0.01
    assert abs(torch.corrcoef(drawn.shift.T)[0, 1]) < 0.03


def test_a_share_that_is_whole_pixels_but_for_rounding_is_whole():
    assert 1 / 49 * 49 < 1
    drawn = affine.sample(Rng(0, 0, torch.arange(500)), 49, 28, shift=(6 / 28, 1 / 49))
    assert drawn.shift.amax(0).tolist() == [6, 1]


def test_angle_scale_and_shear_are_uniform_in_their_bounds():
    """The lecture's example: 30 to 70 degrees never leave an image upright, 0.5 to 0.75 shrink."""
    drawn = affine.sample(
        Rng(0, 0, torch.arange(20_000)), 40, 40, angle=(30, 70), scale=(0.5, 0.75), shear=10
    )
    for value, low, high in (
        (drawn.angle, 30, 70),
        (drawn.scale, 0.5, 0.75),
        (drawn.shear[:, 0], -10, 10),
    ):
        ordered = ((value - low) / (high - low)).sort().values
        assert (ordered - torch.linspace(0, 1, 20_000)).abs().max() < 0.015
    assert not drawn.shear[:, 1].any()
    numbers = torch.stack([drawn.angle, drawn.scale, drawn.shear[:, 0]])
    assert (torch.corrcoef(numbers) - torch.eye(3)).abs().max() < 0.03


def test_content_that_leaves_the_frame_is_black():
    white = torch.ones(1, 1, 20, 20)
    away = affine.apply(white, still(1)._replace(shift=torch.tensor([[20.0, 0.0]])))
    assert away.abs().max() < 1e-5
    small = affine.apply(white, still(1)._replace(scale=torch.tensor([0.5])))
    assert small.mean() == pytest.approx(0.25, abs=0.01)
