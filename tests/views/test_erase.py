"""Cutout and Random Erasing: where boxes lie, how large they are, and what stands in them."""

import inspect

import pytest
import torch
import torchvision.transforms.v2 as theirs

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.views import crop, erase

MANY = 20_000


def rng(count: int) -> Rng:
    return Rng(0, 0, torch.arange(count))


def pictures(count: int, channels: int = 3, height: int = 24, width: int = 24) -> torch.Tensor:
    words = Rng(1, 0, torch.arange(count)).uniform("pixels", channels * height * width)
    return words.view(count, channels, height, width)


def hidden(box: erase.Box, height: int, width: int) -> torch.Tensor:
    """Pixels hidden of each image, counted."""
    return erase.inside(box, height, width).sum((1, 2))


@pytest.mark.parametrize("side", [1, 9, 10, 24])
def test_cutout_within_hides_exactly_its_square(side):
    box = erase.cutout(rng(500), 24, 30, side, clip=False)
    assert torch.equal(hidden(box, 24, 30), torch.full((500,), side * side))
    assert box.top.min() == 0 and (box.top + side).max() == 24
    assert box.left.min() == 0 and (box.left + side).max() == 30 or side == 1


@pytest.mark.parametrize("side", [9, 10])
def test_cutout_is_cut_by_the_border_as_in_the_paper(side):
    """Against a loop: the middle at any pixel, then the square cut to the image."""
    box = erase.cutout(rng(400), 24, 30, side)
    draw = rng(400).uniform("cutout", 2)
    for i in range(400):
        mask = torch.zeros(24, 30, dtype=torch.bool)
        for row in range(24):
            for column in range(30) if i < 4 else ():  # the whole loop for a few
                middle_row, middle_column = int(draw[i, 0] * 24), int(draw[i, 1] * 30)
                mask[row, column] = (
                    0 <= row - (middle_row - side // 2) < side
                    and 0 <= column - (middle_column - side // 2) < side
                )
        if i < 4:
            assert torch.equal(erase.inside(box, 24, 30)[i], mask)
    area = hidden(box, 24, 30)
    assert area.max() == side * side and area.min() >= (side // 2) ** 2
    share = (area < side * side).float().mean()  # 1 - (25 - side)(31 - side) / (24 · 30)
    assert share == pytest.approx(1 - (25 - side) * (31 - side) / 720, abs=0.07)


def test_one_box_an_image_and_boxes_differ_across_the_batch():
    box = erase.cutout(rng(64), 24, 24, 8, clip=False)
    mask = erase.inside(box, 24, 24)
    assert len(torch.stack([box.top, box.left], 1).unique(dim=0)) > 50
    for one in mask:
        rows, columns = one.any(1).nonzero()[:, 0], one.any(0).nonzero()[:, 0]
        assert len(rows) == rows[-1] - rows[0] + 1 == 8  # connected, and a square
        assert len(columns) == columns[-1] - columns[0] + 1 == 8


def test_places_of_the_square_are_equally_likely():
    box = erase.cutout(rng(MANY), 24, 24, 8, clip=False)
    for start in (box.top, box.left):
        count = start.long().bincount(minlength=17)
        assert len(count) == 17 and (count / MANY - 1 / 17).abs().max() < 0.008
    assert abs(torch.corrcoef(torch.stack([box.top, box.left]))[0, 1]) < 0.03


@pytest.mark.parametrize("side", [-1, 25])
def test_a_square_beyond_the_image_is_refused(side):
    with pytest.raises(CourseError, match=rf"cutout={side} .* 24x30 pixels: .* at most 24\.$"):
        erase.cutout(rng(2), 24, 30, side)


@pytest.mark.parametrize("name", erase.DEFAULTS)
def test_erased_area_and_aspect_lie_in_their_range(name):
    """To the rounding of the sides, at most half a pixel each."""
    asked = {key: value for key, value in erase.DEFAULTS[name].items() if key != "fill"}
    box = erase.erasing(rng(MANY), 64, 64, **asked)
    on = box.height > 0
    assert on.float().mean() == pytest.approx(asked["chance"], abs=0.012)
    height, width = box.height[on], box.width[on]
    slack = (height + width) / 2 + 0.25
    low, high = (share * 64**2 for share in asked["area"])
    assert ((height * width >= low - slack) & (height * width <= high + slack)).all()
    within = ((width - 0.5) / (height + 0.5) <= asked["aspect"]) & (
        (width + 0.5) / (height - 0.5) >= 1 / asked["aspect"]
    )
    assert within.all()
    few = erase.Box(*(field[:500] for field in box))
    assert torch.equal(hidden(few, 64, 64).float(), few.height * few.width * on[:500])  # all within
    ordered = ((height * width - low) / (high - low)).sort().values  # uniform areas
    assert (ordered - torch.linspace(0, 1, len(ordered))).abs().max() < 0.03
    assert (width > height).float().mean() == pytest.approx(0.5, abs=0.02)  # no side is preferred


def test_defaults_are_those_of_paper_and_torchvision():
    named = inspect.signature(theirs.RandomErasing).parameters
    torchvision = erase.DEFAULTS["torchvision"]
    assert torchvision["chance"] == named["p"].default == 0.5
    assert torchvision["area"] == named["scale"].default == (0.02, 0.33)
    assert torchvision["aspect"] == named["ratio"].default[1] == 3.3
    assert named["value"].default == 0.0 and torchvision["fill"] == "zero"
    paper = erase.DEFAULTS["paper"]
    assert paper == {"chance": 0.5, "area": (0.02, 0.4), "aspect": 1 / 0.3, "fill": "noise"}


def test_chance_0_is_the_identity_and_chance_1_hides_something_of_each():
    image = pictures(64)
    never = erase.erasing(rng(64), 24, 24, 0.0, (0.02, 0.4), 3.0).noisy(rng(64), 3 * 24 * 24)
    for fill in erase.FILLS:
        assert torch.equal(erase.apply(image, never, fill), image)
    always = erase.erasing(rng(64), 24, 24, 1.0, (0.02, 0.4), 3.0)
    assert (hidden(always, 24, 24) > 0).all()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("fill", erase.FILLS)
def test_inside_stands_the_fill_and_outside_the_image(fill, channels):
    image = pictures(32, channels)
    before = image.clone()
    box = erase.cutout(rng(32), 24, 24, 10).noisy(rng(32), channels * 24 * 24)
    changed = erase.apply(image, box, fill)
    mask = erase.inside(box, 24, 24)[:, None].expand_as(image)
    assert torch.equal(changed[~mask], image[~mask])
    assert torch.equal(image, before)
    expected = {
        "zero": torch.zeros_like(image),
        "mean": image.mean((2, 3), keepdim=True).expand_as(image),
        "noise": rng(32).uniform("noise", channels * 24 * 24).view_as(image),
    }[fill]
    assert torch.equal(changed[mask], expected[mask])


def test_noise_is_uniform_and_of_each_pixel_its_own():
    box = erase.cutout(rng(64), 24, 24, 24, clip=False).noisy(rng(64), 3 * 24 * 24)
    noise = erase.apply(torch.zeros(64, 3, 24, 24), box, "noise")
    ordered = noise.flatten().sort().values
    assert (ordered - torch.linspace(0, 1, len(ordered))).abs().max() < 0.01
    assert (torch.corrcoef(noise.flatten(1))[0, 1:].abs().max()) < 0.12  # images differ
    assert abs(torch.corrcoef(noise.transpose(0, 1).flatten(1))[0, 1]) < 0.03  # channels differ


def test_zero_before_normalisation_is_black_and_mean_is_the_image_mean():
    """A net's Normalise makes -2 of black, and the dataset's mean 0 only where that is 0.5."""
    image = 0.5 + 0.25 * pictures(4)
    box = erase.cutout(rng(4), 24, 24, 24, clip=False)
    assert not erase.apply(image, box, "zero").any()
    mean = erase.apply(image, box, "mean")
    torch.testing.assert_close(mean, image.mean((2, 3), keepdim=True).expand_as(image))


def test_another_fill_is_refused():
    with pytest.raises(CourseError, match="'nois': did you mean 'noise'"):
        erase.apply(pictures(1), erase.cutout(rng(1), 24, 24, 4), "nois")


def test_what_is_erased_tells_nothing_of_what_was_cropped():
    """Both draw a box by the same function from the same rng."""
    cropped = crop.sample(rng(MANY), 64, 64, (0.02, 0.4), 3.0, 0.0)
    erased = erase.erasing(rng(MANY), 64, 64, 1.0, (0.02, 0.4), 3.0)
    numbers = torch.stack(
        [field for box in (cropped, erased) for field in (box.top, box.left, box.height, box.width)]
    )
    across = torch.corrcoef(numbers)[:4, 4:]
    assert across.abs().max() < 0.03
