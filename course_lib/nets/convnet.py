"""A small plain convnet: the course's default encoder, for images of 28 to 64 px."""

import torch
from torch import Tensor, nn

from course_lib.core.errors import CourseError
from course_lib.nets.dropblock import DropBlock


class Normalise(nn.Module):
    """(x - mean) / std, with constants that are the same for every data set.

    mean 0.5 and std 0.25 suit any image in [0, 1]; no statistics of the data enter, so a net can
    be moved to another set unchanged. They are buffers, so they travel with the weights.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, mean: float = 0.5, std: float = 0.25):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean))
        self.register_buffer("std", torch.tensor(std))

    def forward(self, x: Tensor) -> Tensor:
        """float (B, C, H, W) in [0, 1] → the same shape, about in [-2, 2]."""
        if not x.is_floating_point():
            raise CourseError(
                f"A net takes float images in [0, 1], not {x.dtype}; divide uint8 images by 255."
            )
        x = (x - self.mean) / self.std
        return x.contiguous(memory_format=torch.channels_last)  # faster convolutions, same numbers


class ConvNet(nn.Module):
    """Four stages of 3×3 convolution, BatchNorm and ReLU, then the mean over places.

    The first convolution halves the image (it would cost most of the time at full size), stages 2
    and 3 end in a 2×2 max pool. At width 32: 0.24M parameters, 128 features, 0.5 MB in fp16.
    """

    def __init__(self, width: int = 32, in_channels: int = 3):
        super().__init__()
        self.dim = 4 * width
        self.normalise = Normalise()
        self.stages = nn.Sequential(
            stage(in_channels, width, stride=2),
            stage(width, 2 * width, pool=True),
            stage(2 * width, 4 * width, pool=True),
            stage(4 * width, 4 * width),
        )

    def forward(self, x: Tensor) -> Tensor:
        """float (B, C, H, W) in [0, 1] → features (B, dim)."""
        x = self.stages(self.normalise(x))  # (B, dim, H/8, W/8)
        return x.mean(dim=(2, 3))

    def layers(self) -> list[list[nn.Parameter]]:
        """Parameters by depth, from the image on; what layer-wise learning rates go by."""
        return [list(stage.parameters()) for stage in self.stages]


def stage(inputs: int, outputs: int, stride: int = 1, pool: bool = False) -> nn.Sequential:
    """One stage; the convolution has no bias, because the norm after it would cancel one."""
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    ]
    if pool:
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


def convnet(
    width: int = 32,
    in_channels: int = 3,
    keep: float = 1.0,
    drop_size: int = 3,
    drop_shared: bool = False,
    drop_ramp: bool = True,
) -> ConvNet:
    """The small convnet. width: channels of the first stage; features have 4 × width.

    keep: below 1, DropBlock behind the last two stages, with squares of drop_size places; the
    other options are those of `course_lib.nets.dropblock.DropBlock`.
    """
    net = ConvNet(width, in_channels)
    for last in net.stages[-2:] if keep != 1 else ():
        last.append(DropBlock(keep, drop_size, drop_shared, drop_ramp))
    return net
