"""What a lab calls: `check`, `hint`, `solved`, `prediction`, `show_progress`. None ever raises."""

from dataclasses import dataclass
from functools import wraps
from typing import Any

from course_lib.core.errors import CourseError
from course_lib.grading import feedback, progress, registry
from course_lib.grading.brief import brief
from course_lib.grading.engine import Result, examine
from course_lib.grading.exercise import Exercise
from course_lib.grading.hints import Hints
from course_lib.widgets import style

KEPT = {"right": "passed", "wrong": "tried", "error": "tried"}


@dataclass(frozen=True, repr=False)
class Mark:
    """What `check` returns; nbgrader reads its repr as the points of the cell that ends with it."""

    points: int
    out_of: int
    state: str

    def __repr__(self) -> str:
        return str(self.points)

    def _repr_html_(self) -> str:
        return f"<small>{self.points} of {self.out_of} points</small>" if self.out_of else "–"


SESSION: dict[str, str] = {}  # id → the state of its last check in this kernel
FAILED = {"check": Mark(0, 0, "error"), "solved": False, "prediction": ""}


def said(function):
    """Shows what goes wrong in one sentence, where a traceback would stop Run All."""

    @wraps(function)
    def never_raises(*args, **options):
        try:
            return function(*args, **options)
        except CourseError as error:
            tell(str(error))
        except KeyboardInterrupt:
            tell("You stopped it.")
        except BaseException as error:  # an exercise's own fault: said, and Run All goes on
            tell(f"This exercise cannot be checked ({type(error).__name__}: {error}).")
        return FAILED.get(function.__name__)

    return never_raises


def tell(sentence: str, state: str = "error") -> None:
    """One sentence, as a result is shown."""
    page = feedback.boxed(feedback.code(sentence), state)
    feedback.show({"text/html": page, "text/plain": sentence})


@said
def check(name: str, answer: Any = None) -> Mark:
    """Says whether an answer is right: `check("u01/softmax_ce", softmax_ce)`.

    name: the exercise's id. answer: your function, not called, or the value that is asked for.
    Returns the points, which a notebook shows below.
    """
    exercise = registry.find(name)
    result = examine(exercise, answer)
    SESSION[name] = result.state
    feedback.show(feedback.bundle(exercise, result))
    try:
        keep(exercise, answer, result)
    except CourseError as error:  # the answer counts in this notebook all the same
        tell(str(error))
    if result.state in ("wrong", "error"):
        Hints(exercise).show()
    return Mark(result.points, exercise.points, result.state)


def keep(exercise: Exercise, answer: Any, result: Result) -> None:
    """Notes a try, and a first prediction; an untouched exercise leaves no trace."""
    if result.state in KEPT:
        digest = registry.digest(exercise.id)
        progress.record(exercise.id, digest, KEPT[result.state])
        first = progress.row(exercise.id, digest)["first"]
        if exercise.kind == "predict" and result.formed and not first:
            progress.note(exercise.id, digest, first=brief(answer))


@said
def solved(name: str) -> bool:
    """Whether the last check of an exercise in this session was right; a sentence when it was not.

    For cells that go on with the answer: `if solved("u01/weighted_knn"): …`.
    """
    if SESSION.get(registry.find(name).id) != "right":
        tell(f"This cell goes on with “{registry.find(name).title}”: solve and check it first.", "")
    return SESSION.get(name) == "right"


@said
def prediction(name: str) -> str:
    """What was first answered to an exercise of the kind predict, in few words; "" for nothing.

    For the cell that reveals: a sentence asks for a prediction when there is none.
    """
    first = progress.row(name, registry.digest(registry.find(name).id))["first"]
    if not first:
        tell(f"Predict first: “{registry.find(name).title}” has no answer yet.", "")
    return first


@said
def hint(name: str) -> None:
    """Opens the next hint of an exercise: `hint("u01/softmax_ce")`. There are three."""
    hints = Hints(registry.find(name))
    hints.open()
    feedback.show({"text/html": hints.page(), "text/plain": hints.text()})


@said
def show_progress(unit: str) -> None:
    """A line for each exercise of a unit: kind, state, points. unit: "u01"."""
    rows, points = [], 0
    for name in registry.ids(unit):
        exercise = registry.find(name)
        row = progress.row(name, registry.digest(name))
        got = exercise.points if row["state"] == "passed" else 0
        points += got
        rows.append(
            (exercise.title, exercise.kind, state(name, row), f"{got} of {exercise.points}")
        )
    total = sum(registry.find(name).points for name in registry.ids(unit))
    caption = f"Your progress: {points} of {total} points"
    style.table(["exercise", "kind", "state", "points"], rows, caption)


def state(name: str, row: dict) -> str:
    """How an exercise stands, in words."""
    if row["state"] == "passed":
        return "solved"
    if progress.summary().get(name, "").startswith("passed"):
        return "solved in an earlier version"
    if row["state"] == "not attempted":
        return row["state"]
    return f"tried {row['tries']} time" + "s" * (row["tries"] > 1)
