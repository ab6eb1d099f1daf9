"""A claim's table shows what is stored, whichever way it came out, and says when nothing is."""

import json

import pytest

from course_lib.claims import claim as claims
from course_lib.core.errors import CourseError
from course_lib.widgets import claim_table


def decide(values, margin):
    """First line.

    The first arm leads
    the second by the margin.
    """
    return True


CLAIM = claims.Claim(
    row="R900",
    sentence="One < two.",
    tag="Q",
    arms=("one", "two"),
    metric="accuracy, from 0 to 1",
    arm=lambda arm, seed: 0.0,
    margin=0.05,
    verdict=decide,
)
RECORD = {
    "row": "R900",
    "sentence": "One < two.",
    "tag": "Q",
    "metric": "accuracy, from 0 to 1",
    "margin": 0.05,
    "verdict": "failed",
    "seeds": [1, 2],
    "arms": {"one": [0.25, 0.35], "two": [0.1, 0.2]},
    "floors": {"chance": 0.1},
    "seconds": 200.0,
    "machine": "m",
    "versions": {"python": "3"},
    "fingerprint": "f",
    "note": "A <likely> reason.",
    "probe": {},
}


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """Where claims are stored; R900 and R901 are known."""
    monkeypatch.setattr(claim_table.paths, "packs", lambda: [tmp_path / "data"])
    monkeypatch.setattr(claims, "known", lambda: {"R900": CLAIM})
    stored = tmp_path / "results" / "claims"
    stored.mkdir(parents=True)
    return stored


def store(folder, **changes) -> None:
    text = json.dumps(RECORD | changes)
    (folder / "R900.json").write_text(text, encoding="utf-8")


def test_arms_seeds_floors_margin_verdict_and_note(folder, shown):
    store(folder)
    claim_table.show("R900")
    page, words = shown[0]["text/html"], shown[0]["text/plain"]
    for text in ("One &lt; two.", "0.250", "0.350", "<b>0.300</b>", "floor: chance", "0.05",
                 "✗ Did not hold.", "A &lt;likely&gt; reason.", "seed 2",
                 "from 0 to 1; on m."):  # fmt: skip
        assert text in page, text
    assert "leads the second by the margin" in page and "First line" not in page
    assert "one 0.300 (seeds: 0.250, 0.350)" in words and "Floors: chance 0.100." in words
    assert "✗ Did not hold." in words and "Note: A <likely> reason." in words


def test_a_claim_that_held(folder, shown):
    store(folder, verdict="held", note="")
    claim_table.show("R900")
    page = shown[0]["text/html"]
    assert "✓ Held." in page and "Did not" not in page and "Note" not in page


def test_large_values_have_two_digits(folder, shown):
    store(folder, arms={"one": [10.0, 9.5], "two": [0.9, 1.0]})
    claim_table.show("R900")
    assert "<td" in shown[0]["text/html"] and "9.50<" in shown[0]["text/html"]
    assert "0.90<" in shown[0]["text/html"]


def test_not_measured_damaged_and_unknown(folder, shown, capsys):
    claim_table.show("R900")
    assert "Claim R900: One < two. Not measured yet." in shown[0]["text/plain"]
    (folder / "R900.json").write_text("{", encoding="utf-8")
    claim_table.show("R900")
    assert "cannot be read as a result" in capsys.readouterr().out and len(shown) == 1
    with pytest.raises(CourseError, match="did you mean 'R900'"):
        claim_table.show("R90")
