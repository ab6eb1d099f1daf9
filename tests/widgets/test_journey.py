"""The map has every unit once, and no route takes a unit before what it builds on."""

import pytest

from course_lib.core.errors import CourseError
from course_lib.widgets import journey


def test_units_build_on_earlier_ones():
    assert sorted(journey.UNITS) == list(range(1, 17))
    for unit, (_, needs, (column, _)) in journey.UNITS.items():
        assert all(need < unit for need in needs)
        assert all(journey.UNITS[need][2][0] < column for need in needs)
    places = [place for *_, place in journey.UNITS.values()]
    assert len(set(places)) == 16


@pytest.mark.parametrize("route", journey.ROUTES)
def test_routes_take_units_after_what_they_build_on(route):
    weeks = journey.week_of(route)
    assert len(journey.ROUTES[route]) == route
    assert sum(map(len, journey.ROUTES[route])) == len(weeks)
    for unit, week in weeks.items():
        assert all(weeks.get(need, 0) <= week for need in journey.UNITS[unit][1])


def test_what_routes_leave_out_is_what_the_page_says():
    assert journey.missing(6) == {14: [11, 12]}
    assert journey.missing(10) == journey.missing(14) == {}
    assert set(journey.week_of(14)) == set(journey.UNITS)


def test_the_picture_shows_each_unit_and_its_week():
    fig = journey.draw(journey.compute(6))
    texts = [text.get_text() for text in fig.axes[0].texts]
    assert "week 4" in texts and any(text.startswith("8  Masked") for text in texts)
    assert sum(text.startswith("week") for text in texts) == len(journey.week_of(6))
    assert "week 4: 8 Masked modelling" in journey.alt(journey.compute(6))


def test_an_unknown_route_is_refused():
    with pytest.raises(CourseError, match="no route of 7 weeks"):
        journey.compute(7)


def test_progress_counts_by_unit(monkeypatch, tmp_path, capsys):
    tables = []
    monkeypatch.setattr(journey.style, "table", lambda head, rows, caption="": tables.append(rows))
    journey.show_progress({}, tmp_path)
    assert not tables and "No exercise tried yet" in capsys.readouterr().out
    (tmp_path / "02_augmentation.ipynb").touch()
    states = {"u01/a": "passed", "u01/b": "tried", "u01/c": "not attempted"}
    journey.show_progress(states | {"u01/d": "passed, newer version open"}, tmp_path)
    assert tables[0] == [
        ("1 Representations, supervised baselines", "no", 3, 2),
        ("2 Augmentation", "yes", 0, 0),
    ]
