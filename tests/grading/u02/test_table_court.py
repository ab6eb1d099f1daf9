"""The judgement: nine kinds of table, clear of every limit, and each kind counts by itself."""

from collections import Counter

import numpy as np
import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.grading.engine import examine
from course_lib.grading.exercises.u02 import table_court
from course_lib.grading.exercises.u02._pairs import by, gaps, paired, sign
from course_lib.grading.exercises.u02._tables import EACH, KINDS, show
from course_lib.grading.registry import find

EXERCISE = find("u02/table_court")
VERDICT = {"shown": "supported", "chain": "supported", "star": "not comparable",
           "schedule": "not comparable", "seeds": "unresolved", "signs": "unresolved",
           "reversed": "contradicted", "none found": "unresolved",
           "found": "contradicted"}  # fmt: skip
SEEDS = range(20)


def cases(seed=0):
    return EXERCISE.inputs(Rng(seed, 0, torch.zeros(1, dtype=torch.int64)))


@pytest.mark.parametrize("seed", SEEDS)
def test_every_table_is_of_its_kind(seed):
    made = cases(seed)
    assert Counter(case.kind for case in made) == dict.fromkeys(KINDS, EACH)
    for case in made:
        assert EXERCISE.reference(*case.args) == VERDICT[case.kind], case.args


@pytest.mark.parametrize("seed", SEEDS)
def test_no_number_is_near_a_limit(seed):
    for case in cases(seed):
        claim, table = case.args
        values = [v for row in table.values() for v in row.get("error", row.get("drop")).values()]
        assert all(-100 < value < 100 for value in values)
        if "names" in claim:
            rows = [table[name] for name in claim["names"]]
            for a, b in zip(rows[:-1], rows[1:], strict=True):
                assert all(abs(gap) > 0.02 for gap in gaps(a, b))
        else:
            assert all(abs(value) > 0.02 for value in values)


def but_for(missed, kind, instead):
    """Right, but for so many tables of one kind."""
    left = [missed]
    kinds = {repr(case.args): case.kind for case in cases()}

    def verdict(*args):
        if kinds[repr(args)] == kind and left[0]:
            left[0] -= 1
            return instead
        return EXERCISE.reference(*args)

    return verdict


@pytest.mark.parametrize("kind", KINDS)
def test_one_miss_of_a_kind_passes_and_two_do_not(kind):
    wrong = "supported" if VERDICT[kind] != "supported" else "unresolved"
    assert examine(EXERCISE, but_for(1, kind, wrong)).state == "right"
    result = examine(EXERCISE, but_for(2, kind, wrong))
    assert result.state == "wrong" and KINDS[kind] in result.sentence
    assert f"judge {EACH - 2} right" in result.sentence


def test_the_exhibit_of_a_message_is_one_that_was_missed():
    sentence = examine(EXERCISE, but_for(3, "star", "supported")).sentence
    claim, table = table_court.exhibit(int(sentence.split("exhibit(")[1].split(")")[0]))
    assert len({table[name]["source"] for name in claim["names"]}) > 1


NAMED = ("starred or not", "seeds before rows", "unresolved above not comparable", "every pair",
         "last cue only", "two seeds of a cue")  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_what_one_or_two_tables_tell_is_told_in_two_at_least(name):
    (wrong,) = [one for one in EXERCISE.wrong if one.name == name]
    for seed in (1, 2):
        off = Counter(c.kind for c in cases(seed) if wrong.answer(*c.args) != VERDICT[c.kind])
        assert off and max(off.values()) >= 2
        assert examine(EXERCISE, wrong.answer, seed).wrong == name


def test_rows_that_cannot_be_compared_come_before_a_lack_of_seeds():
    rows = {name: {"source": source, "net": "R", "epochs": 300, "error": {1: 21.0}}
            for name, source in (("CutMix", "ours"), ("DropBlock", "Ghiasi 2018"))}  # fmt: skip
    assert EXERCISE.reference({"names": [*rows]}, rows) == "not comparable"


def test_only_claims_about_shortcuts_say_something():
    assert {("names" in c.args[0], "says" in c.args[0]) for c in cases()} == {(1, 0), (0, 1)}


def test_words_of_numpy_are_words():
    answer = lambda *asked: np.array([EXERCISE.reference(*asked)])[0]  # noqa: E731
    assert examine(EXERCISE, answer).state == "right"


def test_the_lab_imports_no_answer_with_its_tables():
    answers = [EXERCISE.reference, *(right.answer for right in EXERCISE.right)]
    for name, value in vars(table_court).items():
        assert not any(value is answer for answer in answers), name


@pytest.mark.parametrize("number", [0, 91, "1", True])
def test_exhibits_end(number):
    with pytest.raises(CourseError, match="numbered 1 to 90"):
        table_court.exhibit(number)


@pytest.mark.parametrize("said", ["Supported", None, True, "guilty"])
def test_another_word_is_no_verdict(said):
    result = examine(EXERCISE, lambda claim, table: said)
    assert result.points == 0 and "a verdict is one of supported, contradicted" in result.sentence
    assert ("Is a `return` missing?" in result.sentence) == (said is None)


def test_rules_that_name_one_verdict_alone_fail():
    for word in table_court.WORDS:
        assert examine(EXERCISE, lambda claim, table, word=word: word).points == 0


def two_seeds(claim, table):
    says = lambda d: sign(d + d[-1:]) if len(d) == 2 else sign(d)  # noqa: E731
    return by(claim, table, lambda a, b: paired(a, b, says=says))


def all_rows_of_the_table(claim, table):
    return EXERCISE.reference(claim | {"names": list(table)} if "names" in claim else claim, table)


def a_margin(claim, table):
    says = lambda d: sign(d) if d and min(map(abs, d)) > 0.4 else "unresolved"  # noqa: E731
    return by(claim, table, lambda a, b: paired(a, b, says=says))


def stars_are_unresolved(claim, table):
    return EXERCISE.reference(claim, table).replace("not comparable", "unresolved")


OTHERS = [two_seeds, all_rows_of_the_table, a_margin, stars_are_unresolved]


def test_a_table_that_was_missed_can_be_seen_where_it_is_one_of_the_check():
    said = examine(EXERCISE, stars_are_unresolved).sentence
    assert "is `table_court.show(*table_court.exhibit(" in said
    said = examine(EXERCISE, stars_are_unresolved, seed=1).sentence
    assert said.endswith("Of one that you miss you say 'unresolved'.")


@pytest.mark.parametrize("rule", OTHERS)
def test_other_rules_fail_too(rule):
    assert examine(EXERCISE, rule).state == "wrong"


def test_a_table_is_printed_with_its_stars(capsys):
    for case in cases()[:30]:
        show(*case.args)
    printed = capsys.readouterr().out
    assert "claim: no shortcut" in printed and "* " in printed and "Hu 2018" in printed
