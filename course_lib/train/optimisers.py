"""Optimisers: AdamW and SGD, with weight decay on weights only."""

import torch
from torch import nn

from course_lib.core.errors import CourseError
from course_lib.core.lean import lean
from course_lib.methods import Recipe


def optimiser(module: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """Matrices and filters decay; biases, norms and single numbers do not, as decay there only
    moves a scale that the next layer undoes."""
    weights = [p for p in module.parameters() if p.requires_grad and p.ndim > 1]
    others = [p for p in module.parameters() if p.requires_grad and p.ndim <= 1]
    groups = [
        {"params": weights, "weight_decay": recipe.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    if recipe.optimizer == "adamw":
        return lean(torch.optim.AdamW)(groups, lr=recipe.lr, fused=True)
    if recipe.optimizer == "sgd":
        return lean(torch.optim.SGD)(groups, lr=recipe.lr, momentum=0.9, fused=True)
    raise CourseError(f"optimizer is adamw or sgd, not {recipe.optimizer!r}.")
