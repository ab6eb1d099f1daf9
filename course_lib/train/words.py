"""The words of `course train METHOD key=value …`, and what may be said there."""

import dataclasses
import inspect
import sys
from collections.abc import Iterable

from course_lib.core.errors import CourseError, nearest
from course_lib.methods import METHODS, Method, Recipe
from course_lib.train.recipes import recipe_from

OPTIONS = {
    "data_options": "data.…             options of the data set, e.g. data.size=32",
    "net_options": "net.…              options of the net, e.g. net.depth=4 of a vit",
}


def parse(method: str, words: Iterable[str]) -> tuple[Recipe, str | None]:
    """`key=value` words → the recipe and the run folder that `out=` names, or None."""
    settings: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise CourseError(f"{word!r} is no setting: write key=value, for example steps=500.")
        if name in settings:
            raise CourseError(f"{name} is set twice, to {settings[name]} and to {value}: keep one.")
        settings[name] = value
    out = settings.pop("out", None)
    return recipe_from(method, settings), out


def methods() -> str:
    """A line a method: its name and the first sentence of its file."""
    return "\n".join(f"{name:12s} {first_line(kind)}" for name, (kind, _) in METHODS.items())


def first_line(kind: type[Method]) -> str:
    return (sys.modules[kind.__module__].__doc__ or "").splitlines()[0]


def settings(method: str) -> str:
    """Every setting of a method with the value it has unless told otherwise."""
    if method not in METHODS:
        raise CourseError(f"There is no method {method!r}: {nearest(method, METHODS)}")
    kind, recipe = METHODS[method][0], METHODS[method][1]()
    lines = [first_line(kind), "", inspect.getdoc(type(recipe)) or "", ""]
    for field in dataclasses.fields(recipe):
        value = getattr(recipe, field.name)
        if field.name in OPTIONS:
            lines.append(OPTIONS[field.name])
        elif dataclasses.is_dataclass(value):
            for inner in dataclasses.fields(value):
                name = f"{field.name}.{inner.name}"
                lines.append(f"{name:18s} {getattr(value, inner.name)}")
        else:
            lines.append(f"{field.name:18s} {value}")
    return "\n".join(lines)
