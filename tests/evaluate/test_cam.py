"""Activation maps: the score is their mean, they point at what decides, overlaps are counted."""

from dataclasses import replace

import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.evaluate.cam import SHARES, activation, localisation, overlap
from course_lib.nets.stages import count, upto
from course_lib.train import create
from tests.tiny import tiny_data, tiny_recipe


def method(**words):
    return create(tiny_recipe("supervised", **words), tiny_data()).eval()


def images(n: int = 4) -> torch.Tensor:
    return tiny_data(n).image


def test_mean_of_the_map_is_the_logit_without_its_bias():
    """Of the map before it is stretched to 0 … 1, as loops over places add it up."""
    net, x = method(), images()
    maps = upto(net.encoder, x.float() / 255, count(net.encoder))
    logits = net.head(net.encoder(x.float() / 255))
    for i in range(len(x)):
        for c in range(4):
            total = sum(
                (net.head.weight[c] * maps[i, :, row, column]).sum()
                for row in range(maps.shape[2])
                for column in range(maps.shape[3])
            )
            mean = total / maps[i, 0].numel() + net.head.bias[c]
            assert mean.item() == pytest.approx(logits[i, c].item(), abs=1e-5)


def test_a_net_that_sees_brightness_points_at_the_bright_corner():
    net = method(net="resnet", width=4, **{"net.blocks": (1,)})
    with torch.no_grad():
        stem = net.encoder.stem[0]
        stem.weight.zero_()
        stem.weight[0, :, 1, 1] = 1.0  # its middle: brightness of the place itself
        net.head.weight.zero_()
        net.head.weight[2, 0] = 1.0
    x = torch.zeros(2, 3, 16, 16, dtype=torch.uint8)
    x[0, :, :4, :4] = 255
    x[1, :, 12:, 8:] = 255
    heat = activation(net, x, torch.tensor([2, 2]))
    assert heat.shape == (2, 16, 16) and heat.amin() == 0 and heat.amax() == 1
    assert torch.equal(heat > 0.5, x[:, 0] > 0)
    assert activation(net, x, torch.tensor([1, 1])).abs().max() == 0  # no weights, no place


def test_overlap_counts_places():
    heat = torch.tensor([[[0.9, 0.6], [0.2, 0.1]], [[0.0, 0.0], [0.0, 0.0]]])
    mask = torch.tensor([[[1, 0], [0, 0]], [[1, 1], [0, 0]]])
    assert overlap(heat, mask, 0.5).tolist() == [0.5, 0.0]
    assert overlap(heat, mask, 0.7).tolist() == [1.0, 0.0]
    assert overlap(heat, mask, 0.0).tolist() == [0.25, 0.5]


def test_the_threshold_is_chosen_on_val(monkeypatch):
    """Masks of val are what a share of 0.5 gives, those of test what 0.8 gives."""
    heat = torch.rand(6, 16, 16, generator=torch.Generator().manual_seed(0))
    monkeypatch.setattr("course_lib.evaluate.cam.activation", lambda *_: heat)
    data = tiny_data(6)
    sets = {
        split: replace(data, columns=data.columns | {"mask": (heat >= share).byte()})
        for split, share in (("val", 0.5), ("test", 0.8))
    }
    assert 0.5 in SHARES
    expected = overlap(heat, sets["test"].columns["mask"], 0.5).mean().item()
    assert localisation(None, sets) == pytest.approx(expected)
    assert expected < 0.9


def test_features_that_are_no_means_are_refused():
    net = method(net="vgg", **{"net.blocks": (1,), "net.grid": 2, "net.hidden": 8})
    net.head = torch.nn.Linear(8, 4)
    with pytest.raises(CourseError, match="features that are means over places"):
        activation(net, images(), torch.zeros(4, dtype=torch.long))
