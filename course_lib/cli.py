"""The `course` command: each subcommand is a few lines that call the package that does the work."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from course_lib.core.errors import CourseError

app = typer.Typer(
    help="The course's commands. The first one, `course lab`, opens it in the browser.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
ANY = {"allow_extra_args": True, "ignore_unknown_options": True}
PASSED_ON = app.command(context_settings=ANY, add_help_option=False)  # to a package's own commands


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


@app.command()
def evaluate(
    run: Annotated[str, typer.Argument(help="A run folder, for example runs/a.")],
    readouts: Annotated[
        list[str] | None, typer.Argument(help="knn, linear, finetune; by default the first two.")
    ] = None,
) -> None:
    """Say what a run learnt: `course evaluate runs/a knn linear`.

    Test accuracy on the run's own data, every setting chosen on val, beside chance, raw pixels and
    an untrained net.
    """
    from course_lib.evaluate import report, runs, table

    method, recipe = runs.read(run)
    chosen = readouts or ["knn", "linear"]
    scores = report({run: method}, recipe.data, chosen, options=recipe.data_options)
    typer.echo(table(scores))


@app.command()
def store(
    run: Annotated[str, typer.Argument(help="A run folder, for example runs/a.")],
    file: Annotated[str, typer.Argument(help="Where to, e.g. results/nets/scenes-simclr.pt.")],
) -> None:
    """Store a run's encoder alone, in half precision, as lectures load it."""
    from course_lib.evaluate import runs

    method, recipe = runs.read(run)
    runs.store(method, recipe, Path(file))
    typer.echo(f"{file}: {Path(file).stat().st_size / 1e6:.2f} MB")


@PASSED_ON
def claims(context: typer.Context) -> None:
    """The comparisons behind the lectures: `course claims list | run R040 | check`."""
    from course_lib.claims import cli  # here, so that `course --help` does not wait for torch

    cli.app(context.args, prog_name="course claims")


@PASSED_ON
def bench(context: typer.Context) -> None:
    """Measure speed on this machine: `course bench`, `course bench reach | grow | gpu`."""
    from course_lib.project import speed

    speed.app()(context.args, prog_name="course bench")


@PASSED_ON
def exercise(context: typer.Context) -> None:
    """Write and audit exercises: `course exercise list | audit | new u03/name --kind implement`."""
    from course_lib.grading import cli

    cli.app(context.args, prog_name="course exercise")


@app.command()
def release(
    labs: Annotated[
        list[str] | None, typer.Argument(help="Labs, for example 01; by default all.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The archive to write.")] = None,
    course: Annotated[bool, typer.Option(help="Pack the whole course around them.")] = False,
    students: Annotated[
        Path | None, typer.Option(help="A roster: pack a lab of their own for each.")
    ] = None,
    seed: Annotated[
        str, typer.Option(help="A secret word that the students' draws come from.")
    ] = "",
) -> None:
    """Pack labs to hand out, without solutions: `course release 01 --out lab01.zip`."""
    from course_lib.grading import roster
    from course_lib.project import release as archive

    people = roster.names(students) if students else []
    file, names = archive.pack(labs or [], out, course, seed, people)
    listed = names if len(names) < 9 else [*names[:8], f"and {len(names) - 8} more"]
    typer.echo(f"{file}: {file.stat().st_size / 1e6:.2f} MB\n  " + "\n  ".join(listed))


@PASSED_ON
def grade(context: typer.Context) -> None:
    """For instructors: `course grade submissions/`, then `course grade report OUT`."""
    from course_lib.grading import grade_cli

    grade_cli.app(context.args, prog_name="course grade")


@app.command()
def exam(
    names: Annotated[list[str], typer.Argument(help="Exercises or units, for example u01.")],
    out: Annotated[Path, typer.Option(help="The questions; the key goes beside them.")],
    seed: Annotated[int, typer.Option(help="Another seed, another paper.")] = 1,
) -> None:
    """Make exam questions for paper: `course exam u01 --seed 7 --out exam.md`."""
    from course_lib.core.files import write_whole
    from course_lib.grading import paper, registry

    ids = [one for name in names for one in ([name] if "/" in name else registry.ids(name))]
    text, key = paper.paper([registry.find(name) for name in ids], seed)
    beside = out.with_name(f"{out.stem}-key{out.suffix}")
    write_whole(out.resolve(), text.encode())
    write_whole(beside.resolve(), key.encode())
    typer.echo(f"{out}\n{beside}")


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
