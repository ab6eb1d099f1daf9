"""Supervised classification: the labels themselves are the objective.

Softmax with cross-entropy, one class an image (Bridle 1990), and sigmoids with binary
cross-entropy, any number of classes an image. With logits z (B, K) and targets y (B, K) in {0, 1},

    softmax   loss = mean_b  -sum_k y_k (z_k - logsumexp z)
    sigmoid   loss = mean_b  -sum_k [ y_k log s(z_k) + (1 - y_k) log(1 - s(z_k)) ]

Both have gradient p - y with respect to z. Without the (1 - y) term the second is minimised by
z → +inf for every class. `losses` has them, with label smoothing and with several classes an image.
Shapes: images (B, C, h, w) → features (B, d) → logits (B, K).
"""

import math
from dataclasses import dataclass, field

from torch import Tensor, nn

from course_lib.core.errors import CourseError
from course_lib.core.hardware import wide
from course_lib.core.randomness import Rng
from course_lib.methods.base import Facts, Method, Output, Time
from course_lib.methods.recipe import Recipe, backbone
from course_lib.methods.supervised.losses import LOSSES, check, classification_loss
from course_lib.views import Augmentation, augment

__all__ = ["LOSSES", "Supervised", "SupervisedRecipe", "classification_loss"]


@dataclass(frozen=True)
class SupervisedRecipe(Recipe):
    """loss: "softmax" or "sigmoid". smoothing: eps of label smoothing. multi: whether an image has
    several classes, those in the column `object` (scenes with annotate=true), not one `label`."""

    loss: str = "softmax"
    smoothing: float = 0.0
    multi: bool = False
    epochs: float = 6.0
    augment: Augmentation = field(default_factory=lambda: Augmentation(views=1))

    takes = 0

    def __post_init__(self):
        super().__post_init__()
        check(self.loss, self.smoothing)


class Supervised(Method):
    own_loss = True

    def __init__(self, recipe: SupervisedRecipe, facts: Facts):
        super().__init__()
        self.recipe, self.classes = recipe, facts.classes
        self.encoder = backbone(recipe, facts)
        self.head = nn.Linear(self.encoder.dim, facts.classes)

    def views(self, batch: dict, rng: Rng) -> dict:
        if self.recipe.multi and "object" not in batch:
            raise CourseError(
                "multi=true needs the classes of each image, in the column 'object': "
                "data=scenes data.annotate=true data.objects=[1,4] has it."
            )
        return augment(batch, rng, self.recipe.augment)

    def forward(self, views: dict, t: Time) -> Output:
        features = self.encoder(views["image"].flatten(0, 1))  # (V B, d)
        logits = wide(self.head(features))  # (V B, K)
        label = views["object" if self.recipe.multi else "label"]  # (B,) or (B, O)
        label = label.repeat(len(views["image"]), *[1] * (label.ndim - 1))  # (V B,) or (V B, O)
        loss = classification_loss(logits, label, self.recipe.loss, self.recipe.smoothing)
        first = logits.detach().argmax(dim=1)
        right = first == label if label.ndim == 1 else (first[:, None] == label).any(dim=1)
        return Output(loss, features.detach(), {"accuracy": right.float().mean()})

    def encode(self, x: Tensor, modality: str = "image") -> Tensor:
        return self.encoder(x)

    def constant_loss(self, batch: int) -> float:
        """All logits equal: log K for softmax; K log 2 for sigmoids at one half."""
        return (
            math.log(self.classes) if self.recipe.loss == "softmax" else self.classes * math.log(2)
        )
