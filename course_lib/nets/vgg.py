"""VGG: depth from stacks of 3×3 convolutions, or for comparison one large kernel a stage.

Simonyan and Zisserman 2014 (arXiv 1409.1556). n convolutions of 3×3 see 2n + 1 places, as one of
(2n + 1)×(2n + 1) does, but have 9n C² weights instead of (2n + 1)² C² (27 against 49 for n = 3),
and n nonlinearities instead of one. Each stage ends in a 2×2 max pool; two hidden fully connected
layers follow, and the classifier on top is the last of the 16 layers of VGG-16. By default there
is BatchNorm, which the paper did not have yet; without it deep plain nets train badly, and weights
start at He's scale. No dropout, for the reason that `course_lib.nets.alexnet` gives.

Features: those after the second fully connected layer (fc7).
"""

from collections.abc import Sequence

from torch import Tensor, nn

from course_lib.nets.convnet import Normalise
from course_lib.nets.layers import activation, fully_connected, initialise, stages_of


class VGG(nn.Module):
    """Stage i has min(2**i, 8) × width channels."""

    def __init__(
        self,
        width: int,
        in_channels: int,
        blocks: Sequence[int],
        stacked: bool,
        norm: bool,
        act: str,
        hidden: int,
        grid: int,
    ):
        super().__init__()
        self.dim = hidden
        self.normalise = Normalise()
        stages, inputs = [], in_channels
        for i, count in enumerate(blocks):
            outputs = width * min(2**i, 8)
            kernels = [3] * count if stacked else [2 * count + 1]
            stages.append(stage(inputs, outputs, kernels, norm, act))
            inputs = outputs
        self.stages = nn.Sequential(*stages)
        self.fully = fully_connected(inputs, grid, hidden, act)
        initialise(self, act)

    def maps(self, x: Tensor) -> Tensor:
        """float (B, C, H, W) in [0, 1] → feature maps, halved by each stage."""
        return self.stages(self.normalise(x))

    def forward(self, x: Tensor) -> Tensor:
        """float (B, C, H, W) in [0, 1] → features (B, dim)."""
        return self.fully(self.maps(x))

    def layers(self) -> list[list[nn.Parameter]]:
        """Parameters by depth: stage by stage, then the fully connected layers."""
        linear = [part for part in self.fully if isinstance(part, nn.Linear)]
        return [list(part.parameters()) for part in (*self.stages, *linear)]


def stage(inputs: int, outputs: int, kernels: Sequence[int], norm: bool, act: str) -> nn.Sequential:
    """Convolutions with those kernels, each with its norm and nonlinearity, then a 2×2 max pool."""
    parts: list[nn.Module] = []
    for kernel in kernels:
        parts.append(nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=not norm))
        if norm:
            parts.append(nn.BatchNorm2d(outputs))
        parts.append(activation(act))
        inputs = outputs
    return nn.Sequential(*parts, nn.MaxPool2d(2))


def vgg(
    width: int = 32,
    in_channels: int = 3,
    blocks: Sequence[int] = (2, 2, 3),
    stacked: bool = True,
    norm: bool = True,
    activation: str = "relu",
    hidden: int = 0,
    grid: int = 3,
) -> VGG:
    """A small VGG; with blocks (2, 2, 3, 3, 3), width 64, hidden 4096, grid 7 and no norm, VGG-16.

    blocks: 3×3 convolutions of each stage. stacked: false for one kernel a stage that sees as
    much. activation: "relu" or "tanh". hidden: units of each fully connected layer, which are the
    features; 16 × width if 0. grid: the last maps are averaged to grid × grid places.
    """
    return VGG(
        width, in_channels, stages_of(blocks), stacked, norm, activation, hidden or 16 * width, grid
    )
