"""BYOL: an online net predicts what a slowly following target net makes of the other view.

Grill et al., 2020, arXiv 2006.07733. With z = projector(encoder(x)) of unit length after its norm,
q the predictor, x1 and x2 two views and ' the target, whose output has no gradient,

    loss = 1/2 ( |q(z1) - z2'|^2 + |q(z2) - z1'|^2 ),   |a - b|^2 = 2 - 2 cos(a, b)

so it lies in [0, 4], and a net that ignores its input reaches 0. After step k of K the target is
target <- m target + (1 - m) online with m = 1 - (1 - m0) (cos(pi k / K) + 1) / 2. Shapes: images
(2, N, C, h, w) → features (2N, d) → z, q (2N, D). Probes read the online encoder.

Switches: `predictor=false`; `target=live` takes the online net's own output without gradient
(nearly SimSiam, arXiv 2011.10566), `target="live with gradient"` lets the gradient through.
Departs from the released code in the mean of both directions (there the sum), in normalising both
views in one pass, in a target that starts as a copy of the online net (there as another random net)
and in scale (AdamW, small net; m0 0.97 for 0.996, whose half-life of 173 steps would leave the
target of a short run mostly random). BatchNorm: the EMA leaves running statistics alone; the target
normalises with those of its own batch, as in the released code, and keeps running ones of its own.
The last maps of projector and predictor have no bias, as there: the predictor's BatchNorm would
cancel the projector's.
"""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.core.ema import follow, follower
from course_lib.core.errors import CourseError, nearest
from course_lib.core.hardware import wide
from course_lib.core.randomness import Rng
from course_lib.core.schedules import cosine
from course_lib.methods.base import Facts, Method, Output, Time
from course_lib.methods.recipe import Recipe, backbone
from course_lib.nets import mlp
from course_lib.views import Augmentation, augment

TARGETS = ("ema", "live", "live with gradient")


@dataclass(frozen=True)
class BYOLRecipe(Recipe):
    """momentum: m0 above. predictor: whether there is one. target: ema, live or live with
    gradient. hidden, dim: widths of the projector's and the predictor's two layers."""

    momentum: float = 0.97
    predictor: bool = True
    target: str = "ema"
    hidden: int = 512
    dim: int = 128
    augment: Augmentation = field(default_factory=lambda: Augmentation(strength=0.25, gray=0.1))

    def __post_init__(self):
        super().__post_init__()
        if self.target not in TARGETS:
            raise CourseError(
                f"There is no target {self.target!r}: {nearest(self.target, TARGETS)}"
            )


class BYOL(Method):
    def __init__(self, recipe: BYOLRecipe, facts: Facts):
        super().__init__()
        self.recipe = recipe
        self.encoder = backbone(recipe, facts)
        self.projector = head(self.encoder.dim, recipe.hidden, recipe.dim)
        with_one = recipe.predictor
        self.predictor = head(recipe.dim, recipe.hidden, recipe.dim) if with_one else nn.Identity()
        self.target = follower(self.online()) if recipe.target == "ema" else None

    def online(self) -> nn.Sequential:
        return nn.Sequential(self.encoder, self.projector)

    def views(self, batch: dict, rng: Rng) -> dict:
        return augment(batch, rng, self.recipe.augment)

    def forward(self, views: dict, t: Time) -> Output:
        images = views["image"].flatten(0, 1)  # (2N, C, h, w), view 0 then view 1
        z = self.online()(images)  # (2N, D)
        with torch.set_grad_enabled(self.recipe.target == "live with gradient"):
            target = z if self.target is None else self.target(images)  # (2N, D)
            target = wide(target.roll(len(z) // 2, 0))  # row i: of the other view of image i
        loss = regression(wide(self.predictor(z)), target)
        return Output(loss, z.detach())

    def after_step(self, carry: dict[str, Tensor], t: Time) -> None:
        if self.target is not None:
            momentum = cosine(t.step, t.total, self.recipe.momentum, 1.0)
            follow(self.target, self.online(), momentum)

    def encode(self, x: Tensor, modality: str = "image") -> Tensor:
        return self.encoder(x)

    def constant_loss(self, batch: int) -> float:
        return 0.0


def head(dim: int, hidden: int, out: int) -> nn.Sequential:
    """Projector or predictor, (B, dim) → (B, out), without a bias at the end."""
    made = mlp(dim, hidden, out)
    made[-1].bias = None
    return made


def regression(prediction: Tensor, target: Tensor) -> Tensor:
    """Mean squared distance of the two after normalising each row, (N, D) and (N, D) → scalar."""
    difference = F.normalize(prediction, dim=1) - F.normalize(target, dim=1)
    return difference.square().sum(dim=1).mean()
