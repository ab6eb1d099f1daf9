"""MobileNet: nothing but separable convolutions after the first layer.

Howard et al. 2017 (arXiv 1704.04861), version 1: no shortcuts. Small images get fewer stages; with
blocks (1, 2, 2, 6, 2) at width 32 it is the paper's net (4.2M parameters with 1000 classes).
Features: the mean over places after the last block, as the paper's classifier gets them.
"""

from collections.abc import Sequence

from course_lib.nets.convolution import separable
from course_lib.nets.layers import stages_of
from course_lib.nets.resnet import ResNet


class MobileNet(ResNet):
    """The same stages without shortcuts: a stem that halves the image, then separable blocks; stage
    i has 2**(i + 1) × width channels, all but 0 halve."""

    def __init__(self, width: int, in_channels: int, blocks: Sequence[int]):
        widths = [width * 2 ** (stage + 1) for stage in range(len(blocks))]
        super().__init__(in_channels, width, widths, blocks, separable, stem_stride=2)


def mobilenet(
    width: int = 32, in_channels: int = 3, blocks: Sequence[int] = (1, 2, 2)
) -> MobileNet:
    """A small MobileNet. blocks: separable convolutions of each stage."""
    return MobileNet(width, in_channels, stages_of(blocks))
