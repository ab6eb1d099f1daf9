"""What claims share: a look changes no net for the claim that comes next, and probes see little."""

import pytest
import torch

from course_lib.claims import scenes, u04_memory, u05, u06, u07
from tests.tiny import tiny_data, tiny_recipe

LOOKS = {
    "moco": lambda: u04_memory.freshness("queue", 1, 2),
    "deepcluster": lambda: u05.agreement("trained", 1, 2),
    "swav": lambda: u05.mean_code("sinkhorn", 1, 2),
    "byol": lambda: u06.spread_of("BYOL", 1, 2),
    "barlow": lambda: u07.correlation("full, diagonal", 1, 2),
}


@pytest.mark.parametrize("method", LOOKS)
def test_looking_leaves_the_shared_net_as_it_was(method, monkeypatch):
    """The claims of a method, on a net of two steps and 64 images, all sharing one."""
    from course_lib.train import create

    data = tiny_data(256)
    recipe = tiny_recipe(method, batch=64)
    shared = create(recipe, data)
    for module in (scenes, u04_memory, u05, u06, u07):
        for name, value in (("trained", lambda *_: shared), ("scenes", lambda: Splits(data))):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, value)
    before = {key: value.clone() for key, value in shared.state_dict().items()}
    LOOKS[method]()
    for key, value in shared.state_dict().items():
        assert torch.equal(value, before[key]), key


class Splits(dict):
    """The same data under every name."""

    def __init__(self, data):
        super().__init__(train=data, val=data, test=data)


@pytest.mark.slow
def test_a_probe_evaluates_on_few_images_and_a_result_on_all(monkeypatch):
    sizes = []

    def seen(encoders, data, readouts, **options):
        sizes.append({split: len(of) for split, of in data.items()})
        return [type("Score", (), {"test": 0.5})]

    monkeypatch.setattr(scenes, "report", seen)
    scenes.tested(None, "knn", 1)
    scenes.tested(None, "knn", 1, few=True)
    whole, few = sizes
    assert few == dict.fromkeys(("train", "val", "test"), 1000) and min(whole.values()) > 1000
