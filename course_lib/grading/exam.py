"""An exercise as it is graded: its cases of one seed, as the sandbox gets them.

A seed counts only if, on its cases, every known right answer is right and every wrong one is not.
"""

import pickle
import re
import secrets
from collections.abc import Mapping
from typing import Any

from course_lib.core.errors import CourseError
from course_lib.grading.assignment import Answer, Asked
from course_lib.grading.call import Outcome
from course_lib.grading.sandbox import ALSO, SEEN
from course_lib.grading.task import Task
from course_lib.grading.trial import Trial
from course_lib.grading.watch import quiet
from course_lib.grading.wire import WireError, pack, unpack

DRAWS = 20  # seeds that are tried


class Exam:
    """An exercise with the cases of one grading. seed: of the cases."""

    def __init__(self, asked: Asked, seed: int):
        self.asked, self.exercise, self.seed = asked, asked.exercise, seed
        self.trial = Trial(self.exercise, seed)
        self.expected = self.trial.run(self.exercise.reference)
        self.cases = b"" if self.exercise.value else self.sent()
        self.by_hand = self.manual()

    def sent(self) -> bytes:
        """The cases for the sandbox; b"" where they hold what is not there."""
        try:
            raw = pickle.dumps(self.trial.cases)
        except Exception:  # a function of an exercise's own
            return b""
        known = {*SEEN, *(f"grading.{name.removesuffix('.py')}" for name in ALSO)}
        for first, second in re.findall(rb"course_lib\.(\w+)(?:\.(\w+))?", raw):
            if not {first.decode(), f"{first.decode()}.{second.decode()}"} & known:
                return b""
        return raw

    def manual(self) -> bool:
        """Whether answers to it cannot come out of the sandbox as arrays or JSON."""
        if not self.exercise.value and not self.cases:
            return True
        try:
            back = [unpack(pack(one.result)) for one in self.expected]
        except WireError:
            return True
        pairs = zip(back, self.expected, strict=True)
        travelled = [Outcome(value, one.gradients, one.arguments) for value, one in pairs]
        return bool(self.trial.differences(self.expected, travelled))

    def fair(self) -> bool:
        """Whether on these cases every right answer is right and every wrong one is not."""
        rights = [self.exercise.reference, *(right.answer for right in self.exercise.right)]
        wrongs = [wrong.answer for wrong in self.exercise.wrong]
        with quiet():
            good = all(self.trial.verdict(self.trial.run(answer)) is None for answer in rights)
            return good and not any(self.passes(answer) for answer in wrongs)

    def passes(self, answer: Any) -> bool:
        found = self.trial.run(answer)
        return not found[-1].trouble and self.trial.verdict(found) is None

    def task(self, answer: Answer) -> Task:
        """What the sandbox is asked."""
        value, name = self.exercise.value, self.asked.name
        return Task(self.exercise.id, answer.source, answer.others, name, value, self.cases)


def exams(asked: Mapping[str, Asked], seed: int) -> dict[str, Exam]:
    """The exams of a lab. Raises CourseError where a seed's cases cannot tell right from wrong."""
    made = {name: Exam(one, seed) for name, one in asked.items()}
    if unfair := [name for name, exam in made.items() if not exam.fair()]:
        raise CourseError(f"Seed {seed} does not tell right from wrong in {', '.join(unfair)}.")
    return made


def drawn(asked: Mapping[str, Asked], seed: int | None = None) -> tuple[dict[str, Exam], int]:
    """Exams on the cases of a seed, or on fresh ones that can tell right from wrong; the seed."""
    if seed is not None:
        return exams(asked, seed), seed
    for _ in range(DRAWS):
        seed = secrets.randbelow(2**31)
        try:
            return exams(asked, seed), seed
        except CourseError as error:
            why = error
    raise why
