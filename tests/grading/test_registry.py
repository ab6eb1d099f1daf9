"""Exercises are found by id, one file at a time, and known again by what their file says."""

import sys

import pytest

from course_lib.core.errors import CourseError
from course_lib.grading import exercises, registry


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A place for exercises of this test; their modules are forgotten afterwards."""
    monkeypatch.setattr(exercises, "__path__", [*exercises.__path__, str(tmp_path)])
    (tmp_path / "u97").mkdir()
    yield tmp_path / "u97"
    for name in [name for name in sys.modules if name.startswith(f"{exercises.__name__}.u97")]:
        del sys.modules[name]


def test_ids_are_files_and_helpers_are_none():
    assert registry.ids("u98") == ["u98/order", "u98/standardise", "u98/verdict"]
    assert set(registry.ids("u98")) < set(registry.ids())
    assert not [name for name in registry.ids() if "/_" in name]


def test_finding_one_imports_no_other(folder):
    (folder / "broken.py").write_text("1 / 0")
    (folder / "_shared.py").write_text("1 / 0")
    assert registry.find("u98/order").title == "Order the fruit"
    assert registry.ids("u97") == ["u97/broken"]


@pytest.mark.parametrize("name", ["u98/standardize", "standardise", "98/standardise"])
def test_the_nearest_id_is_named(name):
    with pytest.raises(CourseError, match="did you mean 'u98/standardise'"):
        registry.find(name)


def test_what_is_no_id_is_refused():
    with pytest.raises(CourseError, match="named by its id"):
        registry.find(len)
    with pytest.raises(CourseError, match="no exercises of a unit 'u96'"):
        registry.ids("u96")


def test_a_file_without_its_exercise_is_refused(folder):
    (folder / "none.py").write_text("x = 1")
    (folder / "other.py").write_text("from course_lib.grading.exercises.u98.order import EXERCISE")
    for name in ("u97/none", "u97/other"):
        with pytest.raises(CourseError, match=f"must define EXERCISE.*{name}"):
            registry.find(name)


def test_the_digest_follows_what_the_file_says_not_how(folder):
    file = folder / "one.py"
    file.write_text("x = 1\n")
    first = registry.digest("u97/one")
    file.write_text("# a comment\nx  =  1\n")
    assert registry.digest("u97/one") == first
    file.write_text("x = 2\n")
    assert registry.digest("u97/one") != first


def test_the_order_of_a_lab_names_each_of_its_exercises():
    from course_lib.grading.exercises.u01 import ORDER

    assert registry.ids("u01") == [f"u01/{stem}" for stem in ORDER]
