"""Nets: encoders and heads that methods train; after `data` and `views`, before `methods`.

An encoder takes float images in [0, 1], normalises them itself, and returns features (B, dim); its
width is the attribute `dim`. `build("convnet", width=32)` makes one by name. No net draws random
numbers while it runs: randomness comes from the rng that travels with the views.
"""

import inspect
from collections.abc import Callable, Mapping

from torch import nn

from course_lib.core.errors import CourseError, nearest
from course_lib.nets.alexnet import alexnet
from course_lib.nets.convnet import convnet
from course_lib.nets.heads import linear, mlp
from course_lib.nets.mobilenet import mobilenet
from course_lib.nets.regnet import regnet
from course_lib.nets.resnet import resnet
from course_lib.nets.unravel import reordered, without_block
from course_lib.nets.vgg import vgg
from course_lib.nets.vit import vit

NETS: dict[str, Callable[..., nn.Module]] = {
    "alexnet": alexnet,
    "convnet": convnet,
    "mobilenet": mobilenet,
    "regnet": regnet,
    "resnet": resnet,
    "vgg": vgg,
    "vit": vit,
}

__all__ = [
    "NETS",
    "alexnet",
    "build",
    "convnet",
    "encoder",
    "linear",
    "mlp",
    "mobilenet",
    "refuse_dropout",
    "regnet",
    "reordered",
    "resnet",
    "vgg",
    "vit",
    "without_block",
]


def build(name: str, **spec: object) -> nn.Module:
    """An encoder by name, its options given by keyword.

    Raises CourseError for an unknown name or option, with the nearest right one, and for a net
    with active dropout.
    """
    if name not in NETS:
        raise CourseError(f"There is no net {name!r}: {nearest(name, NETS)}")
    options = inspect.signature(NETS[name]).parameters
    for option in spec:
        if option not in options:
            raise CourseError(f"{name} has no option {option!r}: {nearest(option, options)}")
    net = NETS[name](**spec)
    refuse_dropout(net)
    return net


def encoder(name: str, width: int, channels: int, size: int, options: Mapping) -> nn.Module:
    """The encoder that a recipe asks for, fitted to images of channels x size x size px.

    width: of the first stage; a ViT, which has one width for all its blocks, gets 4 * width, as the
    features of the convnet have. Its patches are the largest that give at least 7 x 7 of them.
    """
    spec: dict[str, object] = {"width": width, "in_channels": channels}
    if name == "vit":
        patch = max(p for p in range(1, max(size // 7, 1) + 1) if size % p == 0)
        spec = {"dim": 4 * width, "in_channels": channels, "size": size, "patch": patch}
    return build(name, **spec | dict(options))


def refuse_dropout(module: nn.Module) -> None:
    """Raises CourseError if any part of `module` would draw from the global generator.

    Such draws depend on the order of a batch and on the number of processes, so a run could
    neither be resumed exactly nor spread over several GPUs unchanged.
    """
    for name, part in module.named_modules():
        dropout = isinstance(part, nn.modules.dropout._DropoutNd) and part.p > 0
        inner = getattr(part, "dropout", 0.0)  # recurrent layers and nn.MultiheadAttention
        path = getattr(part, "drop_prob", 0.0)  # drop path, DropBlock
        if dropout or any(isinstance(p, float) and p > 0 for p in (inner, path)):
            raise CourseError(
                f"{name or 'This module'} ({type(part).__name__}) has active dropout, which draws "
                "from the global generator; set it to 0, or draw named numbers from the views' rng."
            )
