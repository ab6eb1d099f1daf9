"""Exam questions for paper, made from the wrong answers that exercises know by name.

What a function was called with, what it should have given and what it gave: which of four sentences
describes the mistake? Only such mistakes are offered as do something else on that very input, so
that exactly one sentence fits.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from course_lib.core.errors import CourseError
from course_lib.grading.call import Outcome, call
from course_lib.grading.compare import Difference
from course_lib.grading.exercise import Case, Exercise, Wrong
from course_lib.grading.trial import Trial, inputs, size

LETTERS = "ABCD"
ALIKE = 40  # letters: two sentences that begin alike are variants of one mistake
LONGEST = 700  # letters of all inputs; more is nothing for paper


@dataclass(frozen=True)
class Question:
    """text: Markdown. key: the letter of the right sentence, and the mistake's name."""

    text: str
    key: str


def question(exercise: Exercise, seed: int) -> Question | None:
    """One question, or None for an exercise whose answers are values or judged as a whole."""
    if exercise.value or exercise.accept:
        return None
    trial, draw = Trial(exercise, seed), random.Random(f"{exercise.id} {seed}")
    expected = trial.run(exercise.reference)
    for wrong in draw.sample(exercise.wrong, len(exercise.wrong)):
        found = trial.run(wrong.answer)
        pairs = sorted(trial.differences(expected, found), key=lambda pair: size(pair[0].args))
        for case, what in pairs:
            apart = [o for o in exercise.wrong if told_apart(trial, case, o, found)]
            others = list({o.sentence[:ALIKE]: o for o in apart}.values())
            others = [o for o in others if o.sentence[:ALIKE] != wrong.sentence[:ALIKE]]
            if what.expected and fits(exercise, case) and len(others) >= len(LETTERS) - 1:
                options = [wrong, *draw.sample(others, len(LETTERS) - 1)]
                draw.shuffle(options)
                text = written(exercise, case, what, options)
                return Question(text, f"{LETTERS[options.index(wrong)]} ({wrong.name})")
    return None


def fits(exercise: Exercise, case: Case) -> bool:
    """Whether an input can be printed."""
    return sum(len(value) for _, value in inputs(exercise.reference, case)) <= LONGEST


def told_apart(trial: Trial, case: Case, other: Wrong, found: Sequence[Outcome]) -> bool:
    """Whether another mistake does something else on this case than what was found."""
    outcome = call(other.answer, case, trial.seed)
    here = next(one for known, one in zip(trial.cases, found, strict=False) if known is case)
    return bool(outcome.trouble) or trial.compare(case, outcome, here) is not None


def written(exercise: Exercise, case: Case, what: Difference, options: Sequence[Wrong]) -> str:
    """A question as Markdown."""
    shown = "\n".join(f"{name} =\n{value}" for name, value in inputs(exercise.reference, case))
    listed = "\n".join(
        f"- **{letter}.** {option.sentence}"
        for letter, option in zip(LETTERS, options, strict=True)
    )
    return (
        f"{exercise.contract.strip()}\n\nSomebody's answer is called with\n\n```\n{shown}\n```\n\n"
        f"{what.sentence}\n\n```\nexpected: {what.expected}\nfound:    {what.found}\n```\n\n"
        f"Which sentence describes the mistake?\n\n{listed}\n"
    )


def paper(exercises: Sequence[Exercise], seed: int) -> tuple[str, str]:
    """(questions, key) as Markdown. Raises CourseError where no exercise makes a question."""
    pairs = [(exercise, question(exercise, seed)) for exercise in exercises]
    found = [(exercise, one) for exercise, one in pairs if one]
    if not found:
        raise CourseError(
            "None of these exercises makes a question for paper: see docs/teaching.md."
        )
    numbered = list(enumerate(found, 1))
    text = [f"## {n}. {exercise.title}\n\n{one.text}" for n, (exercise, one) in numbered]
    key = [f"{n}. {one.key}" for n, (_, one) in numbered]
    return "\n".join(text), f"Key, seed {seed}\n\n" + "\n".join(key) + "\n"
