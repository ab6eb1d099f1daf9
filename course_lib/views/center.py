"""The middle of an image."""

from torch import Tensor

from course_lib.core.errors import CourseError


def center_crop(image: Tensor, size: int) -> Tensor:
    """(B, C, H, W) → (B, C, size, size), the pixels in the middle, uint8 or float.

    Where the rest is odd, half a pixel is rounded to even as torchvision does. Raises CourseError
    for a size below 1 or beyond the image, which torchvision would fill with black.
    """
    height, width = image.shape[2:]
    if not 1 <= size <= min(height, width):
        raise CourseError(
            f"center={size} cannot be cut from images of {height}x{width} pixels: set it to at "
            f"most {min(height, width)}."
        )
    top, left = (round((side - size) / 2) for side in (height, width))
    return image[:, :, top : top + size, left : left + size]
