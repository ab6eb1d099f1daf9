"""k nearest neighbours on frozen features, as in DINO's evaluation.

Caron et al. 2021 (arXiv 2104.14294), after Wu et al. 2018 (arXiv 1805.01978): features of unit
length, the k most similar of the bank vote with weight exp(cos / T). No training, so the score
says how the features lie, not what a classifier can make of them. Departs from the released code,
which cuts the test set into 100 chunks and therefore fails on fewer than 100 images.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.core.errors import CourseError


def knn(
    bank: Tensor,
    labels: Tensor,
    queries: Tensor,
    k: int = 20,
    temperature: float = 0.07,
    exclude_self: bool = False,
    chunk: int = 1000,
) -> Tensor:
    """Predicted class of each query, int64 (Q,).

    bank: (N, D) features with labels int64 (N,). queries: (Q, D). exclude_self: the queries are
    the bank, row by row, and no image may vote for itself. chunk: queries at a
    time. Raises CourseError when k exceeds the neighbours that there are.
    """
    there = len(bank) - exclude_self
    if not 1 <= k <= there:
        raise CourseError(f"k={k} neighbours of {there}: k must lie between 1 and {there}.")
    if exclude_self and len(queries) != len(bank):
        raise CourseError("exclude_self needs the bank itself as queries, row by row.")
    if temperature <= 0:
        raise CourseError(f"The temperature must be positive, not {temperature}.")
    bank, queries = F.normalize(bank, dim=1), F.normalize(queries, dim=1)
    classes = int(labels.max()) + 1
    predicted = []
    for start in range(0, len(queries), chunk):
        cosine = queries[start : start + chunk] @ bank.T  # (q, N)
        if exclude_self:
            rows = torch.arange(len(cosine))
            cosine[rows, start + rows] = -torch.inf
        nearest, index = cosine.topk(k, dim=1)  # (q, k), most similar first
        weight = torch.exp((nearest - nearest[:, :1]) / temperature)  # scaled, cannot overflow
        votes = torch.zeros(len(cosine), classes).scatter_add_(1, labels[index], weight)
        predicted.append(votes.argmax(dim=1))
    return torch.cat(predicted)
