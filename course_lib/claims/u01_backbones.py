"""Unit 1: backbones by name, and what each costs on this machine. A figure, since nothing is said.

Parameters and multiply-adds are counted; images a second are measured here, because a number from
another machine compares nothing.
"""

import time
from collections.abc import Mapping
from functools import cache
from statistics import median

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.claims.claim import Claim
from course_lib.claims.scenes import recipe
from course_lib.core.hardware import precision, wide
from course_lib.nets import encoder
from course_lib.nets.count import multiply_adds, parameters

SHAPE = (3, 40, 40)
CLASSES = 64
BATCH, WARM, TIMED = 128, 3, 9
RESNET = "net=resnet net.stem_stride=2"
BACKBONES: Mapping[str, str] = {
    "AlexNet": "net=alexnet",
    "VGG": "net=vgg",
    "small convnet": "net=convnet",
    "ResNet-18": RESNET,
    "ResNet-18 with SE": f"{RESNET} net.gate=se",
    "ResNet-18, twice as wide": f"{RESNET} width=64",
    "ResNet-50": f"{RESNET} net.block=bottleneck net.blocks=[3,4,6,3]",
    "ResNeXt-50": f"{RESNET} net.block=bottleneck net.blocks=[3,4,6,3] net.groups=8 net.shrink=2",
    "RegNet": "net=regnet",
    "MobileNet": "net=mobilenet",
    "ViT": "net=vit",
}
COUNTED = ("million parameters", "million multiply-adds")
MEASURED = ("images/s encoding", "images/s training")


@cache
def made(name: str) -> nn.Module:
    """A backbone with a linear classifier, for images of 40 px."""
    settings = recipe(f"supervised {BACKBONES[name]}", 0)
    channels, size, _ = SHAPE
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        body = encoder(settings.net, settings.width, channels, size, settings.net_options)
        return nn.Sequential(body, nn.Linear(body.dim, CLASSES))


def cost(arm: str, seed: int) -> float:
    """arm: a backbone and what of it. The three seeds are three measurements."""
    name, what = arm.rsplit(", ", 1)
    if what in COUNTED:
        return counted(name, what)
    images = torch.rand(BATCH, *SHAPE, generator=torch.Generator().manual_seed(seed))
    net = made(name).train(what == "images/s training")
    step = train_step if what == "images/s training" else encode
    times = []
    for _ in range(WARM + TIMED):
        begin = time.perf_counter()
        step(net, images)
        times.append(time.perf_counter() - begin)
    return BATCH / median(times[WARM:])


def counted(name: str, what: str) -> float:
    """In millions, the classifier of 64 classes included."""
    net = made(name)
    return (parameters(net) if what == COUNTED[0] else multiply_adds(net, SHAPE)) / 1e6


def encode(net: nn.Module, images: Tensor) -> None:
    """Features without gradient, as evaluation computes them."""
    with torch.no_grad():
        net[0](images)


def train_step(net: nn.Module, images: Tensor) -> None:
    """Forward and backward as in training: in bf16 where that wins."""
    dtype = precision("auto", torch.device("cpu"))
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
        logits = net(images)
    F.cross_entropy(wide(logits), torch.arange(len(images)) % CLASSES).backward()
    net.zero_grad()


def counts_alone(arm: str) -> float:
    """Multiply-adds in place of seconds, which differ from run to run."""
    name, what = arm.rsplit(", ", 1)
    return counted(name, what if what in COUNTED else COUNTED[1])


CLAIMS = (
    Claim(
        row="R009",
        sentence="Parameters, multiply-adds and speed of backbones: none of them says the others.",
        tag="figure",
        arms=tuple(f"{name}, {what}" for name in BACKBONES for what in COUNTED + MEASURED),
        metric="millions, for one image of 40 px; images a second in batches of 128",
        arm=cost,
        probe=counts_alone,
        uses=("alexnet", "convnet", "mobilenet", "regnet", "resnet", "vgg", "vit", "supervised"),
        minutes=8,
        note="Small forms of the named nets, width 32 unless said otherwise; the first layer of "
        "the residual ones halves the image. The seeds are three measurements. Encoding in "
        "float32, training in bfloat16 where the processor computes it. The probe compares counts.",
    ),
)
