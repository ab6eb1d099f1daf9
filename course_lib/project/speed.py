"""The benchmarks' commands, which lie beside the library in a checkout."""

import sys

import typer

from course_lib.core import paths
from course_lib.core.errors import CourseError


def app() -> typer.Typer:
    """What `course bench` runs; CourseError in an installed copy, which has no benchmarks."""
    root = paths.root()
    if root is None:
        raise CourseError("The benchmarks are in the course's folder: run this command there.")
    sys.path.insert(0, str(root))
    from benchmarks import cli

    return cli.app
