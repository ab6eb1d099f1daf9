"""The nets that papers name, at full size: depth, parameters and multiply-adds, counted now.

They are torchvision's definitions (MobileNet's is the course's) on torch's meta device, which has
shapes and no numbers: nothing is downloaded and nothing is computed.
"""

from collections.abc import Callable

import torch
from torch import nn

from course_lib.nets import mobilenet
from course_lib.nets.count import layers, multiply_adds, parameters
from course_lib.widgets import style

# name → (year of the paper, name in torchvision)
FAMILY = {
    "AlexNet (torchvision's)": (2012, "alexnet"),
    "VGG-16": (2014, "vgg16"),
    "ResNet-50": (2015, "resnet50"),
    "ResNet-152": (2015, "resnet152"),
    "ResNeXt-101 32x8d": (2016, "resnext101_32x8d"),
    "MobileNet": (2017, ""),
    "RegNetX-400MF": (2020, "regnet_x_400mf"),
    "ViT-B/16": (2020, "vit_b_16"),
}
CLASSES, SHAPE = 1000, (3, 224, 224)


def maker(name: str) -> Callable[[], nn.Module]:
    """What builds a net of FAMILY, with its classifier."""
    from torchvision import models  # a second, so only here

    if known := FAMILY[name][1]:
        return getattr(models, known)
    return lambda: nn.Sequential(mobilenet(blocks=(1, 2, 2, 6, 2)), nn.Linear(1024, CLASSES))


def measure(name: str) -> dict:
    """`year`, `depth` in words, `parameters`, `multiply_adds` of one net, and `dense`, the share of
    the parameters in fully connected layers."""
    with torch.device("cpu" if "RegNet" in name else "meta"):  # its rule computes with tensors
        net = maker(name)()
    convs = [c for c in net.modules() if isinstance(c, nn.Conv2d)]
    found = [] if len(convs) == 1 else layers(net, SHAPE)
    deep = [of for of in found if "downsample" not in of.name and ".proj" not in of.name]
    linear = sum(p.numel() for p in net.parameters() if p.dim() == 2)  # attention's too
    weights = parameters(net)
    return {
        "year": FAMILY[name][0],
        "depth": f"{len(deep)} layers" if deep else f"{len(net.encoder.layers)} blocks",
        "parameters": weights,
        "multiply_adds": multiply_adds(net, SHAPE),
        "dense": linear / weights,
    }


def show(*names: str) -> None:
    """The table of these nets, or of all."""
    rows = []
    for name in names or tuple(FAMILY):
        of = measure(name)
        millions, billions = of["parameters"] / 1e6, of["multiply_adds"] / 1e9
        dense = f"{100 * of['dense']:.0f}"
        rows.append((name, of["year"], of["depth"], f"{millions:.1f}", dense, f"{billions:.2f}"))
    heads = ["net", "paper", "depth", "parameters (million)", "of them fully connected (%)",
             "multiply-adds (billion)"]  # fmt: skip
    style.table(heads, rows, "For 224 × 224 pixels and 1,000 classes")
