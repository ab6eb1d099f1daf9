"""docs/speed.md shows what is stored, and says so where nothing is."""

from benchmarks import page
from course_lib.claims.page import filled
from course_lib.core.paths import root


def test_the_page_shows_what_is_stored():
    text = (root() / page.PAGE).read_text(encoding="utf-8")
    assert filled(text, page.parts()) == text, "course bench page"


def test_what_was_not_measured_is_said(monkeypatch):
    monkeypatch.setattr(page, "stored", lambda name: None)
    assert set(page.parts().values()) == {page.NOT_YET}
    assert set(page.parts()) == set(page.PARTS)


def test_every_mark_of_the_page_is_filled():
    text = (root() / page.PAGE).read_text(encoding="utf-8")
    for name in page.PARTS:
        assert f"<!-- {name}: begin -->" in text, name


def test_rates_are_given_in_times_of_the_peers():
    rates = {"ours": 300.0, "lightly, default, 2 workers": 100.0, "lightly, best, 1 workers": 150.0}
    shown = page.lightly({"lightly": {name: {"views_per_s": r} for name, r in rates.items()}})
    assert "| ours | 300 | 3.0 | 2.0 |" in shown
