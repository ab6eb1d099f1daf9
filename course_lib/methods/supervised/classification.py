"""Supervised classification: the labels themselves are the objective.

Softmax with cross-entropy, one class an image (Bridle 1990), and sigmoids with binary
cross-entropy, any number of classes an image. With logits z (B, K) and targets y (B, K) in {0, 1},

    softmax   loss = mean_b  -sum_k y_k (z_k - logsumexp z)
    sigmoid   loss = mean_b  -sum_k [ y_k log s(z_k) + (1 - y_k) log(1 - s(z_k)) ]

Both have gradient p - y with respect to z. Without the (1 - y) term the second is minimised by
z → +inf for every class. Shapes: images (B, C, h, w) → features (B, d) → logits (B, K).
"""

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.core.errors import CourseError, nearest
from course_lib.core.hardware import wide
from course_lib.core.randomness import Rng
from course_lib.methods.base import Facts, Method, Output, Time
from course_lib.methods.recipe import Recipe, backbone
from course_lib.views import Augmentation, augment

LOSSES = ("softmax", "sigmoid")


@dataclass(frozen=True)
class SupervisedRecipe(Recipe):
    """loss: "softmax" or "sigmoid"."""

    loss: str = "softmax"
    epochs: float = 6.0
    augment: Augmentation = field(default_factory=lambda: Augmentation(views=1))

    takes = 0

    def __post_init__(self):
        super().__post_init__()
        if self.loss not in LOSSES:
            raise CourseError(f"There is no loss {self.loss!r}: {nearest(self.loss, LOSSES)}")


class Supervised(Method):
    own_loss = True

    def __init__(self, recipe: SupervisedRecipe, facts: Facts):
        super().__init__()
        self.recipe, self.classes = recipe, facts.classes
        self.encoder = backbone(recipe, facts)
        self.head = nn.Linear(self.encoder.dim, facts.classes)

    def views(self, batch: dict, rng: Rng) -> dict:
        return augment(batch, rng, self.recipe.augment)

    def forward(self, views: dict, t: Time) -> Output:
        features = self.encoder(views["image"].flatten(0, 1))  # (V B, d)
        logits = wide(self.head(features))  # (V B, K)
        label = views["label"].repeat(len(views["image"]))  # (V B,)
        loss = classification_loss(logits, label, self.recipe.loss)
        accuracy = (logits.detach().argmax(dim=1) == label).float().mean()
        return Output(loss, features.detach(), {"accuracy": accuracy})

    def encode(self, x: Tensor, modality: str = "image") -> Tensor:
        return self.encoder(x)

    def constant_loss(self, batch: int) -> float:
        """All logits equal: log K for softmax; K log 2 for sigmoids at one half."""
        return (
            math.log(self.classes) if self.recipe.loss == "softmax" else self.classes * math.log(2)
        )


def classification_loss(logits: Tensor, label: Tensor, loss: str) -> Tensor:
    """logits (B, K), label int64 (B,) → the mean over the batch of either loss above."""
    if loss == "softmax":
        return F.cross_entropy(logits, label)
    target = torch.zeros_like(logits).scatter_(1, label[:, None], 1.0)
    return F.binary_cross_entropy_with_logits(logits, target, reduction="sum") / len(logits)
