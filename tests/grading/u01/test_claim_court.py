"""The judgement: eight kinds of study, far from every limit, and each kind counts by itself."""

from collections import Counter

import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.grading.engine import examine
from course_lib.grading.exercises.u01 import claim_court
from course_lib.grading.exercises.u01._court import arms, average, gaps, judged
from course_lib.grading.exercises.u01._studies import EACH, KINDS, figure
from course_lib.grading.registry import find

EXERCISE = find("u01/claim_court")
VERDICT = {"held": "held", "small": "not held", "lucky": "not held", "void": "void"}
SEEDS = range(25)


def cases(seed=0):
    return EXERCISE.inputs(Rng(seed, 0, torch.zeros(1, dtype=torch.int64)))


@pytest.mark.parametrize("seed", SEEDS)
def test_every_study_is_of_its_kind(seed):
    made = cases(seed)
    assert Counter(case.kind for case in made) == dict.fromkeys(KINDS, EACH)
    for case in made:
        assert EXERCISE.reference(*case.args) == VERDICT.get(case.kind, "invalid"), case.args


@pytest.mark.parametrize("seed", SEEDS)
def test_no_study_is_near_a_limit(seed):
    for case in cases(seed):
        (study,) = case.args
        margin, (new, old) = study["margin"], arms(study)
        values = [*new["test"], *old["test"], *study["floors"].values()]
        assert all(0 < value < 1 for value in values)
        if case.kind not in VERDICT:
            continue
        assert abs(average(gaps(study)) - margin) > 0.03 * margin
        assert min(map(abs, gaps(study))) > 0.02 * margin
        best = max(average(new["test"]), average(old["test"]))
        assert abs(best - max(study["floors"].values())) > 0.3 * margin
        assert abs(average(old["test"]) + margin - 1) > 0.3 * margin


def test_a_study_does_not_say_its_kind():
    """Every field takes the values of a held study in some study of every other kind."""
    seen = {kind: Counter() for kind in KINDS}
    for case in (case for seed in SEEDS for case in cases(seed)):
        (study,) = case.args
        seen[case.kind][study["readout"]] += 1
        seen[case.kind][study["margin"]] += 1
        assert list(study) == ["margin", "readout", "new", "old", "floors"]
    for kind, count in seen.items():
        assert all(count[value] for value in ("linear", "knn", 0.01, 0.02, 0.03)), kind


def but_for(missed, kind="held", instead="void"):
    """Right, but for so many studies of one kind."""
    left = [missed]
    kinds = {repr(case.args[0]): case.kind for case in cases()}

    def verdict(study):
        if kinds[repr(study)] == kind and left[0]:
            left[0] -= 1
            return instead
        return EXERCISE.reference(study)

    return verdict


@pytest.mark.parametrize("kind", KINDS)
def test_one_miss_of_a_kind_passes_and_two_do_not(kind):
    wrong = "held" if kind != "held" else "void"
    assert examine(EXERCISE, but_for(1, kind, wrong)).state == "right"
    result = examine(EXERCISE, but_for(2, kind, wrong))
    assert result.state == "wrong" and KINDS[kind] in result.sentence
    assert f"Of {EACH} studies" in result.sentence and f"judge {EACH - 2} right" in result.sentence


def test_the_exhibit_of_a_message_is_one_that_was_missed():
    sentence = examine(EXERCISE, but_for(3, "lucky", "held")).sentence
    number = int(sentence.split("exhibit(")[1].split(")")[0])
    study = claim_court.exhibit(number)
    assert EXERCISE.reference(study) == "not held" and sum(gap < 0 for gap in gaps(study)) == 2


def test_exhibits_end():
    for number in (0, len(cases()) + 1, "1"):
        with pytest.raises(CourseError, match="numbered 1 to"):
            claim_court.exhibit(number)


@pytest.mark.parametrize("said", ["Held", None, True, "guilty"])
def test_another_word_is_no_verdict(said):
    result = examine(EXERCISE, lambda study: said)
    assert result.points == 0 and "a verdict is one of held, not held, void" in result.sentence


def two_reach(study):
    return sum(gap >= study["margin"] for gap in gaps(study)) >= 2


def mean_and_two_reach(study):
    return two_reach(study) and average(gaps(study)) >= study["margin"]


@pytest.mark.parametrize("held", [two_reach, mean_and_two_reach])
def test_rules_that_ask_the_margin_of_each_seed_fail(held):
    assert examine(EXERCISE, lambda study: judged(study, held=held)).points == 0


def test_a_string_that_equals_all_others_is_no_verdict():
    class Any(str):
        __eq__ = lambda self, other: True  # noqa: E731
        __hash__ = str.__hash__

    assert examine(EXERCISE, lambda study: Any("held")).points == 0


def test_rules_that_name_one_verdict_alone_fail():
    for word in claim_court.WORDS:
        assert examine(EXERCISE, lambda study, word=word: word).points == 0


def test_a_study_is_drawn_with_its_floors():
    for case in cases()[:20]:
        ax = figure(case.args[0]).axes[0]
        assert {text.get_text().strip() for text in ax.texts} == set(case.args[0]["floors"])
