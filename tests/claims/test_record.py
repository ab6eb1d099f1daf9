"""Stored results: complete or refused."""

import json
from dataclasses import asdict

import pytest

from course_lib.claims.record import Record, machine, read, validate, versions, write
from course_lib.core.errors import CourseError


def complete(**changes) -> dict:
    content = {
        "row": "R040",
        "sentence": "One beats the other.",
        "tag": "Q",
        "metric": "accuracy",
        "margin": 0.1,
        "verdict": "held",
        "seeds": [1, 2],
        "arms": {"one": [0.5, 0.6], "other": [0.1, 0.2]},
        "floors": {"chance": 1 / 64},
        "seconds": 12.5,
        "machine": "a laptop",
        "versions": {"torch": "2"},
        "fingerprint": "ab",
        "note": "",
        "probe": {},
    }
    return content | changes


def test_what_is_written_is_read(tmp_path):
    file = tmp_path / "claims" / "R040.json"
    write(Record(**complete()), file)
    stored = read(file)
    assert stored.floors["chance"] == pytest.approx(1 / 64)
    assert asdict(stored) == complete(floors={"chance": 0.015625})
    assert [path.name for path in file.parent.iterdir()] == ["R040.json"]


def test_fields_are_those_of_the_design():
    assert list(complete()) == list(asdict(Record(**complete())))


@pytest.mark.parametrize("name", [*complete()])
def test_each_missing_field_is_named(name):
    content = complete()
    del content[name]
    with pytest.raises(CourseError, match=f"lacks {name}"):
        validate(content)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"extra": 1}, "unknown 'extra'"),
        ({"tag": "X"}, "tag must be"),
        ({"verdict": "maybe"}, "verdict must be"),
        ({"verdict": ""}, "a claim has a verdict"),
        ({"margin": None}, "a claim has a margin"),
        ({"tag": "figure"}, "a figure has none"),
        ({"seeds": []}, "no seeds"),
        ({"arms": {}}, "no arms"),
        ({"arms": {"one": [0.5]}}, "a value for every seed"),
        ({"arms": {"one": [0.5, float("nan")]}}, "finite"),
        ({"floors": {"chance": "low"}}, "finite"),
        ({"fingerprint": ""}, "text is empty"),
    ],
)
def test_each_wrong_field_is_named(changes, sentence):
    with pytest.raises(CourseError, match=sentence):
        validate(complete(**changes))


def test_a_damaged_file_is_refused(tmp_path):
    file = tmp_path / "x.json"
    file.write_text(json.dumps(complete())[:-20])
    with pytest.raises(CourseError, match="cannot be read as a result"):
        read(file)
    file.write_text("[1]")
    with pytest.raises(CourseError, match="is not a result"):
        read(file)


def test_machine_and_versions_say_something():
    assert "cores" in machine()
    assert versions()["torch"][0].isdigit()
