"""`load` and what stands behind it: one sentence for every wrong word, no damaged byte accepted,
and nothing lost when a cache entry is."""

import json
import shutil

import pytest
import torch

from course_lib import data
from course_lib.core.errors import CourseError
from course_lib.core.paths import root
from course_lib.data import cache
from course_lib.data.pack import Pack


@pytest.mark.parametrize(
    ("name", "split", "spec", "message"),
    [
        ("scene", "train", {}, "no data set 'scene': did you mean 'scenes'"),
        ("scenes", "training", {}, "no split 'training': it is train, val or test"),
        ("scenes", "test", {"sise": 40}, "scenes has no option 'sise': did you mean 'size'"),
        ("scenes", "test", {"size": 400}, "size 16 to 96"),
        ("scenes", "test", {"n": 0}, "at least one image"),
        ("scenes", "test", {"classes": 1}, "classes, not 1"),
        ("scenes", "test", {"objects": (3, 1)}, "the least first, not 3 to 1"),
        ("scenes", "test", {"background": "sky"}, "'noise' or 'photos', not 'sky'"),
        ("clutter", "test", {"n": 20_000}, "n is 1 to 10,000, not 20000"),
        ("clutter", "test", {"size": 20}, "size 32 to 64, not 20"),
    ],
)
def test_wrong_words_are_one_sentence(name, split, spec, message):
    with pytest.raises(CourseError) as caught:
        data.load(name, split, **spec)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.fixture
def pack_copy(tmp_path, monkeypatch):
    """A copy of the stamps pack that may be damaged, found instead of the real one."""
    folder = tmp_path / "packs" / "stamps"
    shutil.copytree(root() / "data" / "stamps", folder)
    monkeypatch.setattr("course_lib.data.pack.packs", lambda: [folder.parent])
    return folder


def some_file(folder):
    name = next(iter(json.loads((folder / "card.json").read_text())["files"]))
    return folder / name


def test_truncated_file_is_refused(pack_copy):
    file = some_file(pack_copy)
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(CourseError, match=r"bytes instead of [\d,]+: restore it with"):
        Pack("stamps").read(file.name)


def test_altered_file_is_refused(pack_copy):
    file = some_file(pack_copy)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(CourseError, match="was altered"):
        Pack("stamps").read(file.name)


def test_missing_file_card_and_pack_are_refused(pack_copy):
    some_file(pack_copy).unlink()
    with pytest.raises(CourseError, match="is missing"):
        Pack("stamps").read(some_file(pack_copy).name)
    (pack_copy / "card.json").write_text("{")
    with pytest.raises(CourseError, match="cannot be read"):
        _ = Pack("stamps").card
    shutil.rmtree(pack_copy)
    with pytest.raises(CourseError, match="is not in .* set COURSE_DATA"):
        Pack("stamps")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    return tmp_path


def counted():
    """A `make` that counts its calls."""
    calls = []

    def make():
        calls.append(1)
        return {"image": torch.arange(12)}

    return make, calls


def test_cache_returns_what_was_made_and_makes_it_once(home):
    make, calls = counted()
    first, second = cache.cached("a", make), cache.cached("a", make)
    assert torch.equal(first["image"], second["image"]) and len(calls) == 1
    cache.cached("b", make)
    assert len(calls) == 2


def test_damaged_cache_entry_is_made_again(home):
    make, calls = counted()
    cache.cached("a", make)
    (entry,) = (home / "cache").glob("*.pt")
    entry.write_bytes(entry.read_bytes()[:100])
    assert torch.equal(cache.cached("a", make)["image"], torch.arange(12))
    assert len(calls) == 2


def test_home_that_cannot_be_written_costs_only_time(home, monkeypatch):
    (home / "file").write_text("not a folder")
    monkeypatch.setenv("COURSE_HOME", str(home / "file"))
    make, calls = counted()
    for _ in range(2):
        assert torch.equal(cache.cached("a", make)["image"], torch.arange(12))
    assert len(calls) == 2


def test_cache_forgets_what_was_used_longest_ago(home):
    make, _ = counted()
    for name in "abc":
        cache.cached(name, make)
    entries = sorted((home / "cache").glob("*.pt"), key=lambda f: f.stat().st_mtime_ns)
    size = entries[0].stat().st_size
    cache.prune(home / "cache", keep=2 * size)
    assert set((home / "cache").glob("*.pt")) == set(entries[1:])


def test_a_change_to_loaded_data_stays_where_it_was_made(home):
    make, _ = counted()
    cache.cached("a", make)
    cache.cached("a", make)["image"].zero_()
    assert torch.equal(cache.cached("a", make)["image"], torch.arange(12))
