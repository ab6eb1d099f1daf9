"""The real source of a function, method or class, as it stands in the library, in a notebook."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from pathlib import Path

from IPython.display import display

from course_lib.core import paths
from course_lib.core.errors import CourseError

Shown = Callable | type


def text(thing: Shown, docstring: bool = True) -> str:
    """Its source lines, moved to the left margin. docstring: keep the docstrings in it.

    Raises CourseError for what was not written in Python.
    """
    try:
        source = textwrap.dedent(inspect.getsource(inspect.unwrap(thing))).rstrip()
    except (TypeError, OSError):
        raise CourseError(f"{thing!r} has no Python source to show.") from None
    return source if docstring else without_docstrings(source)


def without_docstrings(source: str) -> str:
    """The same lines but for docstrings and the blank line after each; comments stay."""
    lines = source.split("\n")
    gone: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            first = node.body[0]
            end = first.end_lineno or first.lineno
            gone |= set(range(first.lineno - 1, end + (lines[end : end + 1] == [""])))
    return "\n".join(line for number, line in enumerate(lines) if number not in gone)


def place(thing: Shown) -> str:
    """The file in which it stands: "course_lib/evaluate/knn.py"."""
    file = Path(inspect.getsourcefile(inspect.unwrap(thing)) or "").resolve()
    top = paths.PACKAGE.parent
    return file.relative_to(top).as_posix() if file.is_relative_to(top) else file.name


def show(*things: Shown, docstring: bool = False) -> None:
    """Shows the source of each, with the file in which it can be read in full.

    As Markdown, so that the notebook colours it in its own theme. docstring: with docstrings.
    """
    for thing in things:
        code = text(thing, docstring)
        name = getattr(thing, "__qualname__", "")
        page = f"`{name}` in `{place(thing)}`:\n\n```python\n{code}\n```"
        display({"text/markdown": page, "text/plain": f"{name} in {place(thing)}"}, raw=True)
