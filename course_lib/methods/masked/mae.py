"""MAE: an encoder sees a quarter of the patches, a small decoder paints the others.

He, Chen, Xie, Li, Dollár and Girshick, 2021, arXiv 2111.06377. Of an image's L patches a random set
M is hidden; with x_i the p·p·C pixels of patch i, less their mean and over their deviation,

    loss = 1/|M| sum_{i in M}  1/(p·p·C) |decoder(encoder(visible))_i - x_i|^2

so the prediction 0, which is a patch's mean, has loss 1. Shapes: images (B, C, h, h) → visible
tokens (B, V, d) → all tokens in their places (B, L, D) → pixels (B, L, p·p·C). The encoder never
computes a hidden patch; V = round(L (1 - ratio)), as int() would lose a patch to rounding. Probes
read the mean of the encoder's tokens over the whole image. Departs from the paper in scale, in
learned positions instead of sines, in having no class token, and in the deviation, which here has
the divisor p·p·C, so that a patch has variance 1 (in the released code one less).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from course_lib.core.errors import CourseError
from course_lib.core.hardware import wide
from course_lib.core.randomness import Rng
from course_lib.methods.base import Facts, Method, Output, Time
from course_lib.methods.masked.patches import moments, patchify, take, unpatchify
from course_lib.methods.recipe import Recipe, backbone
from course_lib.nets.vit import ViT, blocks
from course_lib.views import Augmentation, augment


@dataclass(frozen=True)
class MAERecipe(Recipe):
    """ratio: share of patches that is hidden. normalise: whether targets are normalised patch by
    patch. dim, depth, heads: of the decoder."""

    ratio: float = 0.75
    normalise: bool = True
    dim: int = 64
    depth: int = 2
    heads: int = 4
    net: str = "vit"
    lr: float = 1e-3
    augment: Augmentation = Augmentation(views=1, area_min=0.2, jitter=0.0, gray=0.0)
    takes = 1


class MAE(Method):
    own_loss = True

    def __init__(self, recipe: MAERecipe, facts: Facts):
        super().__init__()
        self.recipe = recipe
        self.encoder = backbone(recipe, facts)
        if not isinstance(self.encoder, ViT):
            raise CourseError(f"MAE leaves out patches, so it needs net=vit, not {recipe.net}.")
        self.patch, places = self.encoder.patch, self.encoder.grid**2
        self.visible = round(places * (1 - recipe.ratio))
        if not 0 < self.visible < places:
            raise CourseError(
                f"ratio={recipe.ratio} leaves {self.visible} of {places} patches visible: choose "
                "one that leaves some visible and some hidden."
            )
        self.enter = nn.Linear(self.encoder.dim, recipe.dim)
        self.mask_token = nn.Parameter(0.02 * torch.randn(recipe.dim))
        self.positions = nn.Parameter(0.02 * torch.randn(places, recipe.dim))
        self.decoder = blocks(recipe.dim, recipe.depth, recipe.heads)
        self.pixels = nn.Linear(recipe.dim, self.patch**2 * facts.channels)

    def views(self, batch: dict, rng: Rng) -> dict:
        views = augment(batch, rng, self.recipe.augment)
        order = rng.uniform("mask", len(self.positions)).argsort(dim=1, stable=True)  # (B, L)
        return {**views, "order": order}  # the first `visible` of it are seen

    def forward(self, views: dict, t: Time) -> Output:
        image, order = views["image"][0], views["order"]
        target = patchify(image, self.patch)
        if self.recipe.normalise:
            mean, deviation = moments(target)
            target = (target - mean) / deviation
        latent = self.latent(image, order)
        error = take(self.predict(latent, order) - target, order[:, self.visible :])
        return Output(error.square().mean(), latent.mean(dim=1).detach())

    def latent(self, image: Tensor, order: Tensor) -> Tensor:
        """The encoder's tokens of the visible patches, (B, V, d), in the order of `order`."""
        return self.encoder.tokens(image, order[:, : self.visible])[:, self.encoder.prefix :]

    def predict(self, latent: Tensor, order: Tensor) -> Tensor:
        """Tokens of the visible patches → pixels of all patches in their places, (B, L, p·p·C)."""
        seen = self.enter(latent)  # (B, V, D)
        masks = self.mask_token.expand(len(seen), order.shape[1] - self.visible, -1)
        tokens = take(torch.cat([seen, masks], dim=1), order.argsort(dim=1))  # (B, L, D)
        return wide(self.pixels(self.decoder(tokens + self.positions)))

    @torch.no_grad()
    def reconstruct(self, views: dict) -> Tensor:
        """(B, C, h, h): visible patches as they are, hidden ones as predicted. The prediction has
        no mean and no deviation, so the hidden patch's own are lent to it."""
        image, order = views["image"][0], views["order"]
        patches, painted = (
            patchify(image, self.patch),
            self.predict(self.latent(image, order), order),
        )
        if self.recipe.normalise:
            mean, deviation = moments(patches)
            painted = painted * deviation + mean
        seen = order.argsort(dim=1) < self.visible  # (B, L)
        return unpatchify(torch.where(seen[..., None], patches, painted), self.patch)

    def encode(self, x: Tensor, modality: str = "image") -> Tensor:
        return self.encoder(x)

    def constant_loss(self, batch: int) -> float:
        return 1.0 if self.recipe.normalise else math.nan  # nan: it depends on the images
