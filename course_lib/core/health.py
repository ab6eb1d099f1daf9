"""Is a representation alive? Two numbers that show collapse while it happens."""

import torch
import torch.nn.functional as F
from torch import Tensor


def spread(embeddings: Tensor) -> float:
    """Standard deviation of l2-normalised embeddings (N, D), mean over dimensions.

    1/sqrt(D) when they fill the sphere evenly, 0 when all are equal; below a tenth of 1/sqrt(D)
    counts as collapsed (Chen and He 2021, arXiv 2011.10566, watch the same number).
    """
    return F.normalize(embeddings.float(), dim=1).std(dim=0).mean().item()


def effective_rank(embeddings: Tensor) -> float:
    """exp of the entropy of the normalised singular values of the centred (N, D) matrix, 1 to D.

    Roy and Vetterli (2007). Sees dimensional collapse, which `spread` does not.
    """
    centred = embeddings.float() - embeddings.float().mean(dim=0)
    values = torch.linalg.svdvals(centred)
    share = values / values.sum().clamp_min(1e-12)
    return torch.exp(-(share * share.clamp_min(1e-12).log()).sum()).item()


def collapsed(embeddings: Tensor) -> bool:
    """Whether the spread is below a tenth of what the sphere allows."""
    return spread(embeddings) < 0.1 / embeddings.shape[1] ** 0.5
