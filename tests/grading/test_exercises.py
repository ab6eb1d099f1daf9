"""Every exercise file is whole: each misconception caught by its own sentence, on several seeds."""

import pytest

from course_lib.grading import registry
from course_lib.grading.audit import audit

NAMES = list(registry.files())


def test_there_are_exercises():
    assert NAMES


@pytest.mark.parametrize("name", NAMES)
def test_exercise(name):
    assert audit(registry.find(name), seeds=[0]) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_exercise_on_other_cases(name):
    assert audit(registry.find(name), seeds=range(1, 5)) == []
