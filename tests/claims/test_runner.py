"""The runner: resumes, judges, notices what is stale, and re-stamps only what agrees."""

import pytest

from course_lib.claims import Claim, check, known, paired_margin, read, run
from course_lib.claims.claim import find
from course_lib.claims.runner import alone
from course_lib.core.errors import CourseError

CALLS: list[tuple[str, int]] = []
ARMS = {"good": 0.9, "bad": 0.5}
WORLD = {"fail at": None, "stamp": "first", "drift": 1.0}


def arm(name: str, seed: int) -> float:
    if (name, seed) == WORLD["fail at"]:
        raise KeyboardInterrupt
    CALLS.append((name, seed))
    return ARMS[name] + seed / 100


def five_steps(name: str) -> float:
    return ARMS[name] * WORLD["drift"]


def chance() -> dict[str, float]:
    return {"chance": 0.1}


class Here(Claim):
    """A claim whose code changes when the test says so."""

    def stamp(self) -> str:
        return f"{WORLD['stamp']} {self.margin}"


def claim(**changes) -> Claim:
    settings = {
        "row": "R999", "sentence": "Good beats bad.", "tag": "Q", "arms": ("good", "bad"),
        "metric": "accuracy", "arm": arm, "margin": 0.3, "probe": five_steps, "floors": chance,
    }  # fmt: skip
    return Here(**(settings | changes))


@pytest.fixture(autouse=True)
def world(tmp_path, monkeypatch):
    for module in ("claim.results", "record.results"):
        monkeypatch.setattr(f"course_lib.claims.{module}", lambda: tmp_path / "results")
    CALLS.clear()
    WORLD.update({"fail at": None, "stamp": "first", "drift": 1.0})
    return tmp_path


def quiet(text: str) -> None:
    assert text


def test_a_run_stores_a_complete_result(world):
    said = []
    result = run(claim(), said.append)
    assert read(world / "results/claims/R999.json") == result
    assert result.arms == {"good": [0.91, 0.92, 0.93], "bad": [0.51, 0.52, 0.53]}
    assert (result.verdict, result.floors) == ("held", {"chance": 0.1})
    assert CALLS[:2] == [("good", 1), ("bad", 1)]
    assert len([line for line in said if "/6: " in line]) == 6
    assert "held: Good beats bad." in said[-1]
    assert run(claim(margin=0.5), quiet).verdict == "failed"


def test_an_interrupted_run_goes_on(world):
    WORLD["fail at"] = ("bad", 2)
    with pytest.raises(KeyboardInterrupt):
        run(claim(), quiet)
    assert check(claim()) == "missing"
    WORLD["fail at"] = None
    run(claim(), quiet)
    assert sorted(CALLS) == sorted((a, s) for a in ARMS for s in (1, 2, 3))


def test_values_of_other_code_are_not_mixed_in(world):
    WORLD["fail at"] = ("bad", 2)
    with pytest.raises(KeyboardInterrupt):
        run(claim(), quiet)
    WORLD.update({"fail at": None, "stamp": "second"})
    CALLS.clear()
    run(claim(), quiet)
    assert len(CALLS) == 6


def test_one_at_a_time(world):
    folder = world / "runs" / "claims"
    folder.mkdir(parents=True)
    with alone(folder), pytest.raises(CourseError, match="Another claim is running"):
        run(claim(), quiet)
    assert run(claim(), quiet).verdict == "held"


def test_fresh_stale_and_the_probe(world):
    assert check(claim()) == "missing"
    run(claim(), quiet)
    assert check(claim()) == "fresh"
    WORLD["stamp"] = "second"
    assert check(claim()) == "stale"
    WORLD["drift"] = 1.05
    assert check(claim(), probe=True, say=quiet) == "stale"
    assert read(claim().file).fingerprint == "first 0.3"
    WORLD["drift"] = 1.001
    assert check(claim(), probe=True, say=quiet) == "fresh"
    assert read(claim().file).fingerprint == "second 0.3"
    assert read(claim().file).probe["good"] == pytest.approx(0.9009)
    assert check(claim()) == "fresh"


@pytest.mark.parametrize(
    "changes", [{"margin": 0.2}, {"metric": "error"}, {"seeds": (1, 2)}, {"probe": None}]
)
def test_another_claim_is_not_restamped(world, changes):
    run(claim(), quiet)
    WORLD["stamp"] = "second"
    assert check(claim(**changes), probe=True, say=quiet) == "stale"


def test_a_figure_claims_nothing(world):
    figure = claim(tag="figure", margin=None, probe=None, name="numbers")
    assert run(figure, quiet).verdict == ""
    assert (world / "results/figures/R999-numbers.json").exists()


@pytest.mark.parametrize(
    ("first", "second", "held"),
    [
        ([0.6, 0.7, 0.8], [0.5, 0.6, 0.7], True),
        ([0.9, 0.6, 0.5], [0.5, 0.5, 0.6], True),  # two of three signs
        ([1.5, 0.4, 0.4], [0.5, 0.5, 0.5], False),  # one lucky seed
        ([0.55, 0.55, 0.55], [0.5, 0.5, 0.5], False),  # below the margin
        ([0.5, 0.6, 0.7], [0.6, 0.7, 0.8], False),
    ],
)
def test_the_default_rule(first, second, held):
    assert paired_margin({"a": first, "b": second}, 0.0999) is held


def test_the_courses_claims_are_found():
    claims = known()
    assert {"floors_scenes", "floors_fashion"} <= set(claims)
    assert len({claim.stamp() for claim in claims.values()}) == len(claims)
    with pytest.raises(CourseError, match="did you mean 'floors_scenes'"):
        find("floors_scene")
    assert find("floors_emoji")[0].figure
