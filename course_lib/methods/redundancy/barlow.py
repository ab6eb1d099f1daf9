"""Barlow Twins: each feature agrees with itself in the other view and is unrelated to the rest.

Zbontar, Jing, Misra, LeCun and Deny, 2021, arXiv 2103.03230. A and B hold the two views' embeddings
of N images, every feature (a column) centred and scaled to variance 1 over the N images of ITS
view, of all ranks. With C = A^T B / N, the cross-correlation matrix (D, D),

    loss = sum_i (1 - C_ii)^2 + lam sum_{i != j} C_ij^2

The first sum wants features that views leave as they are, the second features that do not repeat
one another; neither needs negatives, a teacher or a stop-gradient. Constant features have C = 0,
since eps stands in the denominator: the loss is D. Without centring their C would be all ones and
the loss only lam D (D - 1). Shapes: images (2, N, C, h, w) → features (2N, d) → projected (2N, D).
Correlations of independent features scatter by 1/sqrt(N), so N should be a few hundred. Departs
from the paper in scale (512-512-128 for 8192-8192-8192, AdamW for LARS), in lam (the paper's 0.0051
suits 8192 features, each with 8191 off-diagonal terms; 1/D, as Tsai et al. 2021, arXiv 2104.13712,
at D = 128, weighs a feature's one diagonal term like all its others together), in its views (those
of SimCLR here, both of one recipe) and in that both views pass the net's own norms as one batch.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from course_lib.core import sync
from course_lib.core.hardware import wide
from course_lib.core.randomness import Rng
from course_lib.methods.base import Facts, Method, Output, Time
from course_lib.methods.recipe import Recipe, backbone
from course_lib.nets import mlp
from course_lib.views import Augmentation, augment

EPS = 1e-5  # added to the variance, as BatchNorm does


@dataclass(frozen=True)
class BarlowRecipe(Recipe):
    """lam: weight of the off-diagonal terms, 1/dim unless said otherwise. hidden, dim: widths of
    the projector's three layers."""

    lam: float = 1 / 128
    hidden: int = 512
    dim: int = 128
    augment: Augmentation = field(default_factory=lambda: Augmentation(strength=0.25, gray=0.1))


class Barlow(Method):
    def __init__(self, recipe: BarlowRecipe, facts: Facts):
        super().__init__()
        self.recipe = recipe
        self.encoder = backbone(recipe, facts)
        self.projector = mlp(self.encoder.dim, recipe.hidden, recipe.dim, layers=3)
        self.projector[-1].bias = None  # centring would cancel it

    def views(self, batch: dict, rng: Rng) -> dict:
        return augment(batch, rng, self.recipe.augment)

    def forward(self, views: dict, t: Time) -> Output:
        features = self.encoder(views["image"].flatten(0, 1))  # (2n, d), view 0 then view 1
        a, b = map(standardised, wide(self.projector(features)).chunk(2))  # (n, D) each
        c = cross_correlation(a, b)
        return Output(barlow(c, self.recipe.lam), torch.cat([a, b]).detach(), summary(c.detach()))

    def encode(self, x: Tensor, modality: str = "image") -> Tensor:
        return self.encoder(x)

    def constant_loss(self, batch: int) -> float:
        return float(self.recipe.dim)


def standardised(z: Tensor) -> Tensor:
    """(n, D) of this rank → the same, each feature with mean 0 and variance 1 over all ranks' rows;
    a constant feature becomes 0."""
    deviation = z - sync.mean(z.mean(dim=0))
    variance = sync.mean(deviation.square().mean(dim=0))  # second pass: E[z^2] - E[z]^2 cancels
    return deviation * torch.rsqrt(variance + EPS)


def cross_correlation(a: Tensor, b: Tensor) -> Tensor:
    """Standardised features of both views, (n, D) of this rank → C (D, D) of all ranks' rows."""
    with torch.autocast(a.device.type, enabled=False):  # bfloat16 has no room for small C_ij
        return sync.mean(a.T @ b / len(a))


def barlow(c: Tensor, lam: float) -> Tensor:
    """The loss of a cross-correlation matrix (D, D); every rank has all of it and the same loss."""
    return (1 - c.diagonal()).square().sum() + lam * off_diagonal(c).square().sum()


def off_diagonal(c: Tensor) -> Tensor:
    """(D, D) with zeros on its diagonal."""
    return c - torch.diag(c.diagonal())


def summary(c: Tensor) -> dict[str, Tensor]:
    """Mean of C_ii, 1 when views agree; root mean square of the rest, 0 when nothing repeats."""
    others = off_diagonal(c).square().sum() / max(1, c.numel() - len(c))
    return {"diagonal": c.diagonal().mean(), "off_diagonal": others.sqrt()}
