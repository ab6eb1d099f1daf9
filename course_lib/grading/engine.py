"""Judges an answer to an exercise: not attempted, wrong, error or right, and why. Shows nothing.

A wrong answer is compared with every misconception that the exercise knows, on the same cases, and
told so when it behaves like one on all of them. Any other is told the smallest case that differs.
"""

from dataclasses import dataclass, replace
from typing import Any

from course_lib.grading.brief import kind
from course_lib.grading.call import Outcome, Trouble
from course_lib.grading.compare import Difference
from course_lib.grading.exercise import Case, Exercise
from course_lib.grading.trial import Trial, inputs
from course_lib.grading.watch import LIMIT, Watch, quiet

STATES = ("not attempted", "wrong", "error", "right")
SLOW = 2.0  # seconds for all cases, which a right answer may take without a remark
NOTHING = "Nothing is filled in yet."
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
    formed: bool = True  # the value was filled in as the exercise asks


def examine(exercise: Exercise, answer: Any, seed: int = 0) -> Result:
    """Judges an answer: a function, or the value where the exercise asks for one.

    Nothing that the answer does is raised here. seed: of the cases; a check uses 0.
    """
    if missing := unfilled(exercise, answer):
        return Result("not attempted", missing)
    if not exercise.value and not callable(answer):
        text = f"Hand over the function itself, without calling it; this is {kind(answer)}."
        return Result("wrong", text)
    if exercise.form and (slip := exercise.form(answer)):
        return Result("wrong", slip, formed=False)
    function = (lambda: answer) if exercise.value else answer
    with quiet() as printed:
        trial = Trial(exercise, seed)
        with Watch() as watch:
            found = trial.run(function)
        result = judged(trial, found, watch.late)
    return replace(result, printed=printed.getvalue())


def judged(trial: Trial, found: list[Outcome], late: bool) -> Result:
    """The result that follows from what an answer gave."""
    if trouble := found[-1].trouble:
        return troubled(trouble, late, trial.cases[len(found) - 1])
    off = trial.verdict(found)
    if off is None:
        return Result("right", praise(trial, found), points=trial.exercise.points)
    if wrong := trial.misconception(found):
        return Result("wrong", wrong.sentence, wrong=wrong.name)
    case, what = off
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
    raised = not trouble.code or "raise" in trouble.code  # not what a library leaves open
    if trouble.error == "NotImplementedError" and not trouble.message and raised:
        return Result("not attempted", NOTHING)
    if late:
        text = f"Stopped after {LIMIT:.0f} seconds: does a loop never end?"
    elif trouble.error == "KeyboardInterrupt":
        text = "You stopped it."
    else:
        text = ": ".join(filter(None, (f"Your code raised {trouble.error}", trouble.message)))
    return Result("error", text, case=case.name, trouble=trouble)


def unfilled(exercise: Exercise, answer: Any) -> str:
    """A sentence when nothing, or not all, was filled in; else ""."""
    if answer is None or answer is Ellipsis:
        return NOTHING
    if not exercise.value:
        return ""
    parts = leaves(answer)
    empty = sum(type(part) in map(type, EMPTY) and part in EMPTY for part in parts)
    if empty == len(parts):
        return NOTHING
    return f"{empty} of {len(parts)} parts are not filled in yet." if empty else ""


def leaves(tree: Any) -> list[Any]:
    """What a tree of dicts, lists and tuples holds; an empty one holds itself."""
    parts = list(tree.values()) if type(tree) is dict else tree
    if type(tree) not in (dict, list, tuple) or not parts:
        return [tree]
    return [leaf for part in parts for leaf in leaves(part)]
