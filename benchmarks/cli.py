"""`course bench`: the laptop's table; `grow`, `reach` and `gpu` for the longer ones."""

import os
from typing import Annotated

import typer

os.environ.setdefault("OMP_NUM_THREADS", "2")  # before torch is imported

app = typer.Typer(add_completion=False, no_args_is_help=False, help=__doc__)


@app.callback(invoke_without_command=True)
def laptop(context: typer.Context) -> None:
    """Share of the floor, milliseconds of views, lightly beside, memory: five minutes."""
    if context.invoked_subcommand is None:
        from benchmarks import laptop, measure, page

        measure.store("laptop", laptop.bench())
        page.show()


@app.command()
def page() -> None:
    """Fill docs/speed.md and draw its picture from what is stored."""
    from benchmarks import page

    page.show()


@app.command()
def grow() -> None:
    """The same over batch, image size, data size and processes: five minutes."""
    from benchmarks import grow, measure, page

    measure.store("grow", grow.bench())
    page.show()


@app.command()
def reach(
    goal: Annotated[float, typer.Option(help="kNN accuracy on val to stop at.")] = 0.45,
) -> None:
    """Seconds until SimCLR's kNN on scenes is good enough, ours and lightly's: eight minutes."""
    from benchmarks import measure, page, reach

    measure.store("reach", reach.bench(goal))
    page.show()


@app.command()
def gpu() -> None:
    """On one CUDA GPU: an epoch of a ResNet-18, all methods in bf16, exact resume."""
    from benchmarks import gpu, measure, page

    measure.store("gpu", gpu.bench())
    page.show()
