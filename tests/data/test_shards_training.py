"""Training from shards: bit-equal after a break inside a shard, on one process and on two."""

import dataclasses
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from course_lib import data
from course_lib.core import sync
from course_lib.core.errors import CourseError
from course_lib.core.paths import root
from course_lib.data.streaming import build_index, stream, write
from course_lib.train import train
from course_lib.train.batches import batches_of
from tests.pair import Pair
from tests.tiny import tiny_recipe

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pair():
    made = Pair()
    yield made
    made.close()


@pytest.fixture(scope="module")
def stamps():
    return data.load("stamps", "val", size=16)


@pytest.fixture(scope="module")
def index(stamps, tmp_path_factory):
    return str(write(stamps, tmp_path_factory.mktemp("shards"), samples=20))


def run(name, index, folder=None, stop_after=None):
    """The state after more than an epoch of batches of 16, from shards opened anew."""
    shards = stream(index, mix=2)
    recipe = dataclasses.replace(tiny_recipe(name, batch=16, steps=8), **shards.settings)
    return train(recipe, folder, data=shards, stop_after=stop_after, say=None).state_dict()


def with_breaks(name, index, folder):
    """Whether a run that stops inside a shard of either epoch ends as one that does not."""
    whole = run(name, index)
    for stop in (2, 6):
        run(name, index, folder, stop)
    again = run(name, index, folder)
    return all(torch.equal(value, again[key]) for key, value in whole.items())


@pytest.mark.parametrize("name", ["moco", "instdisc"])
def test_resumed_run_is_bit_equal(name, index, tmp_path):
    assert with_breaks(name, index, str(tmp_path / "run"))


@pytest.mark.parametrize("name", ["moco", "instdisc"])
def test_resumed_run_is_bit_equal_on_two(name, index, pair, tmp_path):
    assert pair.run(with_breaks, name, index, str(tmp_path / "run")) == [True, True]


def epochs(index, steps):
    """The identities that this rank sees."""
    batches = batches_of(stream(index, mix=2), 16, 3, torch.device("cpu"))
    assert batches.shares.ranks == sync.world()
    return torch.stack([batches.at(step)["index"] for step in range(steps)])


def test_two_ranks_see_every_sample_once_an_epoch(stamps, index, pair):
    total = len(stamps)
    both = torch.cat(pair.run(epochs, index, 3 * total // 16 + 1), 1).flatten()
    alone = epochs(index, 3 * total // 16 + 1).flatten()
    for epoch in range(3):
        for seen in (both, alone):
            one = seen[epoch * total : (epoch + 1) * total]
            assert torch.equal(one.sort().values, torch.arange(total))


def test_run_folder_is_refused_on_other_shards(stamps, index, tmp_path):
    other = str(write(stamps, tmp_path / "other", samples=30))
    run("moco", index, tmp_path / "run", 1)
    with pytest.raises(CourseError, match=r"holds a run with data\.\w+="):
        run("moco", other, tmp_path / "run")


def test_deepcluster_trains_when_it_does_not_choose(index):
    shards = stream(index)
    recipe = tiny_recipe("deepcluster", steps=2, uniform=False, clusters=4)
    assert train(recipe, data=shards, say=None)
    with pytest.raises(CourseError, match="set uniform=false"):
        train(tiny_recipe("deepcluster", steps=2, clusters=4), data=shards, say=None)


def test_webdataset_reads_our_shards(index):
    from webdataset import filters, tariterators  # an extra that the fast tests run without

    whole, read = stream(index).whole(), []
    for shard in sorted(Path(index).parent.glob("*.tar")):
        with shard.open("rb") as file:  # the library itself would leave it open
            members = tariterators.tar_file_expander([{"url": str(shard), "stream": file}])
            read += filters.decode("rgb8")(tariterators.group_by_keys(members))
    assert len(read) == len(whole)
    for place, sample in enumerate(read):
        image = torch.from_numpy(sample["png"].copy()).permute(2, 0, 1)
        assert torch.equal(image, whole.image[place]) and sample["cls"] == whole.label[place]


def test_we_read_webdatasets_shards(stamps, tmp_path):
    import webdataset

    with webdataset.ShardWriter(str(tmp_path / "a-%03d.tar"), maxcount=30, verbose=0) as sink:
        for k in range(70):
            image = stamps.image[k].permute(1, 2, 0).numpy()
            name = f"folder.x/{k:04d}"
            sink.write({"__key__": name, "png": image, "cls": int(stamps.label[k]), "txt": "a cat"})
    shards = stream(build_index(f"{tmp_path}/a-{{000..002}}.tar"))
    assert torch.equal(shards.whole().image, stamps.image[:70])
    assert torch.equal(shards.whole().label, stamps.label[:70])


def test_the_pages_lines_train_on_two_processes_and_evaluate(stamps, tmp_path, monkeypatch):
    """The script of docs/streaming.md by its torchrun line, small, and what follows."""
    page = (root() / "docs" / "streaming.md").read_text(encoding="utf-8")
    script, after = re.findall(r"```python\n(.*?)```", page, re.S)
    assert '{"batch": "256", "epochs": "10"}' in script
    small = '{"batch": "32", "steps": "3", "width": "8"}'
    script = script.replace('{"batch": "256", "epochs": "10"}', small)
    (tmp_path / "stream.py").write_text(script)
    for split in data.SPLITS:
        write(data.load("stamps", split, size=16), tmp_path / "shards", 50)
    (line,) = [row.strip() for row in page.splitlines() if row.strip().startswith("ACCELERATE_USE")]
    words = shlex.split(line)
    at = words.index("torchrun")
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", *words[at + 1 :]],
        env=os.environ | dict(v.split("=") for v in words[:at]) | {"PYTHONPATH": str(root())},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert torch.load(tmp_path / "runs/a/last.pt", weights_only=True)["step"] == 3
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    exec(script + after, {"print": said.append})
    assert "simclr" in said[-1] and "random net" in said[-1]
