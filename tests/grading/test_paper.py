"""Exam questions: one right sentence, the key to it, and another paper for another seed."""

import re

import pytest

from course_lib import cli
from course_lib.core.errors import CourseError
from course_lib.grading import paper, registry
from course_lib.grading.call import call
from course_lib.grading.trial import Trial

NAMES = ["u98/standardise", "u01/weighted_knn", "u01/softmax_ce"]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", NAMES)
def test_exactly_one_sentence_fits(name, seed):
    exercise = registry.find(name)
    one = paper.question(exercise, seed)
    options = dict(re.findall(r"^- \*\*(\w)\.\*\* (.+)$", one.text, re.MULTILINE))
    letter, wrong = re.fullmatch(r"(\w) \((.+)\)", one.key).groups()
    by_name = {w.name: w for w in exercise.wrong}
    assert set(options) == set(paper.LETTERS) and options[letter] == by_name[wrong].sentence
    assert len({text[: paper.ALIKE] for text in options.values()}) == len(options)
    found = re.search(r"^found: +(.+?)\n```", one.text, re.MULTILINE | re.DOTALL)[1]
    assert fitting(exercise, seed, found, options) == [letter]


def fitting(exercise, seed, found, options):
    """The letters of the mistakes that give what a question shows, on some case of its seed."""
    trial = Trial(exercise, seed)
    letters = []
    for letter, sentence in options.items():
        answers = [w.answer for w in exercise.wrong if w.sentence == sentence]
        for case in trial.cases:
            expected = call(exercise.reference, case, seed)
            outcomes = [call(answer, case, seed) for answer in answers]
            what = [trial.compare(case, expected, o) for o in outcomes if not o.trouble]
            shown = [" ".join(w.found.split()) for w in what if w]
            if " ".join(found.split()) in shown:
                letters.append(letter)
    return sorted(set(letters))


def test_the_same_seed_the_same_paper_and_another_another():
    chosen = [registry.find(name) for name in NAMES]
    papers = [paper.paper(chosen, seed) for seed in (1, 1, 2)]
    assert papers[0] == papers[1] and papers[0] != papers[2]
    assert all(f"## {n}. " in papers[0][0] and f"\n{n}. " in papers[0][1] for n in (1, 2, 3))
    assert not any(name in papers[0][0] for name in re.findall(r"\((.+)\)", papers[0][1]))


def test_the_key_is_no_letter_that_can_be_guessed():
    exercise = registry.find("u98/standardise")
    keys = {paper.question(exercise, seed).key[0] for seed in range(12)}
    assert len(keys) > 2


def test_what_is_judged_as_a_whole_makes_no_question():
    assert paper.question(registry.find("u98/order"), 1) is None
    assert paper.question(registry.find("u98/verdict"), 1) is None
    with pytest.raises(CourseError, match="see docs/teaching.md"):
        paper.paper([registry.find("u98/order")], 1)


def test_the_command_writes_questions_and_key_apart(tmp_path, capsys):
    out = tmp_path / "exam.md"
    assert cli.main(["exam", "u98/standardise", "u01", "--seed", "7", "--out", str(out)]) == 0
    text, key = out.read_text(), (tmp_path / "exam-key.md").read_text()
    asked = [registry.find(name) for name in ("u98/standardise", *registry.ids("u01"))]
    questions = [question for one in asked if (question := paper.question(one, 7))]
    assert text.count("Which sentence describes the mistake?") == len(questions) > 3
    assert "Key, seed 7" in key and "Key" not in text
    assert capsys.readouterr().out.split() == [str(out), str(tmp_path / "exam-key.md")]
