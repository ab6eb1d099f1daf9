"""What a cell would show, collected without a notebook."""

import pytest


@pytest.fixture
def shown(monkeypatch):
    """Every display, in order: a list of mime bundles."""
    found: list[dict] = []

    def display(data, metadata=None, raw=False):
        found.append(data)

    for module in ("style", "source", "glossary", "claim_table"):
        monkeypatch.setattr(f"course_lib.widgets.{module}.display", display)
    return found
