"""A net in two pieces is the net, bit for bit, wherever it is cut."""

import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.nets import build, without_block
from course_lib.nets.stages import after, count, upto

NETS = {
    "convnet": ({"width": 8}, 4),
    "vgg": ({"width": 4, "blocks": [1, 2], "grid": 2, "hidden": 16}, 2),
    "resnet": ({"width": 4, "blocks": [2, 1, 2]}, 3),
    "bottleneck": ({"width": 4, "blocks": [1, 2], "block": "bottleneck", "gate": "se"}, 2),
    "regnet": ({"width": 8}, None),
    "vit": ({"dim": 16, "depth": 3, "heads": 2, "patch": 4, "size": 16}, 3),
}
SIDES = {"convnet": [16, 8, 4, 2, 2], "resnet": [16, 16, 8, 4], "vit": [16, 4, 4, 4]}


def made(name: str) -> torch.nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build("resnet" if name == "bottleneck" else name, **NETS[name][0])


def images() -> torch.Tensor:
    return torch.rand(3, 3, 16, 16, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", NETS)
def test_two_pieces_are_the_whole(name, training):
    net, x = made(name).train(training), images()
    whole = net(x)
    assert count(net) == NETS[name][1] or NETS[name][1] is None and count(net) > 1
    for stage in range(count(net) + 1):
        maps = upto(net, x, stage)
        assert maps.ndim == 4 and torch.equal(after(net, maps, stage), whole), stage


@pytest.mark.parametrize("name", SIDES)
def test_maps_have_the_side_of_their_stage(name):
    net, x = made(name).eval(), images()
    assert [upto(net, x, stage).shape[2] for stage in range(count(net) + 1)] == SIDES[name]
    assert upto(net, x, 0) is x


def test_places_of_a_vit_are_its_patches():
    """A change of one patch moves, after the patch embedding, mostly that patch: with attention
    and MLP switched off, nothing else."""
    net, x = made("vit").eval(), images()
    for block in net.body.blocks:
        for layer in (block.attn.proj, block.mlp.fc2):
            torch.nn.init.zeros_(layer.weight)
            torch.nn.init.zeros_(layer.bias)
    changed = x.clone()
    changed[:, :, 4:8, 12:16] += 0.5  # second row of patches, last column
    moved = (upto(net, changed, 2) - upto(net, x, 2)).abs().sum(dim=(0, 1))
    assert moved.nonzero().tolist() == [[1, 3]]


def test_a_block_that_was_taken_out_leaves_the_stages():
    net = without_block(made("resnet"), 1)
    assert count(net) == 3
    assert torch.equal(after(net, upto(net, images(), 2), 2), net(images()))


@pytest.mark.parametrize("name", ["alexnet", "mobilenet", "vit"])
def test_nets_without_stages_are_refused_but_for_their_image(name):
    words = {"class_token": True, "size": 16, "patch": 4} if name == "vit" else {"width": 8}
    net = build(name, **words).eval()
    with pytest.raises(CourseError, match="has no stages here, so only its images can be mixed"):
        count(net)
    x = torch.rand(2, 3, 32, 32)
    assert torch.equal(after(net, upto(net, x, 0), 0), net(x))
