"""MobileNet: nothing but separable convolutions after the first layer.

Howard et al. 2017 (arXiv 1704.04861), version 1: no shortcuts. Small images get fewer stages; with
blocks (1, 2, 2, 6, 2) at width 32 it is the paper's net (4.2M parameters with 1000 classes).
Features: the mean over places after the last block, as the paper's classifier gets them.
"""

from collections.abc import Sequence

from torch import Tensor, nn

from course_lib.nets.convnet import Normalise
from course_lib.nets.convolution import separable
from course_lib.nets.layers import stages_of


class MobileNet(nn.Module):
    """A stem that halves the image; stage i has 2**(i + 1) × width channels, all but 0 halve."""

    def __init__(self, width: int, in_channels: int, blocks: Sequence[int]):
        super().__init__()
        self.normalise = Normalise()
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, width, 3, 2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )
        made, inputs = [], width
        for stage, count in enumerate(blocks):
            outputs = width * 2 ** (stage + 1)
            for i in range(count):
                made.append(separable(inputs, outputs, 2 if stage and i == 0 else 1))
                inputs = outputs
        self.blocks = nn.Sequential(*made)
        self.dim = inputs

    def maps(self, x: Tensor) -> Tensor:
        """float (B, C, H, W) in [0, 1] → feature maps (B, dim, h, w)."""
        return self.blocks(self.stem(self.normalise(x)))

    def forward(self, x: Tensor) -> Tensor:
        """float (B, C, H, W) in [0, 1] → features (B, dim)."""
        return self.maps(x).mean(dim=(2, 3))

    def layers(self) -> list[list[nn.Parameter]]:
        """Parameters by depth: the stem, then block by block."""
        return [list(part.parameters()) for part in (self.stem, *self.blocks)]


def mobilenet(
    width: int = 32, in_channels: int = 3, blocks: Sequence[int] = (1, 2, 2)
) -> MobileNet:
    """A small MobileNet. blocks: separable convolutions of each stage."""
    return MobileNet(width, in_channels, stages_of(blocks))
