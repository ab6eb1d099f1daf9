"""`course claims list | run | check`: the comparisons behind the lectures."""

from typing import Annotated

import typer

from course_lib.claims import runner
from course_lib.claims.claim import find, known
from course_lib.core.errors import CourseError

app = typer.Typer(help="Measured claims: list, run, check.", no_args_is_help=True)


@app.command("list")
def show() -> None:
    """Every claim and figure: what it says, and whether its result is fresh, stale or missing."""
    for claim in known().values():
        typer.echo(f"{claim.key:<24}{runner.check(claim):<9}{claim.sentence}")


@app.command()
def run(
    keys: Annotated[
        list[str] | None, typer.Argument(help="Rows or names, for example R040.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that are not fresh.")] = False,
) -> None:
    """Run claims one after the other and store their results; a stopped run goes on."""
    if bool(keys) == everything:
        raise CourseError("Name the claims to run, or say --all: course claims list shows them.")
    every = [c for c in known().values() if runner.check(c) != "fresh"] if everything else []
    for claim in [claim for key in keys or [] for claim in find(key)] or every:
        runner.run(claim, typer.echo)
    if everything and not every:
        typer.echo("Everything is fresh.")


@app.command("page")
def show_results() -> None:
    """Write what is stored into docs/results.md and README.md."""
    from course_lib.claims import page

    changed = page.write()
    typer.echo(f"Written: {', '.join(file.name for file in changed) or 'nothing new'}.")


@app.command()
def check(
    keys: Annotated[list[str] | None, typer.Argument(help="Rows or names; by default all.")] = None,
    probe: Annotated[
        bool, typer.Option("--probe", help="Rerun five steps of stale ones, to re-stamp them.")
    ] = False,
) -> None:
    """Say which stored results no longer belong to the code; fails if there is one."""
    claims = known()
    chosen = [c for key in keys for c in find(key, claims)] if keys else list(claims.values())
    states = {claim.key: runner.check(claim, probe, typer.echo) for claim in chosen}
    bad = {key: state for key, state in states.items() if state != "fresh"}
    for key, state in bad.items():
        typer.echo(f"{key} is {state}: course claims run {key}")
    if bad:
        raise CourseError(f"{len(bad)} of {len(states)} results are not fresh.")
    typer.echo(f"All {len(states)} results are fresh.")
