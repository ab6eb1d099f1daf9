"""Linear probe: multinomial logistic regression on frozen features, at several strengths of l2.

What a linear readout finds in features (Alain and Bengio 2016, arXiv 1610.01644). With
standardised features x (statistics of the training set), labels y and N images it minimises

    1/N sum_i cross_entropy(W x_i + b, y_i) + l2/2 |W|²

which is convex, so the answer does not depend on the solver, and no learning rate is to be chosen:
each strength is solved to the end by L-BFGS (Liu and Nocedal 1989), the strongest first, each from
the solution before it; the one to use is chosen on val. No augmentation. sklearn's C is 1/(N l2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.core.errors import CourseError
from course_lib.core.lean import lean
from course_lib.evaluate.features import moments

STRENGTHS = (1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5)


@dataclass(frozen=True)
class Probe:
    """A solved probe; it takes features as they were extracted. weight: (D, K). bias: (K,)."""

    weight: Tensor
    bias: Tensor
    l2: float

    def logits(self, features: Tensor) -> Tensor:
        """(N, D) → (N, K)."""
        return features @ self.weight + self.bias


def fit(
    features: Tensor,
    labels: Tensor,
    classes: int,
    strengths: Sequence[float] = STRENGTHS,
    tolerance: float = 3e-4,
) -> list[Probe]:
    """A probe for each strength, strongest first. features: (N, D) of the training images.

    labels: int64 (N,). tolerance: a strength is solved when no gradient entry is larger.
    """
    if not strengths or min(strengths) <= 0:
        raise CourseError(f"l2 strengths must be positive numbers, not {strengths!r}.")
    if len(features) != len(labels):
        raise CourseError(f"{len(features)} features and {len(labels)} labels do not pair up.")
    mean, std = moments(features)
    x = (features - mean) / std
    x = torch.cat([x, torch.ones(len(x), 1)], dim=1)  # (N, D + 1), the bias as a feature
    solution = torch.zeros(x.shape[1], classes)
    probes = []
    for l2 in sorted(strengths, reverse=True):
        solution = solve(x, labels, l2, solution, tolerance)
        weight = solution[:-1] / std[:, None]  # the standardisation folded in
        probes.append(Probe(weight, solution[-1] - mean @ weight, l2))
    return probes


def solve(x: Tensor, labels: Tensor, l2: float, start: Tensor, tolerance: float) -> Tensor:
    """Minimises the docstring's objective from `start`. x: (N, D + 1) → w (D + 1, K).

    Works in coordinates v = Lᵀ w with L Lᵀ = covariance/16 + l2, in which correlated features
    curve the loss about equally in all directions: a third fewer steps.
    """
    curvature = x.T @ x / (16 * len(x))  # (D + 1, D + 1); the factor changes speed, not the answer
    curvature.diagonal().add_(l2)
    factor = torch.linalg.cholesky(curvature)
    x = torch.linalg.solve_triangular(factor, x.T, upper=False).T.contiguous()  # x w = x' v
    v = (factor.T @ start).requires_grad_()
    optimiser = lean(torch.optim.LBFGS)(
        [v], max_iter=200, tolerance_grad=tolerance, tolerance_change=1e-9, history_size=10,
        line_search_fn="strong_wolfe",
    )  # fmt: skip

    def loss() -> Tensor:
        optimiser.zero_grad()
        w = torch.linalg.solve_triangular(factor.T, v, upper=True)
        value = F.cross_entropy(x @ v, labels) + l2 / 2 * w[:-1].square().sum()
        value.backward()
        return value

    optimiser.step(loss)
    return torch.linalg.solve_triangular(factor.T, v.detach(), upper=True)
