"""A residual network in its form for small images: 3×3 stem, no pooling before the blocks.

He, Zhang, Ren and Sun 2015 (arXiv 1512.03385). As in their CIFAR nets the stem keeps the full
resolution; as in the ImageNet nets a shortcut that changes shape is a 1×1 convolution. The last
gamma of every block starts at zero (Goyal et al. 2017, arXiv 1706.02677), so each block starts as
the identity.
"""

from collections.abc import Sequence

from torch import Tensor, nn

from course_lib.nets.convnet import Normalise


class Block(nn.Module):
    """y = relu(shortcut(x) + norm(conv(relu(norm(conv(x))))))."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        last = nn.BatchNorm2d(outputs)
        nn.init.zeros_(last.weight)
        self.branch = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            last,
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) → (B, outputs, H/stride, W/stride)."""
        return nn.functional.relu(self.shortcut(x) + self.branch(x))


class ResNet(nn.Module):
    """Stem, four groups of blocks with width, 2, 4 and 8 × width channels, mean over places."""

    def __init__(self, width: int = 64, in_channels: int = 3, blocks: Sequence[int] = (2, 2, 2, 2)):
        super().__init__()
        self.normalise = Normalise()
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )
        groups, inputs = [], width
        for group, count in enumerate(blocks):
            outputs = width * 2**group
            for i in range(count):
                groups.append(Block(inputs, outputs, stride=2 if group and i == 0 else 1))
                inputs = outputs
        self.blocks = nn.Sequential(*groups)
        self.dim = inputs

    def forward(self, x: Tensor) -> Tensor:
        """float (B, C, H, W) in [0, 1] → features (B, dim)."""
        x = self.blocks(self.stem(self.normalise(x)))  # (B, dim, H/8, W/8)
        return x.mean(dim=(2, 3))

    def layers(self) -> list[list[nn.Parameter]]:
        """Parameters by depth: the stem, then block by block."""
        return [list(part.parameters()) for part in (self.stem, *self.blocks)]


def resnet(width: int = 64, in_channels: int = 3, blocks: Sequence[int] = (2, 2, 2, 2)) -> ResNet:
    """A residual net; width 64 with blocks (2, 2, 2, 2) is ResNet-18 for small images (11.2M)."""
    return ResNet(width, in_channels, blocks)
