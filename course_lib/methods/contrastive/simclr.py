"""SimCLR: two views of an image find each other among all other views of the batch.

Chen, Kornblith, Norouzi and Hinton, 2020, arXiv 2002.05709. With N images, 2N embeddings z of unit
length, s_ij = z_i . z_j and j the other view of i,

    loss = 1/(2N) sum_i  -log( exp(s_ij / T) / sum_{k != i} exp(s_ik / T) )

so the denominator has 2N - 1 terms: the positive and 2(N - 1) negatives. Shapes: images
(2, N, C, h, w) → features (2N, d) → embeddings (2N, D). Probes read the features; the projector is
thrown away. The released code returns the sum of the two directions, twice this mean. Departs from
the paper in scale (a small net, AdamW instead of LARS, batches of 256) and in its views: a milder
crop, no blur, half the jitter and half the grey views, because in small pictures of single objects
colour is most of what there is (chosen on val of scenes with a seed that no result counts).
"""

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.core import sync
from course_lib.core.hardware import wide
from course_lib.core.randomness import Rng
from course_lib.methods.base import Facts, Method, Output, Time
from course_lib.methods.recipe import Recipe, backbone
from course_lib.nets import mlp
from course_lib.views import Augmentation, augment


@dataclass(frozen=True)
class SimCLRRecipe(Recipe):
    """temperature: T above. hidden, dim: widths of the projector's two layers."""

    temperature: float = 0.2
    hidden: int = 512
    dim: int = 128
    augment: Augmentation = field(default_factory=lambda: Augmentation(strength=0.25, gray=0.1))


class SimCLR(Method):
    def __init__(self, recipe: SimCLRRecipe, facts: Facts):
        super().__init__()
        self.recipe = recipe
        self.encoder = backbone(recipe, facts)
        self.projector = mlp(self.encoder.dim, recipe.hidden, recipe.dim)

    def views(self, batch: dict, rng: Rng) -> dict:
        return augment(batch, rng, self.recipe.augment)

    def forward(self, views: dict, t: Time) -> Output:
        features = self.encoder(views["image"].flatten(0, 1))  # (2N, d), view 0 then view 1
        z = F.normalize(wide(self.projector(features)), dim=1)  # (2N, D)
        loss, accuracy = nt_xent(z, self.recipe.temperature)
        return Output(loss, z.detach(), {"accuracy": accuracy})

    def encode(self, x: Tensor, modality: str = "image") -> Tensor:
        return self.encoder(x)

    def constant_loss(self, batch: int) -> float:
        return math.log(2 * batch - 1)


def nt_xent(z: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """z: this rank's embeddings of unit length, (2n, D), view 0 before view 1 → mean loss of its
    anchors among those of all ranks, and how often the positive was the nearest."""
    anchors = len(z)
    keys = sync.gather(z)  # (2N, D), rank after rank
    own = torch.arange(anchors, device=z.device)
    first = sync.rank() * anchors  # where this rank's rows begin among the keys
    logits = z @ keys.T / temperature  # (2n, 2N)
    logits[own, first + own] = -torch.inf  # an anchor is not its own key
    positive = first + (own + anchors // 2) % anchors
    accuracy = (logits.detach().argmax(dim=1) == positive).float().mean()
    return F.cross_entropy(logits, positive), accuracy
