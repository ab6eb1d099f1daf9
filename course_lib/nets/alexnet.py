"""AlexNet in a form for images of 28 to 64 px: five convolutions, then fully connected layers.

Krizhevsky, Sutskever and Hinton 2012 (NIPS 2012). Kept: five convolutions and two hidden fully
connected layers (the classifier on top is the eighth), ReLU, local response normalisation after
the first two, and max pools that overlap (3×3, stride 2). Changed: the first convolution is 5×5
with stride 2 instead of 11×11 with stride 4, no halves on two GPUs, weights start at He's scale.

There is no dropout. A net draws no random numbers while it runs: such draws would depend on the
order of a batch and on the number of processes. `course_lib.nets.layers.dropout` applies it to
features with draws that a method takes from its rng.

Features: those after the second fully connected layer (fc7), what was used as "AlexNet features".
"""

from torch import Tensor, nn

from course_lib.nets.convnet import Normalise
from course_lib.nets.layers import ResponseNorm, activation, fully_connected, initialise


class AlexNet(nn.Module):
    """Channels width × (1, 3, 4, 4, 3), about the paper's 96 × (1, 2.7, 4, 4, 2.7)."""

    def __init__(
        self,
        width: int,
        in_channels: int,
        act: str,
        lrn: bool,
        overlap: bool,
        hidden: int,
        grid: int,
    ):
        super().__init__()
        self.dim = hidden
        self.normalise = Normalise()
        parts, inputs = list[nn.Module](), in_channels
        for i, times in enumerate((1, 3, 4, 4, 3)):
            size, stride = (5, 2) if i == 0 else (5, 1) if i == 1 else (3, 1)
            parts += [nn.Conv2d(inputs, times * width, size, stride, size // 2), activation(act)]
            if lrn and i < 2:
                parts.append(ResponseNorm())
            if i in (0, 1, 4):
                parts.append(nn.MaxPool2d(3, 2, padding=1) if overlap else nn.MaxPool2d(2))
            inputs = times * width
        self.convolutions = nn.Sequential(*parts)
        self.fully = fully_connected(inputs, grid, hidden, act)
        initialise(self, act)

    def maps(self, x: Tensor) -> Tensor:
        """float (B, C, H, W) in [0, 1] → feature maps (B, 3 · width, H/16, W/16)."""
        return self.convolutions(self.normalise(x))

    def forward(self, x: Tensor) -> Tensor:
        """float (B, C, H, W) in [0, 1] → features (B, dim)."""
        return self.fully(self.maps(x))

    def layers(self) -> list[list[nn.Parameter]]:
        """Parameters by depth, layer by layer."""
        parts = [part for part in (*self.convolutions, *self.fully) if list(part.parameters())]
        return [list(part.parameters()) for part in parts]


def alexnet(
    width: int = 32,
    in_channels: int = 3,
    activation: str = "relu",
    lrn: bool = True,
    overlap: bool = True,
    hidden: int = 0,
    grid: int = 3,
) -> AlexNet:
    """A small AlexNet; at width 32 it has 1.2M parameters, 0.7M of them fully connected.

    activation: "relu" or "tanh". lrn: response normalisation. overlap: pools of 3×3 with stride 2,
    else of 2×2. hidden: units of each fully connected layer, which are the features; 16 × width if
    0. grid: the last maps are averaged to grid × grid places.
    """
    return AlexNet(width, in_channels, activation, lrn, overlap, hidden or 16 * width, grid)
