"""The results page shows what is stored, and nothing else."""

from dataclasses import replace

import pytest

from course_lib.claims import Claim, page, record
from course_lib.claims.record import Record
from course_lib.core.errors import CourseError


def stored(**changes) -> Record:
    kept = Record(
        row="R998", sentence="One beats other.", tag="Q", metric="accuracy", margin=0.1,
        verdict="failed", seeds=[1, 2], arms={"one": [0.5, 0.7]}, floors={}, seconds=90.0,
        machine="here", versions={"python": "3"}, fingerprint="0", note="", probe={},
    )  # fmt: skip
    return replace(kept, **changes)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with one claim and two pages, none of them filled."""
    only = Claim("R998", "One beats other.", "Q", ("one",), "accuracy", len, 0.1, minutes=3)
    for module in ("claim", "record", "page"):
        monkeypatch.setattr(f"course_lib.claims.{module}.results", lambda: tmp_path / "results")
    monkeypatch.setattr(page, "known", lambda: {"R998": only})
    (tmp_path / "docs").mkdir()
    for file in page.pages():
        file.write_text("Before.\n<!-- ledger: begin -->\nold\n<!-- ledger: end -->\nAfter.\n")
    return only


def test_pages_of_the_course_show_what_is_stored():
    page.check()


def test_a_page_keeps_its_text_and_gets_the_stored_verdict(checkout):
    record.write(stored(), checkout.file)
    assert len(page.write()) == 2
    text = page.pages()[0].read_text()
    assert text.startswith("Before.\n") and text.endswith("After.\n") and "old" not in text
    assert "| R998 | One beats other. | failed | 1.5 | 3 |" in text
    assert page.write() == []


def test_a_page_that_shows_something_else_is_named(checkout):
    page.write()
    record.write(stored(verdict="held"), checkout.file)
    with pytest.raises(CourseError, match="README.md does not show what is stored: course claims"):
        page.check()


def test_what_was_not_run_says_so(checkout):
    assert "| R998 | One beats other. | not yet measured |  | 3 |" in page.ledger()


def test_methods_stand_in_the_order_of_their_knn_with_their_spread(checkout, monkeypatch):
    arms = {
        "a, kNN": [0.5, 0.6], "a, linear": [0.6, 0.6], "a, seconds": [10.0, 20.0],
        "b, kNN": [0.9, 0.7], "b, linear": [0.8, 0.9], "b, seconds": [30.0, 30.0],
        "raw pixels, kNN": [0.1, 0.1], "raw pixels, linear": [0.2, 0.2],
    }  # fmt: skip
    table = stored(tag="figure", verdict="", margin=None, arms=arms)
    monkeypatch.setattr(page, "stored", lambda key: table if key == "table" else None)
    lines = page.methods_table("table", "memory", {"a": "", "b": ""}).splitlines()[2:]
    assert lines == [
        "| b | 80.0 ± 10.0 | 85.0 ± 5.0 | 30 |  |",
        "| a | 55.0 ± 5.0 | 60.0 ± 0.0 | 15 |  |",
        "| raw pixels | 10.0 ± 0.0 | 20.0 ± 0.0 |  |  |",
    ]


def test_longer_runs_stand_beside_the_best_short_one(monkeypatch):
    best = dict(zip(page.TRIED, (0.2, 0.3, 0.1), strict=True))
    tuned = stored(arms={f"BYOL: {tried}": [value] for tried, value in best.items()})
    kept = {"longer": stored(arms={"BYOL": [0.5]}), "tuning": tuned}
    monkeypatch.setattr(page, "stored", kept.get)
    assert page.longer_table().splitlines()[2:] == ["| BYOL | 30.0 | 50.0 |"]
    del kept["longer"]
    assert page.longer_table() == "Not yet measured.\n"
