"""`course grade FOLDER` and `course grade report OUT`: for instructors."""

from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from course_lib.grading import assignment, grade, report_cli
from course_lib.grading.task import Limits

DEFAULT = "run"


class Commands(TyperGroup):
    """A folder in the place of a command is graded: `course grade submissions/`."""

    def parse_args(self, ctx, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help",):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=Commands,
    help="Grade what students handed in: `course grade FOLDER`.",
    no_args_is_help=True,
    add_completion=False,
)
app.command()(report_cli.report)


@app.command(DEFAULT)
def run(
    folder: Annotated[Path, typer.Argument(help="A folder or a notebook for each student.")],
    out: Annotated[
        Path | None, typer.Option(help="For records and scores; by default grading/results/LAB.")
    ] = None,
    lab: Annotated[str, typer.Option(help="Which lab, for example 01_representation.")] = "",
    workers: Annotated[int, typer.Option(help="Sandboxes at a time; by default one a core.")] = 0,
    seed: Annotated[
        int | None, typer.Option(help="Of the inputs, to grade once more as a record says.")
    ] = None,
    again: Annotated[bool, typer.Option(help="Also what was graded and did not change.")] = False,
    seconds: Annotated[
        float, typer.Option(help="By the clock, for one exercise.")
    ] = Limits.seconds,
    unsafe: Annotated[
        bool, typer.Option(help="Without a sandbox: students' code can do all that you can.")
    ] = False,
) -> None:
    """Run every answer in a sandbox, on fresh inputs, and write a record a student and scores.csv.

    The same command goes on after an interruption and grades anew what has changed.
    """
    out = out or Path("grading") / "results" / assignment.find(lab).name
    limits = Limits(seconds=seconds)
    done = grade.grade(
        folder, out, lab, unsafe=unsafe, workers=workers, seed=seed, again=again, limits=limits
    )
    typer.echo(f"{len(done)} graded: {out / 'scores.csv'}; `course grade report {out}` says more.")
