"""A net in two pieces: the maps after a stage, and the features that follow from maps.

For what happens inside a net, such as mixing at a hidden layer. The pieces are the net's own parts
in their own order, so that `after(net, upto(net, x, k), k)` is `net(x)`, bit for bit. Stage 0 is
the image before the net normalises it. Stages of a convnet and a VGG end in their pool, those of a
residual net before the next block that changes the shape, the stem belonging to the first; of a ViT
each block is one. Every stage ends after its BatchNorm and its nonlinearity (the ViT's blocks have
neither at their end).
"""

from collections.abc import Callable

from torch import Tensor, nn

from course_lib.core.errors import CourseError
from course_lib.nets.convnet import ConvNet
from course_lib.nets.resnet import ResNet
from course_lib.nets.vgg import VGG
from course_lib.nets.vit import ViT

Step = Callable[[Tensor], Tensor]


def count(net: nn.Module) -> int:
    """How many stages a net has; CourseError for one whose parts form none."""
    return len(parts(net)) - 1


def upto(net: nn.Module, x: Tensor, stage: int) -> Tensor:
    """float (B, C, H, W) in [0, 1] → maps (B, D, h, w) after so many stages; 0 gives x itself."""
    for step in parts(net)[:stage] if stage else ():
        x = step(x)
    return x


def after(net: nn.Module, maps: Tensor, stage: int) -> Tensor:
    """Maps (B, D, h, w) as `upto` gives them → features (B, dim)."""
    if not stage:
        return net(maps)
    for step in parts(net)[stage:]:
        maps = step(maps)
    return maps


def parts(net: nn.Module) -> list[Step]:
    """The stages, maps → maps, and last what makes features of maps."""
    if isinstance(net, ConvNet):
        return [*begun(net.normalise, *net.stages), lambda maps: maps.mean(dim=(2, 3))]
    if isinstance(net, VGG):
        return [*begun(net.normalise, *net.stages), net.fully]
    if isinstance(net, ResNet) and all(shaped(block) for block in net.blocks):
        return [*begun(net.normalise, *residual(net)), lambda maps: maps.mean(dim=(2, 3))]
    if isinstance(net, ViT) and not net.prefix:
        return of_tokens(net)
    raise CourseError(
        f"{type(net).__name__} has no stages here, so only its images can be mixed: set "
        "layers=[0], or take convnet, vgg, resnet, regnet or a vit without class token."
    )


def begun(first: Step, second: Step, *rest: Step) -> list[Step]:
    """The first two steps as one."""
    return [lambda x: second(first(x)), *rest]


def shaped(block: nn.Module) -> bool:
    """Whether a block says if it keeps the shape; one that was taken out does."""
    return hasattr(block, "same_shape") or isinstance(block, nn.Identity)


def residual(net: ResNet) -> list[Step]:
    """The blocks of a residual net by stage, the stem first."""
    stages: list[list[nn.Module]] = [[net.stem]]
    for number, block in enumerate(net.blocks):
        if number and not getattr(block, "same_shape", True):
            stages.append([])
        stages[-1].append(block)
    return [nn.Sequential(*stage) for stage in stages]


def of_tokens(net: ViT) -> list[Step]:
    """A ViT's patches with the first block, then each block, as maps; norm and mean last."""

    def patches(x: Tensor) -> Tensor:
        tokens = net.body.patch_embed(net.normalise(x))  # (B, h, w, dim)
        return as_maps(net.placed(tokens), tokens.shape[1])

    def through(block: nn.Module) -> Step:
        return lambda maps: as_maps(block(as_tokens(maps)), maps.shape[2])

    blocks = [through(block) for block in net.body.blocks]
    return [*begun(patches, *blocks), lambda maps: net.body.norm(as_tokens(maps)).mean(dim=1)]


def as_maps(tokens: Tensor, height: int) -> Tensor:
    """(B, h·w, D) → (B, D, h, w)."""
    return tokens.mT.unflatten(2, (height, -1))


def as_tokens(maps: Tensor) -> Tensor:
    """(B, D, h, w) → (B, h·w, D)."""
    return maps.flatten(2).mT
