"""Floors are shown as they are stored; what is missing or damaged stops nothing."""

import json

import pytest

from course_lib.widgets import floors

RECORD = {
    "row": "floors_stamps",
    "sentence": "What needs no training.",
    "tag": "figure",
    "metric": "accuracy",
    "margin": None,
    "verdict": "",
    "seeds": [0, 1],
    "arms": {
        "style, val, chance": [0.9, 0.9],
        "style, test, chance": [0.5, 0.5],
        "style, test, random net linear": [0.6, 0.7],
        "category, test, raw pixels kNN": [0.25, 0.25],
    },
    "floors": {},
    "seconds": 1.0,
    "machine": "m",
    "versions": {"python": "3"},
    "fingerprint": "f",
    "note": "",
    "probe": {},
}


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """Where figures are stored; `packs` gives it twice, as a checkout that is also installed."""
    monkeypatch.setattr(floors.paths, "packs", lambda: [tmp_path / "data", tmp_path / "data"])
    figures = tmp_path / "results" / "figures"
    figures.mkdir(parents=True)
    return figures


def test_test_values_by_set_and_labelling(folder):
    (folder / "floors_stamps.json").write_text(json.dumps(RECORD), encoding="utf-8")
    found = floors.compute()
    assert found["stamps (style)"] == {"chance": [50, 50], "random net linear": [60, 70]}
    assert found["stamps (category)"] == {"raw pixels kNN": [25, 25]}
    assert floors.text([60, 70]) == "65.0 ± 7.1" and floors.text([50, 50]) == "50.0"
    fig = floors.draw(found)
    labels = [label.get_text() for label in fig.axes[0].get_yticklabels()]
    assert labels == ["stamps (style)", "stamps (category)"]
    assert "stamps (style): chance 50.0, random net, linear 65.0 ± 7.1" in floors.alt(found)


def test_nothing_stored_and_a_damaged_file(folder, capsys):
    floors.show()
    assert capsys.readouterr().out == "The floors are not stored yet.\n"
    (folder / "floors_stamps.json").write_text("{", encoding="utf-8")
    floors.show()
    out = capsys.readouterr().out
    assert "cannot be read as a result" in out and "not stored yet" in out
