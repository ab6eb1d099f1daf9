"""`course exercise new | list | audit`: for those who write exercises."""

from typing import Annotated

import typer

from course_lib.core.errors import CourseError
from course_lib.grading import registry, skeleton
from course_lib.grading.audit import audit as examination

app = typer.Typer(help="Exercises: write, list, audit.", no_args_is_help=True)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Its id, for example u03/rotations.")],
    kind: Annotated[str, typer.Option(help="implement, predict, diagnose, design or judge.")],
) -> None:
    """Write the file of a new exercise, to be filled in."""
    file = skeleton.new(name, kind)
    typer.echo(f"{file}\nFill it in; `course exercise audit {name}` says what is missing.")


@app.command("list")
def show() -> None:
    """Every exercise: kind, points, title."""
    for name in registry.ids():
        exercise = registry.find(name)
        typer.echo(f"{name:<28}{exercise.kind:<11}{exercise.points:>2}  {exercise.title}")


@app.command()
def audit(
    name: Annotated[str | None, typer.Argument(help="An id; by default all.")] = None,
) -> None:
    """Say what is wrong with an exercise: each wrong answer must be caught by its own sentence."""
    names = [name] if name else registry.ids()
    found = [f"{one}: {text}" for one in names for text in examination(registry.find(one))]
    if found:
        typer.echo("\n".join(found))
        raise CourseError(f"{len(found)} things are wrong with {len(names)} exercises.")
    typer.echo(f"Nothing is wrong with {len(names)} exercises.")
