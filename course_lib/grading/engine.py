"""Judges an answer to an exercise: not attempted, wrong, error or right, and why. Shows nothing.

A wrong answer is compared with every misconception that the exercise knows, on the same cases, and
told so when it behaves like one on all of them. Any other is told the smallest case that differs.
"""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from course_lib.core.randomness import Rng
from course_lib.grading.brief import brief, kind, number
from course_lib.grading.call import LIMIT, Outcome, Trouble, Watch, call, copied, quiet
from course_lib.grading.compare import Difference, difference
from course_lib.grading.exercise import Answer, Case, Exercise

STATES = ("not attempted", "wrong", "error", "right")
SLOW = 2.0  # seconds for all cases, which a right answer may take without a remark
EMPTY: tuple[Any, ...] = (None, Ellipsis, "", [], (), {}, set())


@dataclass(frozen=True)
class Result:
    """How an answer was judged. points: all of the exercise's, or 0. wrong: the name of the
    misconception that it behaves like. case, shown: where it differs and with which inputs."""

    state: str
    sentence: str
    points: int = 0
    wrong: str = ""
    case: str = ""
    shown: tuple[tuple[str, str], ...] = ()
    difference: Difference | None = None
    trouble: Trouble | None = None
    printed: str = ""


@dataclass
class Trial:
    """The cases of one check, and what each answer gave on them. seed: of the cases."""

    exercise: Exercise
    seed: int = 0
    cases: Sequence[Case] = field(init=False)

    def __post_init__(self):
        rng = Rng(self.seed, 0, torch.zeros(1, dtype=torch.int64))
        self.cases = list(self.exercise.inputs(rng))

    def run(self, answer: Answer) -> list[Outcome]:
        """One outcome a case; ends at the first that is trouble."""
        found: list[Outcome] = []
        for case in self.cases:
            found.append(call(answer, case, self.seed))
            if found[-1].trouble:
                break
        return found

    def differences(self, expected: list[Outcome], found: list[Outcome]) -> list:
        """(case, what differs) for each case that differs."""
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
                text = f"The argument `{name}` was changed in place: work on a copy."
                return Difference("argument", text, it.expected, it.found)
        if expected.gradients is None:
            return None
        if found.gradients is None:
            text = "The result carries no gradient: was it detached, or made a plain number?"
            return Difference("gradient", text)
        for n, pair in enumerate(zip(expected.gradients, found.gradients, strict=False)):
            place = f"The gradient of input {n} (of those with floating-point numbers)"
            if it := difference(*pair, tolerance, place):
                return Difference("gradient", it.sentence, it.expected, it.found)
        return None

    def verdict(self, found: list[Outcome]) -> tuple[Case | None, Difference | None]:
        """The smallest case that is wrong, and how; (None, None) for a right answer."""
        expected = self.run(self.exercise.reference)
        if broken := next((one.trouble for one in expected if one.trouble), None):
            raise ValueError(f"{self.exercise.id}: its reference raised {broken}")
        off = self.differences(expected, found)
        if self.exercise.accept is None:
            return min(off, key=lambda pair: size(pair[0].args), default=(None, None))
        results = [[one.result for one in outcomes] for outcomes in (expected, found)]
        try:
            sentence = self.exercise.accept(self.cases, *copied(results))
        except Exception:  # an answer of another form than `accept` can read
            return min(off, key=lambda pair: size(pair[0].args), default=(None, None))
        return (self.cases[0], Difference("value", sentence)) if sentence else (None, None)

    def misconception(self, found: list[Outcome]) -> Any:
        """The exercise's first `Wrong` that does the same on every case, or None."""
        for wrong in self.exercise.wrong:
            same = True
            for case, one in zip(self.cases, found, strict=True):
                other = call(wrong.answer, case, self.seed)
                if other.trouble or self.compare(case, other, one):
                    same = False
                    break
            if same:
                return wrong
        return None


def examine(exercise: Exercise, answer: Any, seed: int = 0) -> Result:
    """Judges an answer: a function, or the value where the exercise asks for one.

    Nothing that the answer does is raised here. seed: of the cases; a check uses 0.
    """
    if missing := unfilled(exercise, answer):
        return Result("not attempted", missing)
    if not exercise.value and not callable(answer):
        text = f"Hand over the function itself, without calling it; this is {kind(answer)}."
        return Result("wrong", text)
    function = (lambda: answer) if exercise.value else answer
    with quiet() as printed:
        trial = Trial(exercise, seed)
        with Watch() as watch:
            found = trial.run(function)
        result = judged(trial, found, watch.late)
    return Result(**{**vars(result), "printed": printed.getvalue()})


def judged(trial: Trial, found: list[Outcome], late: bool) -> Result:
    """The result that follows from what an answer gave."""
    if trouble := found[-1].trouble:
        return troubled(trouble, late, trial.cases[len(found) - 1])
    try:
        case, what = trial.verdict(found)
        if what is None or case is None:
            return Result("right", praise(trial, found), points=trial.exercise.points)
        if wrong := trial.misconception(found):
            return Result("wrong", wrong.sentence, wrong=wrong.name)
    except RecursionError:
        return Result("wrong", "The result contains itself and cannot be compared.")
    shown = () if trial.exercise.accept else inputs(trial.exercise.reference, case)
    return Result("wrong", what.sentence, case=case.name, shown=shown, difference=what)


def praise(trial: Trial, found: list[Outcome]) -> str:
    """What is said of a right answer; one that is very slow hears it."""
    seconds = sum(one.seconds for one in found)
    late = f" It took {seconds:.1f} s, for inputs this small." if seconds > SLOW else ""
    alike = len(found) > 1 and not trial.exercise.accept
    return (f"All {len(found)} cases agree." if alike else "Accepted.") + late


def troubled(trouble: Trouble, late: bool, case: Case) -> Result:
    """The result of an answer that raised, or was stopped."""
    if trouble.error == "NotImplementedError" and not trouble.message:
        return Result("not attempted", "Nothing is filled in yet.")
    if late:
        text = f"Stopped after {number(LIMIT, 0)[0]} seconds: does a loop never end?"
    elif trouble.error == "KeyboardInterrupt":
        text = "You stopped it."
    else:
        text = f"Your code raised {trouble.error}" + (
            f": {trouble.message}" * bool(trouble.message)
        )
    return Result("error", text, case=case.name, trouble=trouble)


def unfilled(exercise: Exercise, answer: Any) -> str:
    """A sentence when nothing, or not all, was filled in; else ""."""
    if answer is None or answer is Ellipsis:
        return "Nothing is filled in yet."
    if not exercise.value:
        return ""
    parts = leaves(answer)
    empty = sum(
        type(part) is type(nothing) and part == nothing for part in parts for nothing in EMPTY
    )
    if not empty:
        return ""
    return (
        "Nothing is filled in yet."
        if empty == len(parts)
        else f"{empty} of {len(parts)} parts are not filled in yet."
    )


def leaves(tree: Any) -> list[Any]:
    """What a tree of dicts, lists and tuples holds; an empty one holds itself."""
    parts = list(tree.values()) if type(tree) is dict else tree
    if type(tree) not in (dict, list, tuple) or not parts:
        return [tree]
    return [leaf for part in parts for leaf in leaves(part)]


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
