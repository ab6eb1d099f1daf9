"""Cues: the same outlines under every pairing, textures paired as asked, both cues readable."""

import pytest
import torch

from course_lib import data
from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.data import cues


@pytest.fixture(scope="module")
def sets():
    return {t: data.load("cues", "val", n=600, textures=t) for t in cues.PAIRINGS}


def test_image_depends_on_seed_split_and_index_only(sets):
    few = data.load("cues", "val", n=3, textures="conflict").image
    assert torch.equal(few, sets["conflict"].image[:3])
    assert not torch.equal(few, data.load("cues", "val", n=3, textures="conflict", seed=1).image)
    assert not torch.equal(few, data.load("cues", "test", n=3, textures="conflict").image)
    assert few.shape == (3, 3, 40, 40) and few.dtype == torch.uint8
    assert data.load("cues", "val", n=2, size=48).image.shape == (2, 3, 48, 48)


def test_chunks_do_not_show(sets, monkeypatch):
    items = data.load("fashion", "val")
    monkeypatch.setattr(cues, "CHUNK", 7)
    assert torch.equal(cues.draw(items, "random", 20, 40, 0)["image"], sets["random"].image[:20])


def test_textures_are_paired_as_asked(sets):
    shape, texture = ({t: s.columns[c] for t, s in sets.items()} for c in ("shape", "texture"))
    assert torch.equal(texture["agree"], shape["agree"])
    assert not (texture["conflict"] == shape["conflict"]).any()
    assert (texture["random"] == shape["random"]).float().mean().item() == pytest.approx(
        1 / len(cues.CLASSES), abs=0.05
    )
    pairs = {*zip(shape["conflict"].tolist(), texture["conflict"].tolist(), strict=True)}
    assert len(pairs) == len(cues.CLASSES) * (len(cues.CLASSES) - 1)
    for part in sets.values():
        assert torch.equal(part.label, part.columns["shape"])
        assert part.label.bincount(minlength=6).min() > 600 / 6 * 0.7


def test_only_the_filling_changes_with_the_pairing(sets):
    agree, other = sets["agree"], sets["random"]
    assert torch.equal(agree.label, other.label) and torch.equal(
        agree.label, sets["conflict"].label
    )
    same = other.columns["shape"] == other.columns["texture"]
    assert torch.equal(agree.image[same], other.image[same])
    lit = (agree.image.amax(dim=1) > 0.16 * 255).float()  # the ground is darker than any filling
    ground = torch.nn.functional.max_pool2d(lit, 3, 1, 1) == 0  # and not at the soft edge
    assert 0.4 < ground.float().mean() < 0.9
    where = ground[:, None].expand_as(agree.image)
    assert torch.equal(agree.image[where], other.image[where])
    assert (agree.image[~same] != other.image[~same]).any(dim=(1, 2, 3)).all()


def test_every_outline_is_large_enough_and_inside(sets):
    inside = sets["agree"].image.amax(dim=1) > 0.25 * 255
    assert inside.flatten(1).float().mean(dim=1).min() > 0.04
    frame = torch.cat([inside[:, 0], inside[:, -1], inside[:, :, 0], inside[:, :, -1]], dim=1)
    assert frame.float().mean() < 0.06


def test_a_texture_can_be_told_wherever_it_lies():
    """The spectrum of a window of each pattern, which no shift changes, names it."""
    rng = Rng(3, 0, torch.arange(240))
    fields = cues.patterns(rng, 40)
    assert fields.shape == (240, 6, 40, 40) and 0 <= fields.min() and fields.max() <= 1
    spectrum = torch.fft.fft2(fields - fields.mean(dim=(2, 3), keepdim=True)).abs().flatten(2)
    spectrum = torch.nn.functional.normalize(spectrum, dim=2)
    middle = torch.nn.functional.normalize(spectrum[:120].mean(dim=0), dim=1)  # (6, pixels)
    said = (spectrum[120:] @ middle.T).argmax(dim=2)
    assert (said == torch.arange(6)).float().mean(dim=0).min() > 0.9


def test_the_two_colours_do_not_tell_the_class(sets):
    part = sets["agree"]
    colour = part.image.float().flatten(2).amax(dim=2)  # (N, 3), the lightest of each channel
    means = torch.stack([colour[part.label == c].mean(dim=0) for c in range(6)])
    assert means.std(dim=0).max() < 4


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ({"textures": "agrees"}, "did you mean 'agree'"),
        ({"n": 0}, "at least one image"),
        ({"size": 20}, "size 32 to 64, not 20"),
        ({"agree": True}, "no option 'agree'"),
    ],
)
def test_wrong_words_are_one_sentence(spec, sentence):
    with pytest.raises(CourseError, match=sentence):
        data.load("cues", "val", **spec)
