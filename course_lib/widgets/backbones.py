"""The nets that papers name, at full size: depth, parameters and multiply-adds, counted now; and
the course's small forms of them with their speed, as it was measured.

The large ones are torchvision's definitions (MobileNet's is the course's) on torch's meta device,
which has shapes and no numbers: nothing is downloaded and nothing is computed.
"""

from collections.abc import Callable
from statistics import mean

import torch
from torch import nn

from course_lib.nets import mobilenet
from course_lib.nets.count import layers, multiply_adds, parameters
from course_lib.widgets import style
from course_lib.widgets.claim_table import stored

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


def show_speed() -> None:
    """Images a second of the small nets beside their counts: `results/figures/R009.json`."""
    if (of := stored("R009", "figures")) is None:
        print("The speed of the nets is not measured yet: `course claims run R009` does it.")
        return
    asked = list(dict.fromkeys(arm.split(", ")[-1] for arm in of.arms))
    nets = dict.fromkeys(arm.rpartition(", ")[0] for arm in of.arms)
    rows = [(net, *(f"{mean(of.arms[f'{net}, {what}']):.3g}" for what in asked)) for net in nets]
    style.table(["net", *asked], rows, f"Means of three measurements on {of.machine}")
