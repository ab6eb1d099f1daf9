"""`key=value` words into recipes, and recipes into plain dictionaries for run folders."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from course_lib.core.errors import CourseError, nearest
from course_lib.data import DATASETS, options
from course_lib.methods import METHODS, Recipe
from course_lib.views import Augmentation


def recipe_from(method: str, words: Mapping[str, Any]) -> Recipe:
    """The recipe of a method with `words` applied, e.g. {"steps": "500", "augment.blur": "0.5"}."""
    if method not in METHODS:
        raise CourseError(f"There is no method {method!r}: {nearest(method, METHODS)}")
    return override(METHODS[method][1](), words)


def override(recipe: Recipe, words: Mapping[str, Any]) -> Recipe:
    """A copy with some settings changed. `data.size` sets an option of the data set,
    `net.depth` one of the net and `augment.blur` one of the augmentation."""
    for word, value in words.items():
        head, _, tail = word.partition(".")
        known = [f.name for f in dataclasses.fields(recipe) if not f.name.endswith("_options")]
        crops = [name for name in known if isinstance(getattr(recipe, name), Augmentation)]
        if head not in known or (tail and head not in ("data", "net", *crops)):
            raise CourseError(f"There is no setting {word!r}: {nearest(word, known)}")
        if head == "data" and not tail and value not in DATASETS:
            raise CourseError(f"There is no data set {value!r}: {nearest(value, DATASETS)}")
        if head in crops:
            change = {head: set_one(getattr(recipe, head), tail, value, f"{head}.")}
        elif tail:
            name = f"{head}_options"
            change = {name: getattr(recipe, name) | {tail: literal(value)}}
        else:
            change = {head: converted(word, value, getattr(recipe, head))}
        recipe = dataclasses.replace(recipe, **change)
    unknown = set(recipe.data_options) - set(options(recipe.data))
    for name in sorted(unknown):
        raise CourseError(
            f"{recipe.data} has no option {name!r}: {nearest(name, options(recipe.data))}"
        )
    return recipe


def set_one(settings: Any, name: str, value: Any, prefix: str) -> Any:
    """A copy of a settings dataclass with one field changed."""
    known = [field.name for field in dataclasses.fields(settings)]
    if name not in known:
        raise CourseError(f"There is no setting {prefix + name!r}: {nearest(name, known)}")
    return dataclasses.replace(settings, **{name: converted(name, value, getattr(settings, name))})


def literal(value: Any) -> Any:
    """A number, list or true/false as JSON writes it; any other text as it stands."""
    if not isinstance(value, str):
        return value
    try:
        parsed = json.loads(value)
    except ValueError:
        return value
    return tuple(parsed) if isinstance(parsed, list) else parsed


def converted(name: str, value: Any, current: Any) -> Any:
    """`value` as the type that the setting has now."""
    parsed = literal(value)
    if isinstance(current, str):
        return str(value)
    if isinstance(current, float) and isinstance(parsed, int) and not isinstance(parsed, bool):
        return float(parsed)
    if current is None and isinstance(parsed, int | float) or type(parsed) is type(current):
        return parsed
    wanted = {bool: "true or false", int: "a whole number", float: "a number"}
    raise CourseError(
        f"{name}={value} makes no sense: it is "
        f"{wanted.get(type(current), 'a number')}, now {current}."
    )


def as_dict(recipe: Recipe) -> dict:
    """A recipe as JSON can hold it, with the method's name first."""
    method = next(name for name, (_, kind) in METHODS.items() if kind is type(recipe))
    return {"method": method, **json.loads(json.dumps(dataclasses.asdict(recipe)))}


def from_dict(stored: dict) -> Recipe:
    """The recipe that `as_dict` wrote."""
    settings = dict(stored)
    kind = METHODS[settings.pop("method")][1]
    for field in dataclasses.fields(kind):
        if field.name not in settings:
            continue
        value = settings[field.name]
        if field.name.endswith("_options"):
            lists = {k: tuple(v) if isinstance(v, list) else v for k, v in value.items()}
            settings[field.name] = lists
        elif isinstance(getattr(kind(), field.name), Augmentation):
            settings[field.name] = Augmentation(**value)
    return kind(**settings)
