"""The table of docs/engine.md: what wrong collectives do to a gradient."""

import pytest

from tests.patterns import BEGIN, END, PAGE, RIGHT, measured, table

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found():
    return measured()


def test_right_patterns_are_exact_and_wrong_ones_are_not(found):
    for name, (error, _, _) in found.items():
        if any(word in name for word in RIGHT):
            assert error < 1e-12, name
        else:
            assert error > 0.1, name


def test_the_page_shows_what_was_measured(found):
    shown = PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]
    assert shown == table(found), "run python -m tests.patterns"
