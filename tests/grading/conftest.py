"""The tests' own exercises, beside the course's, and a progress file for each test."""

from pathlib import Path

import pytest

from course_lib.grading import exercises


@pytest.fixture(autouse=True)
def own_exercises(monkeypatch, tmp_path):
    folder = str(Path(__file__).parent / "exercises")
    monkeypatch.setattr(exercises, "__path__", [*exercises.__path__, folder])
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
