"""The centre crop against torchvision, odd rests too."""

import pytest
import torch
import torchvision.transforms.v2.functional as reference

from course_lib.core.errors import CourseError
from course_lib.views.center import center_crop


def pictures(height: int, width: int) -> torch.Tensor:
    return torch.arange(2 * height * width).view(2, 1, height, width)


@pytest.mark.parametrize("height, width", [(40, 40), (37, 50), (31, 30)])
@pytest.mark.parametrize("size", [30, 29, 28, 27, 1])
def test_equals_torchvision(height, width, size):
    image = pictures(height, width)
    assert torch.equal(center_crop(image, size), reference.center_crop(image, [size, size]))


def test_the_full_size_is_the_identity():
    assert torch.equal(center_crop(pictures(33, 33), 33), pictures(33, 33))


@pytest.mark.parametrize("size", [0, -1, 31])
def test_a_size_beyond_the_image_is_refused(size):
    with pytest.raises(CourseError, match=rf"center={size} .* 30x40 pixels: .* most 30\.$"):
        center_crop(pictures(30, 40), size)
