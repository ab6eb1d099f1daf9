"""Layers that draw while a net trains, and how they are lent what they draw from.

No layer owns a generator: `drawing(module, rng, done)` lends the rng of the views to every `Drawn`
layer inside for one forward pass, and `Lender`, from which every method is made, does that for its
own. A draw is keyed by (seed, step, sample, place of the layer, view), so it depends neither on the
order of a batch nor on the number of processes, and a run can be resumed.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng


class Lent:
    """What layers get for one pass. done: the share of training that is behind it, from 0 to 1.

    rates: name → what layers said of what they did, (,) each.
    """

    def __init__(self, rng: Rng | None, done: float):
        self.rng, self.done = rng, done
        self.rates: dict[str, list[Tensor]] = {}
        self.calls: dict[str, int] = {}

    def logs(self) -> dict[str, Tensor]:
        """The mean of each rate over layers: `survived` of blocks, `dropped` of activations."""
        return {name: torch.stack(found).mean() for name, found in self.rates.items()}


class Drawn(nn.Module):
    """A layer that draws in training; `lent` and `place` are set by `drawing`."""

    lent: Lent | None = None
    place = ""
    eager: tuple[str, ...] = ("forward",)  # methods that torch.compile leaves as they are

    def loan(self) -> tuple[Rng, Lent]:
        """The rng and all else that was lent; CourseError where nothing was."""
        if self.lent is None or self.lent.rng is None:
            raise CourseError(
                f"{type(self).__name__} draws in training and was lent no rng: call the method as "
                "method(views, t), use `with drawing(net, rng):`, or switch to net.eval()."
            )
        return self.lent.rng, self.lent

    def uniform(self, rows: int, n: int) -> Tensor:
        """float32 in [0, 1), (rows, n), new ones at each call within a pass.

        rows: V·B, view after view, as `flatten(0, 1)` leaves them.
        """
        rng, lent = self.loan()
        views, rest = divmod(rows, len(rng.index))
        if rest:
            raise CourseError(
                f"{rows} rows are no whole number of views of {len(rng.index)} samples, so "
                f"{type(self).__name__} cannot tell which row belongs to which sample."
            )
        call = lent.calls[self.place] = lent.calls.get(self.place, -1) + 1
        own = rng.fold((self.place, call))
        return torch.cat([own.fold(view).uniform("layer", n) for view in range(views)])

    def one(self) -> float:
        """One number in [0, 1) a step, the same for every sample and process."""
        rng, _ = self.loan()  # on the CPU, since a decision waits for it
        alone = Rng(rng.seed, rng.step, torch.zeros(1, dtype=torch.int64), rng.path)
        return alone.fold(self.place).shared("layer").item()

    def say(self, name: str, rate: Tensor) -> None:
        """Notes what this pass did, for the logs."""
        self.loan()[1].rates.setdefault(name, []).append(rate.detach())


@contextmanager
def drawing(module: nn.Module, rng: Rng | None, done: float = 1.0) -> Iterator[Lent]:
    """Lends `rng` to every layer of `module` that draws, until the block ends."""
    lent = Lent(rng, done)
    leave_eager()
    layers = [(place, part) for place, part in module.named_modules() if isinstance(part, Drawn)]
    for place, part in layers:
        part.lent, part.place = lent, place
    try:
        yield lent
    finally:
        for _, part in layers:
            part.lent = None


def leave_eager() -> None:
    """Lets torch.compile pass by what draws, as each step draws anew. Only where the compiler is in
    use already: importing it takes seconds."""
    if "torch._dynamo" not in sys.modules:
        return
    for kind in Drawn.__subclasses__():
        for name in kind.eager:
            setattr(kind, name, torch.compiler.disable(getattr(kind, name)))
        kind.eager = ()


class Lender(nn.Module):
    """Lends the rng in the views to its layers while it runs, and adds their rates to the logs."""

    def __call__(self, views: dict, t):
        """`forward(views, t)`; t has `step` and `total`, as `methods.base.Time`, or is None."""
        done = t.step / t.total if t else 1.0
        with drawing(self, views.get("rng"), done) as lent:
            output = super().__call__(views, t)
        output.logs.update(lent.logs())
        return output
