"""Rotation prediction: which of four quarter turns was made?

Gidaris, Singh and Komodakis, 2018, arXiv 1803.07728. Every image goes in under all four turns r,

    loss = 1/(4B) sum_{b, r}  -log softmax(head(f(turn_r x_b)))_r

so labels are balanced in every batch. Shapes: images (4, B, C, h, w) → features (4B, d) → logits
(4B, 4). Turns are exact, by transposing and flipping, never by interpolation; random rotations as
augmentation would destroy the task. Departs from the paper in scale: a small net and AdamW.
"""

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.core.hardware import wide
from course_lib.core.randomness import Rng
from course_lib.methods.base import Facts, Method, Output, Time
from course_lib.methods.recipe import Recipe, backbone
from course_lib.views import Augmentation, augment

TURNS = 4


@dataclass(frozen=True)
class RotationRecipe(Recipe):
    """One cropped and coloured view an image, then its four turns."""

    augment: Augmentation = field(default_factory=lambda: Augmentation(views=1))
    takes = 1


class Rotation(Method):
    own_loss = True

    def __init__(self, recipe: RotationRecipe, facts: Facts):
        super().__init__()
        self.recipe = recipe
        self.encoder = backbone(recipe, facts)
        self.head = nn.Linear(self.encoder.dim, TURNS)

    def views(self, batch: dict, rng: Rng) -> dict:
        views = augment(batch, rng, self.recipe.augment)
        return {**views, "image": quarter_turns(views["image"][0])}

    def forward(self, views: dict, t: Time) -> Output:
        turns, samples = views["image"].shape[:2]
        features = self.encoder(views["image"].flatten(0, 1))  # (4B, d)
        logits = wide(self.head(features))  # (4B, 4)
        turn = torch.arange(turns, device=logits.device).repeat_interleave(samples)  # (4B,)
        accuracy = (logits.detach().argmax(dim=1) == turn).float().mean()
        return Output(F.cross_entropy(logits, turn), features.detach(), {"accuracy": accuracy})

    def encode(self, x: Tensor, modality: str = "image") -> Tensor:
        return self.encoder(x)

    def constant_loss(self, batch: int) -> float:
        return math.log(TURNS)


def quarter_turns(images: Tensor) -> Tensor:
    """(B, C, h, h) → (4, B, C, h, h), turned by 0, 90, 180 and 270 degrees."""
    return torch.stack([images.rot90(turn, dims=(2, 3)) for turn in range(TURNS)])
