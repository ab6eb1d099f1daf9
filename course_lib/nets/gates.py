"""Gates on a block's branch: squeeze-and-excitation and gather-excite.

SE: Hu, Shen and Sun 2017 (arXiv 1709.01507); GE: Hu, Shen, Albanie, Sun and Vedaldi 2018 (arXiv
1810.12348). The branch u (B, C, H, W) of a residual block is scaled before it is added:

    SE   u_c ← s_c u_c,  s = sigmoid(W2 relu(W1 mean_places(u))),  W1 (C/r, C), W2 (C, C/r)
    GE   u ← u · sigmoid(upsample(gather(u))),  gather over extent e: a mean, or convolutions

SE has no biases here, as its formula has none, so a block has 2 C²/r weights more. A gate after
the addition would scale the shortcut too, and many blocks would then shrink it to nothing.
"""

import math

import torch
from torch import Tensor, nn

from course_lib.core.errors import CourseError, nearest

KINDS = ("se", "ge", "ge-conv")


class Gate(nn.Module):
    """Scales maps by numbers in (0, 1) that `gates` computes; `forced`: by 1, so not at all."""

    forced = False

    def gates(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, C, 1, 1) or (B, C, H, W) in (0, 1)."""
        raise TypeError(f"{type(self).__name__} must define gates.")

    def forward(self, x: Tensor) -> Tensor:
        return x if self.forced else x * self.gates(x)


class SqueezeExcite(Gate):
    """One gate a channel, from all channels. reduction: the r above; at least one unit is left."""

    def __init__(self, channels: int, reduction: int = 16):
        super().__init__()
        inner = max(1, channels // reduction)
        self.squeeze = nn.Linear(channels, inner, bias=False)
        self.excite = nn.Linear(inner, channels, bias=False)

    def gates(self, x: Tensor) -> Tensor:
        inner = self.squeeze(x.mean(dim=(2, 3))).relu()  # (B, C/r)
        return self.excite(inner).sigmoid()[:, :, None, None]


class GatherMean(Gate):
    """Without parameters: the mean over tiles of extent × extent places, or over all where it is 0.

    The paper gathers over (2e - 1)² places around each e-th one; tiles that do not overlap are the
    simpler relative.
    """

    def __init__(self, extent: int = 0):
        super().__init__()
        self.extent = extent

    def gates(self, x: Tensor) -> Tensor:
        if not self.extent:
            return x.mean(dim=(2, 3), keepdim=True).sigmoid()
        tiles = nn.functional.avg_pool2d(x, self.extent, ceil_mode=True)
        return repeated(tiles.sigmoid(), self.extent, x.shape[2:])


class GatherConv(Gate):
    """With parameters: log2(extent) depthwise 3×3 convolutions of stride 2, each with its norm."""

    def __init__(self, channels: int, extent: int):
        super().__init__()
        self.extent, parts = extent, list[nn.Module]()
        for _ in range(round(math.log2(extent))):
            parts += [
                nn.Conv2d(channels, channels, 3, 2, padding=1, groups=channels, bias=False),
                nn.BatchNorm2d(channels),
                nn.ReLU(),
            ]
        self.gather = nn.Sequential(*parts[:-1])  # no ReLU before the sigmoid

    def gates(self, x: Tensor) -> Tensor:
        return repeated(self.gather(x).sigmoid(), self.extent, x.shape[2:])


def repeated(tiles: Tensor, extent: int, size: torch.Size) -> Tensor:
    """Every tile (B, C, h, w) at the extent × extent places that it came from: (B, C, *size)."""
    wide = tiles.repeat_interleave(extent, dim=2).repeat_interleave(extent, dim=3)
    return wide[:, :, : size[0], : size[1]]


def gate_of(kind: str, channels: int, reduction: int = 16, extent: int = 0) -> nn.Module:
    """A gate by name; "" for none. extent: of GE; a power of two for "ge-conv", 0 is there 4."""
    if not kind:
        return nn.Identity()
    if kind not in KINDS:
        raise CourseError(f"There is no gate {kind!r}: {nearest(kind, KINDS)}")
    if kind == "se":
        return SqueezeExcite(channels, reduction)
    if kind == "ge":
        return GatherMean(extent)
    extent = extent or 4
    if extent < 2 or extent & (extent - 1):
        raise CourseError(f"The extent of ge-conv is 2, 4, 8 …, not {extent}.")
    return GatherConv(channels, extent)


def force(net: nn.Module, on: bool = True) -> None:
    """Sets every gate of a net to 1, or (on=False) lets them work again."""
    for part in net.modules():
        if isinstance(part, Gate):
            part.forced = on


@torch.no_grad()
def gates(net: nn.Module, x: Tensor) -> list[Tensor]:
    """The gates of every block for images x (B, C, H, W): each (B, C) or (B, C, H, W)."""
    found: list[Tensor] = []

    def look(gate: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        found.append(gate.gates(inputs[0]).squeeze((2, 3)))

    handles = [p.register_forward_pre_hook(look) for p in net.modules() if isinstance(p, Gate)]
    try:
        net(x)
    finally:
        for handle in handles:
            handle.remove()
    return found
