"""`course claims`: lists, runs and checks."""

import pytest
from typer.testing import CliRunner

from course_lib.claims import Claim
from course_lib.claims.cli import app
from course_lib.core.errors import CourseError


def half(name: str, seed: int) -> float:
    return {"one": 0.5, "other": 0.2}[name]


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course with one claim → a function that runs a command and returns its output."""
    only = Claim("R998", "One beats other.", "Q", ("one", "other"), "accuracy", half, 0.1)
    for module in ("claim.results", "record.results"):
        monkeypatch.setattr(f"course_lib.claims.{module}", lambda: tmp_path / "results")
    monkeypatch.setattr("course_lib.claims.claim.known", lambda: {only.key: only})
    monkeypatch.setattr("course_lib.claims.cli.known", lambda: {only.key: only})

    def command(*words: str) -> str:
        result = CliRunner().invoke(app, words, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    return command


def test_list_run_check(course):
    assert "R998" in course("list")
    assert "missing" in course("list")
    with pytest.raises(CourseError, match="1 of 1 results are not fresh"):
        course("check")
    assert "R998 held: One beats other." in course("run", "R998")
    assert "fresh" in course("list")
    assert "All 1 results are fresh." in course("check", "--probe")


def test_an_unknown_row_gets_the_nearest(course):
    with pytest.raises(CourseError, match="did you mean 'R998'"):
        course("run", "R989")


def test_all_that_is_not_fresh_is_run_and_the_rest_is_not(course):
    assert "R998 held" in course("run", "--all")
    assert course("run", "--all") == "Everything is fresh.\n"


def test_nothing_to_run_is_one_sentence(course):
    with pytest.raises(CourseError, match="Name the claims to run, or say --all"):
        course("run")
