"""The tables' methods get the settings that were best on val, as they are stored when asked."""

import json
from dataclasses import replace

import pytest

from course_lib.claims import known, tables, tables_beside
from course_lib.claims.scenes import recipe
from course_lib.core.errors import CourseError
from course_lib.nets.vit import ViT
from tests.tiny import tiny_data

FIRST, SECOND, THIRD = tables.TRIED


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout without results → a function that stores a tuning of these methods."""
    monkeypatch.setattr(tables, "root", lambda: tmp_path)

    def tuned(**best: str) -> None:
        arms = {
            f"{name}: {tried}": [0.9 if tried == best.get(name, FIRST) else 0.1]
            for name in tables.METHODS
            for tried in tables.TRIED
        }
        file = tmp_path / "results" / "figures" / "tuning.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"arms": arms}))

    return tuned


def test_without_a_tuning_a_method_says_what_to_run(checkout):
    assert not tables.CHOSEN
    with pytest.raises(CourseError, match="SimCLR is not tuned yet: course claims run tuning"):
        tables.measured("SimCLR, kNN", 1, settings=tables.CHOSEN)


def test_in_an_installed_copy_nothing_is_chosen_and_nothing_fails(monkeypatch):
    monkeypatch.setattr(tables, "root", lambda: None)
    assert dict(tables.CHOSEN) == {}


def test_a_tuning_stored_after_the_import_is_used_and_changes_the_fingerprint(checkout):
    table = known()["all_methods"]
    before = table.stamp()
    checkout(SimCLR=SECOND)
    assert tables.CHOSEN["SimCLR"] == f"simclr epochs=3 {SECOND}"
    assert tables.CHOSEN["BYOL"] == f"byol epochs=3 {FIRST}"
    first = table.stamp()
    checkout(SimCLR=THIRD)
    assert len({before, first, table.stamp()}) == 3


def test_a_method_that_joined_after_the_tuning_is_left_out(checkout):
    checkout()
    more = tables.Chosen(tables.METHODS | {"new": "simclr"}, "tuning")
    assert set(more) == set(tables.METHODS)


@pytest.mark.parametrize(
    "name", ["all_methods", "all_transformers", "memory", "memory_transformers"]
)
def test_every_arm_of_a_table_names_a_method(name):
    methods = {*tables.METHODS, *tables.TRANSFORMERS, *tables.UNTRAINED}
    for arm in known()[name].arms:
        found, _, what = arm.rpartition(", ")
        assert arm in methods or (found in methods and what in tables.READ), arm


def test_the_floor_of_the_vits_is_a_vit_before_training(monkeypatch):
    seen = []
    monkeypatch.setattr(tables, "scenes", lambda: {"train": tiny_data(size=40)})
    monkeypatch.setattr(tables, "tested", lambda net, readout, seed: seen.append(net) or 0.2)
    monkeypatch.setattr(tables, "untrained", lambda name, readout, seed: 0.1)
    assert tables.measured("random, ViT, kNN", 1, settings={}) == 0.2
    assert isinstance(seen[0].encoder, ViT) and len(seen[0].encoder.body.blocks) == 4
    assert tables.measured("random, kNN", 1, settings={}) == 0.1
    assert tables.few_steps_measured("raw pixels, linear", settings={}) == 0.1


def test_the_longer_runs_have_four_times_the_epochs_of_the_table(checkout, monkeypatch):
    words = []
    monkeypatch.setattr(
        tables_beside, "knn_on_val", lambda line, seed, steps: words.append(line) or 0.5
    )
    checkout(BYOL=SECOND)
    for name in known()["longer"].arms:
        assert tables_beside.longer_on_val(name, 1) == 0.5
        short, long = (recipe(line, 1, 0) for line in (tables.CHOSEN[name], words[-1]))
        assert long.epochs == 4 * short.epochs
        assert replace(long, epochs=short.epochs) == short
    assert words[0] == f"byol epochs=3 {SECOND} epochs=12"


@pytest.mark.slow
def test_memory_is_counted_from_the_start_of_training_not_from_the_peak_of_making_the_data():
    assert tables_beside.megabytes("supervised", 1, settings=tables.CHOSEN) > 30
