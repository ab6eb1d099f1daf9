"""The cases of one check: runs answers on them and says where two of them differ."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.grading.brief import brief
from course_lib.grading.call import LEAF, Outcome, call, copied, floating, single
from course_lib.grading.compare import Difference, difference
from course_lib.grading.exercise import Answer, Case, Exercise, Wrong


@dataclass
class Trial:
    """The cases of one check, and what each answer gave on them. seed: of the cases."""

    exercise: Exercise
    seed: int = 0
    cases: Sequence[Case] = field(init=False)

    def __post_init__(self):
        rng = Rng(self.seed, 0, torch.zeros(1, dtype=torch.int64))
        with single():
            self.cases = list(self.exercise.inputs(rng))

    def run(self, answer: Answer) -> list[Outcome]:
        """One outcome a case; ends at the first that is trouble."""
        found: list[Outcome] = []
        for case in self.cases:
            found.append(call(answer, case, self.seed))
            if found[-1].trouble:
                break
        return found

    def differences(
        self, expected: list[Outcome], found: list[Outcome]
    ) -> list[tuple[Case, Difference]]:
        """The cases that differ, and how."""
        pairs = zip(self.cases, expected, found, strict=False)
        all_ = [(case, self.compare(case, one, other)) for case, one, other in pairs]
        return [(case, what) for case, what in all_ if what]

    def compare(self, case: Case, expected: Outcome, found: Outcome) -> Difference | None:
        """What differs on one case: the result, an argument, a gradient, in this order."""
        tolerance = self.exercise.tolerance
        if it := difference(expected.result, found.result, tolerance, "The result"):
            return it
        names = arguments(self.exercise.reference, case)
        for name, one, other in zip(names, expected.arguments, found.arguments, strict=False):
            if it := difference(one, other, 0.0, f"The argument `{name}` after the call"):
                return Difference("argument", changed(name, other), it.expected, it.found)
        return None if expected.gradients is None else self.slopes(case, expected, found)

    def slopes(self, case: Case, expected: Outcome, found: Outcome) -> Difference | None:
        """What differs in the gradients of one case."""
        if found.gradients is None or expected.gradients is None:
            text = "The result carries no gradient: was it detached, or made a plain number?"
            return Difference("gradient", text)
        names = arguments(self.exercise.reference, case)
        owners = [name for name, arg in zip(names, case.args, strict=False) for _ in floating(arg)]
        for name, one, other in zip(owners, expected.gradients, found.gradients, strict=True):
            place = f"The gradient with respect to `{name}`"
            if it := difference(one, other, self.exercise.tolerance, place):
                return replace(it, what="gradient")
        return None

    def verdict(self, found: list[Outcome]) -> tuple[Case, Difference] | None:
        """The smallest case that is wrong, and how; None for a right answer."""
        expected = self.run(self.exercise.reference)
        if broken := next((one.trouble for one in expected if one.trouble), None):
            raise CourseError(
                f"{self.exercise.id} cannot be checked: its reference raised {broken.error}: "
                f"{broken.message}"
            )
        off = self.differences(expected, found)
        smallest = min(off, key=lambda pair: size(pair[0].args), default=None)
        if self.exercise.accept is None:
            return smallest
        results = [[one.result for one in outcomes] for outcomes in (expected, found)]
        try:
            sentence = self.exercise.accept(self.cases, *copied(results))
        except Exception:  # an answer of another form than `accept` can read
            return smallest
        return (self.cases[0], Difference("value", sentence)) if sentence else None

    def misconception(self, found: list[Outcome]) -> Wrong | None:
        """The exercise's first `Wrong` that does the same on every case."""
        return next((wrong for wrong in self.exercise.wrong if self.alike(wrong, found)), None)

    def alike(self, wrong: Wrong, found: list[Outcome]) -> bool:
        """Whether a misconception gives what was found, on every case."""
        for case, one in zip(self.cases, found, strict=True):
            other = call(wrong.answer, case, self.seed)
            if other.trouble or self.compare(case, other, one):
                return False
        return True


def changed(name: str, after: Any) -> str:
    """What is said of an argument that is not as it was. after: the argument after the call."""
    if followed(after):
        return (
            f"After the call `{name}` requires a gradient, and what backward leaves in its `grad` "
            "adds up from call to call: set requires_grad_ on a copy, from .detach().clone()."
        )
    return f"The argument `{name}` was changed in place: work on a copy."


def followed(tree: Any) -> bool:
    """Whether a tree of arguments holds one that autograd has followed."""
    parts = tree.values() if type(tree) is dict else tree if type(tree) in (list, tuple) else ()
    return type(tree) is str and tree == LEAF or any(map(followed, parts))


def arguments(reference: Answer, case: Case) -> list[str]:
    """The arguments' names, as the reference gives them."""
    names = list(inspect.signature(reference).parameters)
    return [*names, *(f"argument {n}" for n in range(len(names), len(case.args)))]


def inputs(reference: Answer, case: Case) -> tuple[tuple[str, str], ...]:
    """(name, value in few words) for each argument of a case."""
    names = arguments(reference, case)
    return tuple((name, brief(value)) for name, value in zip(names, case.args, strict=False))


def size(tree: Any) -> int:
    """How much there is to look at."""
    if isinstance(tree, torch.Tensor):
        return tree.numel()
    if hasattr(tree, "size") and isinstance(tree.size, int):
        return tree.size
    parts = tree.values() if type(tree) is dict else tree if type(tree) in (list, tuple) else ()
    return sum(map(size, parts)) if parts else 1
