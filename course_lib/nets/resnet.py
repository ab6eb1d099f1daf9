"""Residual networks in their form for small images: 3×3 stem, no pooling before the blocks.

He, Zhang, Ren and Sun 2015 (arXiv 1512.03385). As in their CIFAR nets the stem keeps the full
resolution; as in the ImageNet nets a shortcut that changes shape is a 1×1 convolution. The last
gamma of every block starts at zero (Goyal et al. 2017, arXiv 1706.02677), so each block starts as
the identity. A bottleneck has its stride in the 3×3 convolution, as torchvision's does and the
paper's (in the first 1×1) does not. The features are those that the paper's classifier gets: the
mean over places after the last block.
"""

from collections.abc import Callable, Sequence
from functools import partial

from torch import Tensor, nn

from course_lib.core.errors import CourseError, nearest
from course_lib.nets.convnet import Normalise
from course_lib.nets.depth import Survival, left_out, stochastic_depth
from course_lib.nets.dropblock import DropBlock
from course_lib.nets.gates import gate_of
from course_lib.nets.layers import stages_of

Branch = Callable[[int, int, int], nn.Sequential]  # inputs, outputs, stride → it ends in a norm


def basic(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    """Two 3×3 convolutions."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
    )


def bottleneck(inputs: int, outputs: int, stride: int, inner: int, groups: int) -> nn.Sequential:
    """1×1 to `inner` channels, 3×3 in `groups` groups, 1×1 to `outputs` channels.

    Several groups make it ResNeXt's block (Xie et al. 2016, arXiv 1611.05431): each group is one
    of `groups` parallel paths, whose sum the last 1×1 takes.
    """
    if inner % groups:
        raise CourseError(f"A block's {inner} inner channels do not divide into {groups} groups.")
    return nn.Sequential(
        nn.Conv2d(inputs, inner, 1, bias=False),
        nn.BatchNorm2d(inner),
        nn.ReLU(),
        nn.Conv2d(inner, inner, 3, stride, padding=1, groups=groups, bias=False),
        nn.BatchNorm2d(inner),
        nn.ReLU(),
        nn.Conv2d(inner, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
    )


class Block(nn.Module):
    """y = relu(shortcut(x) + gate(branch(x))); plain, without a shortcut: relu(gate(branch(x))).

    survival: may leave the branch out in training. drop: what may be dropped of y."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        stride: int,
        branch: Branch = basic,
        residual: bool = True,
        zero_init: bool = True,
    ):
        super().__init__()
        self.same_shape = stride == 1 and inputs == outputs
        self.residual = residual
        self.branch = branch(inputs, outputs, stride)
        if residual and zero_init:  # a plain block that starts at zero would stay there
            nn.init.zeros_(self.branch[-1].weight)
        self.gate: nn.Module = nn.Identity()
        self.survival: Survival | None = None
        self.drop: nn.Module = nn.Identity()
        self.shortcut: nn.Module = nn.Identity()
        if residual and not self.same_shape:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) → (B, outputs, H/stride, W/stride)."""
        if self.survival and self.survival.skips():
            skipped = left_out(self.shortcut(x), self.branch, self.gate)
            return self.drop(nn.functional.relu(skipped))
        update = self.gate(self.branch(x))
        if self.survival:
            update = self.survival(update)
        return self.drop(nn.functional.relu(self.shortcut(x) + update if self.residual else update))


class ResNet(nn.Module):
    """A stem, stages of blocks of which all but the first halve the image, mean over places.

    stem: its channels. widths: channels of each stage. blocks: how many each stage has. block:
    makes one from (inputs, outputs, stride).
    """

    def __init__(
        self,
        in_channels: int,
        stem: int,
        widths: Sequence[int],
        blocks: Sequence[int],
        block: Callable[[int, int, int], nn.Module] = Block,
        stem_stride: int = 1,
    ):
        super().__init__()
        self.normalise = Normalise()
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, stem, 3, stem_stride, padding=1, bias=False),
            nn.BatchNorm2d(stem),
            nn.ReLU(),
        )
        made, inputs = [], stem
        for stage, (outputs, count) in enumerate(zip(widths, blocks, strict=True)):
            for i in range(count):
                made.append(block(inputs, outputs, 2 if stage and i == 0 else 1))
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


def resnet(
    width: int = 64,
    in_channels: int = 3,
    blocks: Sequence[int] = (2, 2, 2, 2),
    depth: int = 0,
    block: str = "basic",
    residual: bool = True,
    zero_init: bool = True,
    groups: int = 1,
    shrink: int = 4,
    gate: str = "",
    reduction: int = 16,
    extent: int = 0,
    stem_stride: int = 1,
    survival: float = 1.0,
    survival_per: str = "batch",
    scaled: str = "test",
    keep: float = 1.0,
    drop_size: int = 3,
    drop_shared: bool = False,
    drop_ramp: bool = True,
) -> ResNet:
    """A residual net; width 64 with blocks (2, 2, 2, 2) is ResNet-18 for small images (11.2M).

    blocks: of each stage; stage i has 2**i × width channels. depth: or blocks in all, spread over
    four stages. block: "basic", or "bottleneck" with 4 times the channels at its ends and 1/shrink
    of these inside: 4 for ResNet-50, 2 for its wide form, 1 with 32 groups and a width of 64 for
    ResNeXt 32x8d. residual: false for the plain net. gate, reduction, extent: of `nets.gates`.
    stem_stride: 2 halves the image first. survival, survival_per, scaled: of `nets.depth`. keep and
    drop_…: DropBlock behind the last two stages, of `nets.dropblock`.
    """
    counts = spread(depth) if depth else stages_of(blocks)
    branch, widths = branch_of(block, width, len(counts), shrink, groups)
    make = partial(Block, branch=branch, residual=residual, zero_init=zero_init)
    plain = ResNet(in_channels, width, widths, counts, make, stem_stride)
    net = gated(plain, gate, reduction, extent)
    stochastic_depth(net.blocks, survival, survival_per, scaled)
    for late in net.blocks[sum(counts[:-2]) :] if keep != 1 else ():  # the last two stages
        late.drop = DropBlock(keep, drop_size, drop_shared, drop_ramp)
    return net


def spread(depth: int) -> list[int]:
    """Blocks of each of four stages, `depth` in all; the first stages get what is left over."""
    if depth < 4:
        raise CourseError(f"A net of four stages has at least 4 blocks, not depth={depth}.")
    return [depth // 4 + (stage < depth % 4) for stage in range(4)]


def branch_of(
    block: str, width: int, stages: int, shrink: int, groups: int
) -> tuple[Branch, list[int]]:
    """What makes a block's branch, and the channels at the ends of each stage's blocks."""
    if block not in ("basic", "bottleneck"):
        raise CourseError(f"There is no block {block!r}: {nearest(block, ['basic', 'bottleneck'])}")
    if block == "bottleneck":
        branch = partial(shrunk, shrink=shrink, groups=groups)
        return branch, [4 * width * 2**stage for stage in range(stages)]
    if (groups, shrink) != (1, 4):
        raise CourseError("A basic block has no groups and no shrink: set block=bottleneck.")
    return basic, [width * 2**stage for stage in range(stages)]


def shrunk(inputs: int, outputs: int, stride: int, shrink: int, groups: int) -> nn.Sequential:
    """A bottleneck whose inside has `outputs` / `shrink` channels."""
    return bottleneck(inputs, outputs, stride, outputs // shrink, groups)


def gated(net: ResNet, gate: str, reduction: int = 16, extent: int = 0) -> ResNet:
    """The same net with a gate in every block.

    Gates are made last: with the same seed the other weights are those of the net without them.
    """
    for block in net.blocks:
        block.gate = gate_of(gate, block.branch[-1].num_features, reduction, extent)
    return net
