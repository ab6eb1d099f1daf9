"""Finds exercises by id, without importing the others: "u01/softmax_ce" is that file.

Files of `exercises/u01/` whose name begins with an underscore hold what several exercises share.
"""

import ast
import hashlib
import importlib
import re
from pathlib import Path

from course_lib.claims.fingerprint import flat
from course_lib.core.errors import CourseError, nearest
from course_lib.grading import exercises
from course_lib.grading.exercise import Exercise


def files() -> dict[str, Path]:
    """id → file, in order."""
    found = [
        file for folder in exercises.__path__ for file in Path(folder).glob("u[0-9][0-9]/*.py")
    ]
    names = {f"{file.parent.name}/{file.stem}": file for file in found if file.stem[0] != "_"}
    return dict(sorted(names.items()))


def folder() -> Path:
    """Where the course's own exercises are."""
    return Path(exercises.__path__[0])


def ids(unit: str = "") -> list[str]:
    """The ids of a unit's exercises, such as "u01", or of all; in the order of the lab, which is
    `ORDER` in the unit's folder. CourseError for an unknown unit."""
    known = list(files())
    units = {name.partition("/")[0] for name in known}
    if unit and unit not in units:
        raise CourseError(f"There are no exercises of a unit {unit!r}: {nearest(unit, units)}")
    chosen = sorted(units) if not unit else [unit]
    return [name for part in chosen for name in sorted(known, key=place) if name.startswith(part)]


def place(name: str) -> tuple[int, str]:
    """Where an exercise stands in its lab; those that no ORDER names come last, by name."""
    unit, _, stem = name.partition("/")
    try:
        order = getattr(importlib.import_module(f"{exercises.__name__}.{unit}"), "ORDER", ())
    except ImportError:
        order = ()
    return (order.index(stem) if stem in order else len(order)), name


def find(name: str) -> Exercise:
    """The exercise of an id. Raises CourseError, with the nearest right id, for an unknown one."""
    if not isinstance(name, str):
        raise CourseError('An exercise is named by its id, such as "u01/softmax_ce".')
    if name not in files():
        raise CourseError(f"There is no exercise {name!r}: {nearest(name, files())}")
    module = importlib.import_module(f"{exercises.__name__}.{name.replace('/', '.')}")
    exercise = getattr(module, "EXERCISE", None)
    if not isinstance(exercise, Exercise) or exercise.id != name:
        raise CourseError(f"{files()[name]} must define EXERCISE, an Exercise with id {name!r}.")
    return exercise


def digest(name: str) -> str:
    """A hash of what an exercise's file says; comments and layout do not matter."""
    text = re.sub(r"^\ufeff", "", files()[name].read_text(encoding="utf-8"))
    return hashlib.sha256(" ".join(flat(ast.parse(text))).encode()).hexdigest()[:16]
