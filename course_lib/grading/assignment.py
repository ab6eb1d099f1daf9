"""A lab as it was handed out, and what a student made of it: which cells answer which exercise."""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from course_lib.core import paths
from course_lib.core.errors import CourseError, nearest
from course_lib.grading import registry
from course_lib.grading.collect import Cell, cells
from course_lib.grading.exercise import Exercise


@dataclass
class Asked:
    """An exercise of a lab. name: what its check hands over. answers: ids of its answer cells, in
    order. check: the check cell."""

    exercise: Exercise
    name: str
    check: Cell
    answers: list[str] = field(default_factory=list)


@dataclass
class Lab:
    """A lab. asked: by exercise id, in order. ids: of answer cells, id of the notebook → of
    nbgrader. code: its other code cells."""

    name: str
    asked: dict[str, Asked]
    ids: dict[str, str]
    code: list[str]


@dataclass
class Answer:
    """What a student hands over for one exercise. missing: why there is nothing to run."""

    source: str = ""
    others: tuple[str, ...] = ()
    missing: str = ""
    notes: list[str] = field(default_factory=list)


def labs() -> dict[str, Path]:
    """name → released notebook, of this checkout."""
    root = paths.root()
    return (
        {file.parent.name: file for file in sorted(root.glob("labs/*/lab.ipynb"))} if root else {}
    )


def find(name: str = "") -> Lab:
    """A lab by its name or its notebook's path; the only one if none is named."""
    known = labs()
    if name.endswith(".ipynb") and Path(name).is_file():
        return read(Path(name))
    if not name and len(known) == 1:
        return read(next(iter(known.values())))
    if name not in known:
        which = f"no lab {name!r}" if name else "more than one lab: name it with --lab"
        raise CourseError(f"There is {which}; {nearest(name, known)}")
    return read(known[name])


def read(file: Path) -> Lab:
    """A lab from its released notebook. Raises CourseError where that holds no exercise."""
    listed = cells(file.read_bytes())
    asked: dict[str, Asked] = {}
    for one in listed:
        if pair := checked(one):
            asked[pair[0]] = Asked(registry.find(pair[0]), pair[1], one)
    if not asked:
        raise CourseError(f"{file} holds no check of an exercise: is it a lab?")
    owners = {name.replace("/", "-"): name for name in asked}
    ids, code = {}, []
    for one in listed:
        part = re.fullmatch(r"(.+)-answer(-\d+)?", one.grade)
        if part and part[1] in owners:
            asked[owners[part[1]]].answers.append(one.grade)
            ids[one.id] = one.grade
        elif one.kind == "code" and not checked(one):
            code.append(one.source)
    return Lab(file.parent.name, asked, ids, code)


def checked(one: Cell) -> tuple[str, str] | None:
    """(exercise, name of the answer) of a check cell."""
    if one.kind != "code" or not one.grade.endswith("-check"):
        return None
    try:
        match ast.parse(one.source).body[-1]:
            case ast.Expr(ast.Call(ast.Name("check"), [ast.Constant(str(id_)), ast.Name(name)])):
                return id_, name
    except (SyntaxError, ValueError, IndexError):
        pass
    raise CourseError(f"A check cell must end with check(id, name): {one.source[-80:]!r}.")


def answers(lab: Lab, listed: Sequence[Cell]) -> dict[str, Answer]:
    """What a student's cells say, by exercise. Raises CourseError for another notebook."""
    places: dict[str, list[Cell]] = {}
    for one in listed:
        places.setdefault(one.grade or lab.ids.get(one.id, ""), []).append(one)
    wanted = [name for asked in lab.asked.values() for name in asked.answers]
    if not any(name in places for name in wanted):
        units = sorted({m[1] for name in places if (m := re.match(r"(u\d\d)-", name))})
        what = "copy the answers into the lab that was handed out."
        if units:
            what = f"it holds cells of {', '.join(units)}: is it another lab's?"
        raise CourseError(f"None of the answer cells of {lab.name} is in this notebook: {what}")
    return {name: answer(asked, lab, places, listed) for name, asked in lab.asked.items()}


def answer(asked: Asked, lab: Lab, places: dict[str, list[Cell]], listed: Sequence[Cell]) -> Answer:
    """What a student's cells say of one exercise."""
    found, own = Answer(), []
    for name in asked.answers:
        here = places.get(name, [])
        if not here:
            found.missing = "The answer cell is not in the notebook."
            continue
        if len(here) > 1:
            found.notes.append(f"The answer cell is there {len(here)} times; the last one counts.")
        if here[-1].kind != "code":
            found.missing = f"The answer cell is not code any more, but {here[-1].kind[:20]}."
            continue
        own.append(here[-1])
    checks = places.get(asked.check.grade, [])
    if not any(one.source == asked.check.source and one.kind == "code" for one in checks):
        found.notes.append("Its check cell was changed or deleted, which changes no score.")
    if found.missing:
        found.notes.append(found.missing)
    copies = {id(one) for name in asked.answers for one in places.get(name, [])}
    used = [one.source for one in listed if one.kind == "code" and id(one) not in copies]
    found.source = "\n\n".join(one.source for one in own)
    found.others = (*lab.code, *used)
    return found
