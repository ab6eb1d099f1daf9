"""`python -m course_lib.data.streaming write | index | check`: shards, made and looked at."""

import sys
from pathlib import Path
from typing import Annotated

import torch
import typer

from course_lib.core.errors import CourseError
from course_lib.data import load
from course_lib.data.streaming import build_index, stream
from course_lib.data.streaming import write as write_shards

app = typer.Typer(help="WebDataset shards: write, index, check.", add_completion=False)


@app.command()
def write(
    data: Annotated[str, typer.Argument(help="A data set of the course, for example scenes.")],
    folder: Annotated[Path, typer.Argument(help="Where the shards and their index go.")],
    split: str = "train",
    samples: Annotated[int, typer.Option(help="A shard.")] = 1000,
    kind: Annotated[str, typer.Option(help="png or npy.")] = "png",
) -> None:
    """Write a split of one of the course's data sets as shards with their index."""
    typer.echo(write_shards(load(data, split), folder, samples, kind))


@app.command()
def index(
    pattern: Annotated[str, typer.Argument(help="'shards/*.tar' or 'shards/{000..099}.tar'")],
    out: Annotated[Path | None, typer.Option(help="By default index.json beside them.")] = None,
    channels: Annotated[int | None, typer.Option(help="1, 3 or 4.")] = None,
) -> None:
    """Write the index of shards that are there."""
    typer.echo(build_index(pattern, out, channels=channels))


@app.command()
def check(
    index: Annotated[Path, typer.Argument(help="An index of shards.")],
    size: Annotated[int | None, typer.Option(help="As in training; any size by default.")] = None,
) -> None:
    """Read every sample once and name those that cannot be read; fails if there is one."""
    shards = stream(index, size=size, mix=1, skip=sys.maxsize, say=typer.echo)
    readable = 0
    for rows in torch.arange(len(shards)).split(1000):
        readable += int((shards.batch(rows)["index"] == rows).sum())
    typer.echo(f"{readable:,} of {len(shards):,} samples can be read.")
    raise typer.Exit(bool(shards.source.bad))


if __name__ == "__main__":
    try:
        app(prog_name="python -m course_lib.data.streaming")
    except CourseError as error:
        sys.exit(str(error))
