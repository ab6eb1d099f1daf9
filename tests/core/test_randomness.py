"""Draws equal a plain-Python SplitMix64, depend on nothing but their key, and look random."""

import hashlib
import math
import random

import numpy
import torch

from course_lib.core.randomness import Rng

WORD = 2**64


def finaliser(z: int) -> int:
    """SplitMix64's output function on an unsigned 64-bit word."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % WORD
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % WORD
    return z ^ (z >> 31)


def words(seed: int, step: int, path: tuple, name: str, index: int, n: int) -> list[int]:
    """What `Rng.bits` owes one sample, as unsigned words."""
    digest = hashlib.blake2b(repr((seed, step, path, name)).encode(), digest_size=8).digest()
    key = int.from_bytes(digest, "little")
    row = finaliser((index * 0x9E3779B97F4A7C15 + key) % WORD)
    return [finaliser((row + k * 0x9E3779B97F4A7C15) % WORD) for k in range(1, n + 1)]


def test_the_reference_is_splitmix64():
    """The first outputs of the published generator for seed 0."""
    stream = [finaliser(k * 0x9E3779B97F4A7C15 % WORD) for k in (1, 2, 3)]
    assert stream == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


def test_equals_plain_python():
    index = torch.tensor([0, 1, 2, 3, 999_999_999_999, 2**62])
    rng = Rng(7, 123, index).fold("view").fold(2)
    ours = rng.bits("crop", 5)
    uniform = rng.uniform("crop", 5)
    for row, sample in enumerate(index.tolist()):
        theirs = words(7, 123, ("view", 2), "crop", sample, 5)
        assert [word % WORD for word in ours[row].tolist()] == theirs
        assert uniform[row].tolist() == [(word >> 40) / 2**24 for word in theirs]


def test_normal_is_box_muller_of_the_uniforms():
    rng = Rng(0, 0, torch.arange(50))
    pair = rng.uniform("x", 6).double()
    theirs = (-2 * (1 - pair[:, :3]).log()).sqrt() * (2 * math.pi * pair[:, 3:]).cos()
    torch.testing.assert_close(rng.normal("x", 3).double(), theirs, atol=2e-6, rtol=2e-6)


def test_order_and_company_of_a_sample_do_not_matter():
    index = torch.arange(500, 564)
    rng = Rng(3, 9, index).fold(1)
    order = torch.arange(63, -1, -1)
    halves = [Rng(3, 9, part).fold(1) for part in index.chunk(2)]  # two ranks
    for draw in (Rng.bits, Rng.uniform, Rng.normal):
        whole = draw(rng, "name", 4)
        assert torch.equal(draw(Rng(3, 9, index[order]).fold(1), "name", 4), whole[order])
        assert torch.equal(torch.cat([draw(half, "name", 4) for half in halves]), whole)
        assert torch.equal(draw(Rng(3, 9, index[5:6]).fold(1), "name", 4), whole[5:6])


def test_shared_is_one_draw_a_step_for_everyone():
    here, there = Rng(3, 9, torch.arange(4)), Rng(3, 9, torch.arange(100, 131))
    assert torch.equal(here.shared("beta", 3), there.shared("beta", 3))
    assert here.shared("beta", 3).shape == (3,)
    others = [Rng(3, 10, here.index).shared("beta", 3), here.fold(0).shared("beta", 3)]
    assert all(not torch.equal(here.shared("beta", 3), other) for other in others)


def test_the_first_draws_do_not_depend_on_how_many_are_asked():
    rng = Rng(0, 0, torch.arange(9))
    assert torch.equal(rng.uniform("x", 7)[:, :3], rng.uniform("x", 3))


def test_uniform_is_uniform():
    draws = Rng(0, 0, torch.arange(20_000)).uniform("x", 10)
    assert draws.dtype == torch.float32 and 0 <= draws.min() and draws.max() < 1
    ordered = draws.flatten().sort().values
    assert (ordered - torch.linspace(0, 1, len(ordered))).abs().max() < 0.005
    assert (torch.corrcoef(draws.T) - torch.eye(10)).abs().max() < 0.035
    neighbours = torch.corrcoef(torch.stack([draws[:-1, 0], draws[1:, 0]]))[0, 1]
    assert neighbours.abs() < 0.035


def test_normal_is_normal():
    draws = Rng(0, 0, torch.arange(20_000)).normal("x", 10).flatten().double()
    assert draws.isfinite().all()
    moments = [(draws**power).mean().item() for power in (1, 2, 3, 4)]
    for moment, expected, slack in zip(moments, (0, 1, 0, 3), (0.01, 0.02, 0.04, 0.1), strict=True):
        assert abs(moment - expected) < slack
    ordered = torch.special.ndtr(draws).sort().values
    assert (ordered - torch.linspace(0, 1, len(ordered))).abs().max() < 0.005


def test_every_part_of_the_key_gives_independent_draws():
    index = torch.arange(20_000)
    rng = Rng(0, 0, index)
    sources = [
        rng,
        Rng(1, 0, index),
        Rng(0, 1, index),
        rng.fold(0),
        rng.fold(1),
        rng.fold("0"),
        rng.fold(0).fold(1),
        rng.fold(1).fold(0),
        Rng(0, 0, index + 20_000),
    ]
    draws = torch.stack([source.uniform("x", 1)[:, 0] for source in sources])
    draws = torch.cat([draws, rng.uniform("y", 1).T])
    assert (torch.corrcoef(draws) - torch.eye(len(draws))).abs().max() < 0.035


def test_folding_leaves_the_parent_alone():
    rng = Rng(0, 0, torch.arange(5))
    before = rng.uniform("x", 2)
    rng.fold("child").uniform("x", 2)
    assert torch.equal(rng.uniform("x", 2), before)


def test_no_global_generator_moves():
    before = (torch.get_rng_state(), random.getstate(), numpy.random.get_state()[1].copy())
    rng = Rng(0, 0, torch.arange(5))
    rng.uniform("x", 3), rng.normal("x", 3), rng.shared("x"), rng.fold(1).bits("x", 2)
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == random.getstate()
    assert (before[2] == numpy.random.get_state()[1]).all()
