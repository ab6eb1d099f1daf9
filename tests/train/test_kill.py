"""kill -9 of all processes of a run, at random moments: the same command ends bit-equal."""

import random

import pytest
import torch

from tests.killable import finish, kill_after, start

pytestmark = pytest.mark.slow
STEPS = 14
KILLS = 3


def state(folder) -> dict:
    """Everything that a checkpoint holds, by its path."""
    found = {}

    def walk(path, value):
        if isinstance(value, dict | list):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            for key, inner in items:
                walk(f"{path}.{key}", inner)
        else:
            found[path] = value

    walk("", torch.load(folder / "last.pt", weights_only=True))
    return found


@pytest.mark.parametrize("world", [1, 2])
@pytest.mark.parametrize("method", ["moco", "deepcluster", "dino"])
def test_killed_run_ends_bit_equal(method, world, tmp_path):
    moments = random.Random(f"{method} {world}")
    finish(start(method, tmp_path / "straight", world, STEPS))
    killed = 0
    for _ in range(KILLS):
        run = start(method, tmp_path / "killed", world, STEPS)
        killed += kill_after(run, tmp_path / "killed", moments.randint(1, 3), moments.random() / 50)
    finish(start(method, tmp_path / "killed", world, STEPS))
    assert killed == KILLS, "a run was over before it could be killed"
    straight, again = state(tmp_path / "straight"), state(tmp_path / "killed")
    assert straight.keys() == again.keys()
    for path, value in straight.items():
        same = torch.equal(value, again[path]) if torch.is_tensor(value) else value == again[path]
        assert same, path
