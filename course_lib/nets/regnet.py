"""RegNet: the widths of all blocks follow from three numbers.

Radosavovic, Kosaraju, Girshick, He and Dollár 2020 (arXiv 2003.13678), the X form. Block j of
`depth` should have the width u_j = start + slope · j; widths are rounded to start · ratio**integer
(nearest in the logarithm), then to multiples of 8, and equal ones form a stage. Blocks are
bottlenecks that do not narrow, with 3×3 convolutions in groups of `group` channels. The Y form has
SE inside the block, after the 3×3; `gate="se"` puts it at the end of the branch, as SE-ResNet does.
For small images the first stage keeps the size that the stem leaves. Features: the mean over
places.
"""

import math
from functools import partial

from torch import nn

from course_lib.core.errors import CourseError
from course_lib.nets.resnet import Block, ResNet, bottleneck, gated


def stage_widths(
    depth: int, start: float, slope: float, ratio: float, group: int = 8
) -> tuple[list[int], list[int]]:
    """The rule: widths of the stages, and how many blocks each has.

    A width is made to divide into groups of `group` channels, or is one group if it is smaller.
    """
    if depth < 1 or start < 4 or slope < 0 or ratio <= 1 or group < 1:
        raise CourseError(
            "RegNet's rule needs depth >= 1, start >= 4, slope >= 0, ratio > 1 and group >= 1; got "
            f"depth={depth}, start={start}, slope={slope}, ratio={ratio}, group={group}."
        )
    widths: list[int] = []
    for j in range(depth):
        power = round(math.log((start + slope * j) / start, ratio))
        widths.append(max(8, 8 * round(start * ratio**power / 8)))
    distinct = sorted(set(widths))
    return [divisible(w, min(group, w)) for w in distinct], [widths.count(w) for w in distinct]


def divisible(width: int, by: int) -> int:
    """The multiple of `by` nearest to a width that is at least `by`, never below 90% of it."""
    near = (width + by // 2) // by * by
    return near if near >= 0.9 * width else near + by


def x_branch(inputs: int, outputs: int, stride: int, group: int) -> nn.Sequential:
    """A bottleneck as wide inside as at its ends, in groups of `group` channels."""
    return bottleneck(inputs, outputs, stride, outputs, outputs // min(group, outputs))


def regnet(
    width: int = 32,
    in_channels: int = 3,
    depth: int = 8,
    slope: float = 0.0,
    ratio: float = 2.0,
    group: int = 8,
    residual: bool = True,
    zero_init: bool = True,
    gate: str = "",
    reduction: int = 16,
    extent: int = 0,
) -> ResNet:
    """A small RegNetX. width: the rule's start; depth: blocks in all; slope: `width` if 0.

    Width 24, depth 22, slope 24.48, ratio 2.54 and group 16 give RegNetX-400MF. The other options
    are those of `resnet`.
    """
    widths, blocks = stage_widths(depth, width, slope or width, ratio, group)
    branch = partial(x_branch, group=group)
    make = partial(Block, branch=branch, residual=residual, zero_init=zero_init)
    net = ResNet(in_channels, widths[0], widths, blocks, make, stem_stride=2)
    return gated(net, gate, reduction, extent)
