"""A student's copies follow the course until they are touched, and are never overwritten."""

import pytest

from course_lib.project.workspace import refresh


@pytest.fixture
def course(tmp_path):
    """A checkout with one lecture and one lab, copied once."""
    (tmp_path / "lectures").mkdir()
    (tmp_path / "labs" / "01_a").mkdir(parents=True)
    (tmp_path / "lectures" / "01_a.ipynb").write_text("one")
    (tmp_path / "labs" / "01_a" / "lab.ipynb").write_text("lab one")
    assert refresh(tmp_path, tmp_path / "work") == []
    return tmp_path


def test_first_copy(course):
    assert (course / "work" / "01_a.ipynb").read_text() == "one"
    assert (course / "work" / "labs" / "01_a" / "lab.ipynb").read_text() == "lab one"


def test_an_untouched_copy_follows_the_course(course):
    (course / "lectures" / "01_a.ipynb").write_text("two")
    assert refresh(course, course / "work") == []
    assert (course / "work" / "01_a.ipynb").read_text() == "two"


def test_a_touched_copy_stays_and_the_newer_version_lies_beside(course):
    mine, theirs = course / "work" / "01_a.ipynb", course / "lectures" / "01_a.ipynb"
    mine.write_text("mine")
    assert refresh(course, course / "work") == []  # the course did not change
    theirs.write_text("two")
    (told,) = refresh(course, course / "work")
    assert "01_a.new.ipynb" in told
    assert mine.read_text() == "mine"
    assert (course / "work" / "01_a.new.ipynb").read_text() == "two"
    assert refresh(course, course / "work") == []  # said once


def test_work_in_an_offered_version_is_kept_too(course):
    (course / "work" / "01_a.ipynb").write_text("mine")
    (course / "lectures" / "01_a.ipynb").write_text("two")
    refresh(course, course / "work")
    (course / "lectures" / "01_a.ipynb").write_text("three")
    refresh(course, course / "work")
    assert (course / "work" / "01_a.new.ipynb").read_text() == "three"  # untouched, so replaced
    (course / "work" / "01_a.new.ipynb").write_text("mine too")
    (course / "lectures" / "01_a.ipynb").write_text("four")
    (told,) = refresh(course, course / "work")
    assert "01_a.new2.ipynb" in told
    assert (course / "work" / "01_a.new.ipynb").read_text() == "mine too"
    assert (course / "work" / "01_a.new2.ipynb").read_text() == "four"


def test_a_deleted_copy_comes_back(course):
    (course / "work" / "01_a.ipynb").unlink()
    refresh(course, course / "work")
    assert (course / "work" / "01_a.ipynb").read_text() == "one"


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"01_a.ipynb": 3}'])
def test_without_its_record_nothing_is_overwritten(course, damage):
    (course / "work" / ".copied.json").write_text(damage)
    (course / "lectures" / "01_a.ipynb").write_text("two")
    told = refresh(course, course / "work")
    assert len(told) == 2 and "damaged" in told[0]
    assert (course / "work" / "01_a.ipynb").read_text() == "one"
    assert (course / "work" / "01_a.new.ipynb").read_text() == "two"
