"""The `course` command: each subcommand is a few lines that call the package that does the work."""

import sys
from typing import Annotated

import typer

from course_lib.core.errors import CourseError

app = typer.Typer(
    help="The course's commands. The first one, `course lab`, opens it in the browser.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def lab(
    port: Annotated[
        int | None, typer.Option(help="Port to serve at; by default a free one.")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """Open the course in JupyterLab, on this machine only."""
    from course_lib.project import lab as server

    server.stop_on_terminate()
    raise typer.Exit(server.start(port, browser))


@app.command()
def check() -> None:
    """Run the fast part of the tests: lint, types, fast tests."""
    from course_lib.project import suite

    raise typer.Exit(suite.check())


@app.command()
def test() -> None:
    """Run everything that CI runs, and print the minutes that each part took."""
    from course_lib.project import suite

    raise typer.Exit(suite.test())


@app.command()
def notebooks(
    names: Annotated[list[str] | None, typer.Argument(help="Sources; by default all.")] = None,
) -> None:
    """Build the notebooks from their sources, with outputs."""
    from course_lib.project import notebooks as builder

    raise typer.Exit(builder.main(["build", *(names or [])]))


@app.command()
def doctor() -> None:
    """Look for anything wrong with this machine or this copy, and say what to do about it."""
    from course_lib.project import doctor as examination

    raise typer.Exit(examination.main())


@app.command()
def methods(
    name: Annotated[str | None, typer.Argument(help="Show the settings of this method.")] = None,
) -> None:
    """List the methods, or every setting of one with its default."""
    from course_lib.train import words

    typer.echo(words.settings(name) if name else words.methods())


@app.command()
def train(
    method: Annotated[str, typer.Argument(help="What to train, for example simclr.")],
    settings: Annotated[
        list[str] | None,
        typer.Argument(help="key=value words, for example data=scenes steps=500 out=runs/a."),
    ] = None,
) -> None:
    """Train a method: `course train simclr data=scenes steps=500 seed=0 out=runs/a`.

    out= names the run folder; the same command goes on from its last checkpoint. `course methods`
    lists the methods, and `course methods simclr` every setting of one.
    """
    from course_lib.train import train as run
    from course_lib.train import words

    recipe, out = words.parse(method, settings or [])
    run(recipe, out)
    if out:
        typer.echo(f"Done. `course evaluate {out} knn linear` says what was learnt.")


def main(args: list[str] | None = None) -> int:
    """Run one command → its exit code: 2 for bad input, said in one sentence; 130 when stopped."""
    try:
        app(sys.argv[1:] if args is None else args, prog_name="course")
    except CourseError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except SystemExit as end:
        return int(end.code or 0)
    return 0
