"""Sinkhorn-Knopp, the balanced soft assignment of samples to prototypes; and how soft it is.

Cuturi 2013, arXiv 1306.0895. Shapes: scores (..., B, K) → codes (..., B, K).
"""

import math

import torch
from torch import Tensor

from course_lib.core.hardware import wide


def sinkhorn(scores: Tensor, epsilon: float, iterations: int) -> Tensor:
    """Scores (..., B, K) → codes (..., B, K): exp(scores / epsilon) with its columns and then its
    rows scaled to equal sums, `iterations` times.

    Rows end with sum 1 exactly, columns with about B / K: the plan of entropic optimal transport
    (Cuturi 2013, arXiv 1306.0895) between samples and prototypes of equal weight. In logarithms,
    where nothing overflows: exp(1 / 0.05) is too large for float16, exp(1 / 0.01) for float32.
    """
    log_q = wide(scores) / epsilon
    for _ in range(iterations):
        log_q = log_q.log_softmax(dim=-2)  # samples share out each prototype
        log_q = log_q.log_softmax(dim=-1)  # prototypes share out each sample
    return log_q.exp()


def entropy(p: Tensor) -> Tensor:
    """Of distributions (..., K) → (...), as a share of log K."""
    return torch.special.entr(p).sum(dim=-1) / math.log(p.shape[-1])
