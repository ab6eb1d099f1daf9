"""Supervised runs whose nets drop blocks, squares or paths: the same anywhere, as every run is."""

import json

import pytest
import torch

from course_lib.core.randomness import Rng
from course_lib.methods import Time
from course_lib.train import create, train
from tests.pair import Pair
from tests.tiny import one_step, some_steps, tiny_data, tiny_recipe

RESNET = {"net": "resnet", "net.blocks": (1, 1, 1), "net.zero_init": False, "width": 4}
OPTIONS = {
    "a block a batch": RESNET | {"net.survival": 0.4},
    "a block a sample": RESNET
    | {"net.survival": 0.4, "net.survival_per": "sample", "net.scaled": "train"},
    "squares": RESNET | {"net.keep": 0.7, "net.drop_ramp": False, "augment.views": 2},
    "squares in a convnet": {"net.keep": 0.7},
    "paths of a vit": {"net": "vit", "net.depth": 2, "net.survival": 0.4},
}
every_option = pytest.mark.parametrize("name", OPTIONS)
LATER = Time(50, 100, 5.0)


@every_option
def test_resumed_run_is_bit_equal(name, tmp_path):
    data, recipe = tiny_data(), tiny_recipe("supervised", steps=5, **OPTIONS[name])
    whole = train(recipe, data=data, say=None).state_dict()
    train(recipe, tmp_path, data=data, stop_after=3, say=None)
    again = train(recipe, tmp_path, data=data, say=None).state_dict()
    assert all(torch.equal(value, again[key]) for key, value in whole.items())


@every_option
def test_what_was_dropped_is_in_the_log(name, tmp_path):
    train(tiny_recipe("supervised", **OPTIONS[name]), tmp_path, data=tiny_data(), say=None)
    row = json.loads((tmp_path / "log.jsonl").read_text().splitlines()[-1])
    rate = row["survived" if "net.survival" in OPTIONS[name] else "dropped"]
    assert 0 < rate < 1 or name == "a block a batch"


def test_a_run_without_these_options_logs_none_of_them(tmp_path):
    train(tiny_recipe("supervised"), tmp_path, data=tiny_data(), say=None)
    row = json.loads((tmp_path / "log.jsonl").read_text().splitlines()[-1])
    assert not {"survived", "dropped"} & set(row)


def test_features_of_a_sample_do_not_depend_on_its_neighbours():
    """With a ViT, which has no BatchNorm: half of a batch gives half of the embeddings."""
    words = OPTIONS["paths of a vit"] | {"augment.views": 2}
    data = tiny_data()
    method = create(tiny_recipe("supervised", **words), data)

    def embeddings(rows: slice) -> torch.Tensor:
        views = method.views(data.batch(rows), Rng(0, 7, data.index[rows]))
        return method(views, LATER).embedding.unflatten(0, (2, -1))

    whole, half = embeddings(slice(0, 32)), embeddings(slice(16, 32))
    assert torch.allclose(whole[:, 16:], half, atol=1e-5)
    method.eval()
    assert not torch.allclose(embeddings(slice(0, 32)), whole, atol=1e-2)


@pytest.fixture(scope="module")
def pair():
    made = Pair()
    yield made
    made.close()


def apart(alone, both) -> dict[str, float]:
    """The relative distance of each tensor."""
    return {
        key: float((value - both[key]).double().norm() / value.double().norm().clamp_min(1e-12))
        for key, value in alone.items()
    }


@pytest.mark.slow
@every_option
def test_two_processes_are_one(name, pair):
    words = OPTIONS[name]
    alone = pair_step(words)
    for both in pair.run(pair_step, words):
        assert all(e < 1e-7 for e in apart(alone, both).values())
    alone = pair_steps(words)
    for both in pair.run(pair_steps, words):
        assert all(e < 1e-6 for e in apart(alone, both).values())


@pytest.mark.slow
def test_resumed_run_is_bit_equal_on_two(pair, tmp_path):
    assert pair.run(pair_break, OPTIONS["a block a batch"], str(tmp_path / "run")) == [True, True]


def pair_step(words):
    return one_step("supervised", "fp64", 1.0, **words)


def pair_steps(words):
    return some_steps("supervised", 5, **words)


def pair_break(words, folder):
    data, recipe = tiny_data(), tiny_recipe("supervised", steps=7, **words)
    whole = train(recipe, data=data, say=None).state_dict()
    train(recipe, folder, data=data, stop_after=3, say=None)
    again = train(recipe, folder, data=data, say=None).state_dict()
    return all(torch.equal(value, again[key]) for key, value in whole.items())
