"""The nets as a run asks for them by the words of the command line, and a few steps of each."""

import math

import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.methods.base import Facts
from course_lib.methods.recipe import backbone
from course_lib.train import recipe_from
from tests.tiny import tiny_data

WORDS = [
    "net=alexnet net.activation=tanh",
    "net=alexnet net.lrn=false net.overlap=false net.hidden=32",
    "net=vgg net.blocks=[3,3,3]",
    "net=vgg net.blocks=[3,3,3] net.stacked=false net.norm=false",
    "net=resnet net.depth=8",
    "net=resnet net.depth=8 net.residual=false net.stem_stride=2",
    "net=resnet net.blocks=[1,1] net.zero_init=false",
    "net=resnet net.blocks=[1,1] net.block=bottleneck net.groups=8 net.shrink=1",
    "net=resnet net.blocks=[1,1] net.gate=se net.reduction=4",
    "net=resnet net.blocks=[1,1] net.gate=ge-conv net.extent=4",
    "net=regnet net.depth=4 net.gate=ge",
    "net=mobilenet net.blocks=[1,1]",
    "net=vit net.depth=1 net.positions=false",
]


def parsed(words: str) -> dict[str, str]:
    return dict(word.split("=", 1) for word in words.split())


@pytest.mark.parametrize("words", WORDS)
def test_words_reach_the_net(words):
    recipe = recipe_from("supervised", {"width": "8", **parsed(words)})
    net = backbone(recipe, Facts(3, 16, 4, 64))
    assert net(torch.rand(2, 3, 16, 16)).shape == (2, net.dim)


def test_words_that_no_net_knows_are_refused():
    for words, said in (
        ("net=alexnett", "no net 'alexnett': did you mean 'alexnet'"),
        ("net=vgg net.stackd=false", "vgg has no option 'stackd': did you mean 'stacked'"),
        ("net=vgg net.blocks=3", r"such as \[2,2,3\]; got 3"),
    ):
        with pytest.raises(CourseError, match=said):
            backbone(recipe_from("supervised", parsed(words)), Facts(3, 16, 4, 64))


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        "net=alexnet",
        "net=vgg",
        "net=mobilenet",
        "net=regnet net.depth=4",
        WORDS[5],
        "net=resnet net.depth=4 net.gate=se net.reduction=4",
    ],
)
def test_each_net_learns_32_images(words):
    torch.manual_seed(0)
    data = tiny_data(32)
    facts = Facts(3, 16, 4, 32)
    net = backbone(recipe_from("supervised", {"width": "8", **parsed(words)}), facts)
    head = torch.nn.Linear(net.dim, 4)
    optim = torch.optim.Adam([*net.parameters(), *head.parameters()], lr=3e-3)
    losses = []
    for _ in range(25):
        logits = head(net(data.image.float() / 255))
        losses.append(torch.nn.functional.cross_entropy(logits, data.label))
        optim.zero_grad()
        losses[-1].backward()
        optim.step()
    assert losses[-1] < 0.5 * min(losses[0], math.log(4))
