"""What the methods that mix two samples share; each of them only says how two become one.

A sample A gets a partner B of the same batch; a mixture has features or pixels of both and the
label

    y = λ y_A + (1 - λ) y_B,   λ ~ Beta(α, α)   (its mass stays 1)

and cross-entropy is linear in y, so the loss of y is the two losses weighted alike. Where in the
net one mixes is drawn once a step from `layers`, the same for the whole batch, because BatchNorm
behind it needs all samples in one place. `pairs` says who meets whom, and draws λ. Mixup (Zhang et
al. 2017, arXiv 1710.09412) had the label first; CutMix and Manifold Mixup kept it.
"""

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.core.errors import CourseError
from course_lib.core.hardware import wide
from course_lib.core.randomness import Rng
from course_lib.methods.base import Facts, Method, Output, Time
from course_lib.methods.recipe import Recipe, backbone
from course_lib.methods.supervised.losses import check
from course_lib.methods.supervised.pairs import draw, mixed_label, partners, symmetric_beta
from course_lib.nets import stages
from course_lib.views import Augmentation, augment


@dataclass(frozen=True)
class MixingRecipe(Recipe):
    """alpha: of the Beta distribution. probability: that a sample is mixed at all. shared: one λ
    (and box) for the batch, as the released codes have it, instead of one a sample. layers: stages
    of the net after which one mixes, one drawn a step; 0 is the image. smoothing: of the labels."""

    alpha: float = 1.0
    probability: float = 1.0
    shared: bool = False
    layers: tuple[int, ...] = (0,)
    smoothing: float = 0.0
    epochs: float = 6.0
    augment: Augmentation = field(default_factory=lambda: Augmentation(views=1))

    takes = 1

    def __post_init__(self):
        super().__post_init__()
        object.__setattr__(self, "layers", tuple(self.layers))  # JSON knows lists only
        check("softmax", self.smoothing)
        if not self.alpha > 0 or not 0 <= self.probability <= 1 or not self.layers:
            raise CourseError(
                f"Mixing needs alpha above 0, a probability from 0 to 1 and a layer at least; got "
                f"alpha={self.alpha}, probability={self.probability}, layers={self.layers}."
            )


class Mixing(Method):
    """All but `mix`, in which the four methods differ."""

    own_loss = True  # but for the group of 8, which parts of a batch keep whole

    def __init__(self, recipe: MixingRecipe, facts: Facts):
        super().__init__()
        self.recipe, self.classes = recipe, facts.classes
        self.encoder = backbone(recipe, facts)
        self.head = nn.Linear(self.encoder.dim, facts.classes)
        last = stages.count(self.encoder) if any(recipe.layers) else 0
        if not 0 <= min(recipe.layers) <= max(recipe.layers) <= last:
            raise CourseError(f"layers={recipe.layers}: this net has stages 0 to {last}.")

    def views(self, batch: dict, rng: Rng) -> dict:
        """The images and what was drawn: partner int64 (B,), lam (B,), place (B, 2), layer."""
        draws = rng.fold("mixing")
        lam = symmetric_beta(draw(draws, "lambda", 2, self.recipe.shared), self.recipe.alpha)
        chosen = draw(draws, "whether", 1, self.recipe.shared)[:, 0] < self.recipe.probability
        return augment(batch, rng, self.recipe.augment) | {
            "partner": partners(draws),
            "lam": torch.where(chosen, lam, 1.0),
            "place": draw(draws, "place", 2, self.recipe.shared),
            "layer": (draws.shared("layer") * len(self.recipe.layers)).long(),
        }

    def mix(self, x: Tensor, views: dict) -> tuple[Tensor, Tensor]:
        """Images or maps (B, D, h, w) → the mixed ones, and the weight of sample A, (B,)."""
        raise TypeError(f"{type(self).__name__} must define mix.")

    def forward(self, views: dict, t: Time) -> Output:
        layer = self.recipe.layers[int(views["layer"])]
        maps = stages.upto(self.encoder, views["image"][0], layer)  # (B, D, h, w)
        mixed, kept = self.mix(maps, views)
        features = stages.after(self.encoder, mixed, layer)  # (B, d)
        logits = wide(self.head(features))  # (B, K)
        target = mixed_label(views["label"], views["partner"], kept, self.classes)
        loss = F.cross_entropy(logits, target.to(logits), label_smoothing=self.recipe.smoothing)
        return Output(loss, features.detach(), {"kept": kept.float().mean()})

    def encode(self, x: Tensor, modality: str = "image") -> Tensor:
        return self.encoder(x)

    def constant_loss(self, batch: int) -> float:
        """All logits equal: log K, whatever the labels, since their mass is 1."""
        return math.log(self.classes)
