"""For the tests: columns to mean 0 and standard deviation 1, with its gradient."""

import torch
from torch import Tensor

from course_lib.core.randomness import Rng
from course_lib.grading.exercise import Case, Exercise, Right, Wrong


def reference(x: Tensor) -> Tensor:
    return (x - x.mean(0)) / x.std(0, correction=0)


def column_by_column(x: Tensor) -> Tensor:
    columns = []
    for column in x.unbind(1):
        centred = column - column.sum() / len(column)
        columns.append(centred / (centred**2).mean().sqrt())
    return torch.stack(columns, dim=1)


def by_moments(x: Tensor) -> Tensor:
    wide = x.double()
    variance = (wide**2).mean(0) - wide.mean(0) ** 2
    return ((wide - wide.mean(0)) / variance.sqrt()).to(x.dtype)


def unbiased(x: Tensor) -> Tensor:
    return (x - x.mean(0)) / x.std(0)


def rows(x: Tensor) -> Tensor:
    return reference(x.T).T


def whole(x: Tensor) -> Tensor:
    return (x - x.mean()) / x.std(correction=0)


def variance(x: Tensor) -> Tensor:
    return (x - x.mean(0)) / x.var(0, correction=0)


def detached(x: Tensor) -> Tensor:
    return (x - x.mean(0)) / x.std(0, correction=0).detach()


def in_place(x: Tensor) -> Tensor:
    x -= x.mean(0)
    return reference(x)


def inputs(rng: Rng) -> list[Case]:
    x = rng.normal("x", 12).view(4, 3) * torch.tensor([1.0, 2, 5])
    return [Case("a small matrix", (x,)), Case("the same, with gradient", (x[:3],), gradient=True)]


EXERCISE = Exercise(
    id="u98/standardise",
    title="Columns on one scale",
    kind="implement",
    contract="`standardise(x)`: x (N, D) → (N, D), each column with mean 0 and deviation 1.",
    reference=reference,
    inputs=inputs,
    wrong=(
        Wrong("unbiased", unbiased, "You divide by N − 1; the mean square here is over N."),
        Wrong("rows", rows, "You standardise each row; a feature is a column."),
        Wrong("whole", whole, "One mean for the whole matrix: each column has its own."),
        Wrong("variance", variance, "You divide by the variance, not by its root."),
        Wrong("detached", detached, "The deviation depends on x too, and so do its gradients."),
        Wrong("in_place", in_place, "You change x itself, which the caller still needs."),
    ),
    right=(Right("column by column", column_by_column), Right("by moments", by_moments)),
    hints=("What is one feature: a row or a column?", "Two statistics.", "`x.mean(0)` is one."),
    points=3,
)
