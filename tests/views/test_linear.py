"""Linear augmentations as families of maps: linear, of the right size, and what each one does."""

import pytest
import torch
from torch import Tensor

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.views import erase as box
from course_lib.views import linear
from course_lib.views.linear import Family

SHAPE = (3, 6, 5)
FAMILIES = {
    "identity": linear.identity(),
    "shift": linear.shift(2, 1),
    "circular shift": linear.shift(1, 2, "circular"),
    "blur": linear.blur([0, 0.7, 1.5]),
    "erase": linear.erase(3, 6, 5),
    "flip": linear.flip(0.3),
    "rotate": linear.rotate([-20, 0, 45]),
    "gray": linear.gray(0.2),
    "gain": linear.gain([0.6, 1.0, 1.4]),
    "composed": linear.compose(linear.flip(0.5), linear.shift(1, 0)),
    "chosen": linear.choose([(0.3, linear.flip(1.0)), (0.2, linear.shift(0, 1))]),
}
every_family = pytest.mark.parametrize("name", FAMILIES)


def image(seed: int = 0, count: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, *SHAPE, generator=generator, dtype=torch.float64)


@every_family
def test_maps_are_linear_and_are_their_matrices(name):
    family, one, other = FAMILIES[name], image(0), image(1)
    matrices = family.matrices(SHAPE)
    assert matrices.shape == (len(family), 90, 90)
    for k in range(len(family)):
        mixed = family.at(k, 2 * one - 3 * other)
        assert mixed.shape == one.shape
        assert torch.allclose(mixed, 2 * family.at(k, one) - 3 * family.at(k, other), atol=1e-12)
        assert torch.allclose(matrices[k] @ one.flatten(), family.at(k, one).flatten(), atol=1e-12)


@every_family
def test_chances_sum_to_one_and_draws_follow_them(name):
    family = FAMILIES[name]
    assert family.chances.dtype == torch.float64
    assert family.chances.sum().item() == pytest.approx(1, abs=1e-12)
    which = family.pick(torch.arange(20000) / 20000)
    shares = which.bincount(minlength=len(family)).double() / 20000
    assert torch.allclose(shares, family.chances, atol=2e-4)


def test_zero_padding_loses_what_circular_padding_brings_back():
    x = image()
    lost, back = (linear.moved(x, 2, 0, padding) for padding in linear.PADDINGS)
    assert torch.equal(lost[..., 2:, :], x[..., :4, :]) and not lost[..., :2, :].any()
    assert torch.equal(back[..., 2:, :], x[..., :4, :])
    assert torch.equal(back[..., :2, :], x[..., 4:, :])
    assert torch.equal(linear.moved(linear.moved(x, 1, -2, "circular"), -1, 2, "circular"), x)


def test_shifts_are_numbered_by_their_density():
    density = torch.zeros(3, 3)
    density[2, 1] = 1.0  # one down
    family = linear.shift(1, 1, density=density)
    x = image()
    only = family.chances.argmax().item()
    assert torch.equal(family.at(only, x), linear.moved(x, 1, 0))


def test_erased_squares_are_those_of_cutout():
    rng = Rng(0, 0, torch.arange(3000))
    drawn = box.inside(box.cutout(rng, 6, 5, 3), 6, 5)
    possible = 1 - linear.erase(3, 6, 5).every(torch.ones(1, 1, 6, 5))[:, 0, 0]
    masks = {tuple(mask.flatten().tolist()) for mask in possible.bool()}
    assert {tuple(mask.flatten().tolist()) for mask in drawn} == masks
    assert drawn.float().mean().item() == pytest.approx(possible.mean().item(), abs=0.01)


def test_rotation_by_a_right_angle_moves_pixels():
    x = torch.rand(1, 1, 6, 6, dtype=torch.float64)
    turned = linear.rotate([90.0]).at(0, x)
    assert torch.allclose(turned, x.rot90(1, dims=(-2, -1)), atol=1e-6)
    assert torch.equal(linear.rotate([0.0]).at(0, x), x)


def test_gray_and_gain():
    x = image()
    dull = linear.gray(1.0).at(1, x)
    assert torch.allclose(dull[:, 0], dull[:, 2]) and torch.equal(linear.gray().at(0, x), x)
    assert torch.allclose(linear.gain([0.5]).at(0, x), x / 2)


def test_blur_keeps_a_flat_image_and_its_sum():
    flat = torch.ones(1, *SHAPE, dtype=torch.float64)
    assert torch.allclose(linear.blur([1.0]).at(0, flat), flat, atol=1e-6)


def test_mixing_with_all_partners():
    partners, x = image(3, 4), image()
    family = linear.mixing(partners, [1.0, 0.25])
    assert len(family) == 8
    assert torch.equal(family.at(2, x), x)
    assert torch.allclose(family.at(6, x), 0.25 * x + 0.75 * partners[2])


def test_composition_applies_the_first_first():
    x = image()
    family = linear.compose(linear.flip(1.0), linear.shift(0, 1))
    likely = [k for k in range(len(family)) if family.chances[k] > 0]
    assert len(likely) == 3
    assert torch.equal(family.at(likely[2], x), linear.moved(x.flip(-1), 0, 1))


def test_a_choice_leaves_the_rest_alone():
    family = FAMILIES["chosen"]
    assert family.chances[-1].item() == pytest.approx(0.5)
    assert torch.equal(family.at(len(family) - 1, image()), image())


def test_sampled_images_are_those_of_the_maps_drawn():
    family, x, draws = linear.shift(1, 1), image(0, 40), torch.arange(40) / 40
    out = family.sampled(x, draws)
    for row, k in enumerate(family.pick(draws).tolist()):
        assert torch.equal(out[row : row + 1], family.at(k, x[row : row + 1]))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: linear.shift(1, 1, density=torch.ones(2, 3) / 6), r"is \(3, 3\) numbers"),
        (lambda: linear.shift(1, 1, density=torch.ones(3, 3)), "must sum to 1"),
        (lambda: linear.choose([(0.8, linear.flip()), (0.3, linear.gray())]), "at most 1"),
        (lambda: linear.moved(image(), 1, 1, "zeros"), "did you mean 'zero'"),
        (lambda: Family("odd", torch.tensor([1.5, -0.5]), lambda k, x: x), "not be negative and"),
    ],
)
def test_what_makes_no_sense_is_refused(make, said):
    with pytest.raises(CourseError, match=said):
        make()
