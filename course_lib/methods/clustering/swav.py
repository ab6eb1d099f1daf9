"""SwAV: predict the cluster of one view from another view, clusters kept equally large.

Caron, Misra, Mairal, Goyal, Bojanowski and Joulin, 2020, arXiv 2006.09882. Embeddings z and
prototypes C have unit length; scores of a view are C z. With 2 global views, L small local ones and
the codes q of the globals,

    loss = mean over i in {0, 1}, views v != i, samples of  -sum_k q_ik log softmax(C z_v / T)_k

which are 2 (L + 1) terms. Codes are soft labels without gradient: Sinkhorn-Knopp on exp(C z / eps)
over the whole batch gives each sample weight 1 and each prototype the same share; without that
(codes="softmax") one prototype for all is a solution. Shapes: images (2, B, C, h, w), local
(L, B, C, l, l) → embeddings ((2 + L) B, D) → scores (2 + L, B, K).

A queue of past embeddings joins the codes, so that a batch smaller than K works; it is filled late,
as early embeddings mislead, and used once full. It is off by default: a batch of 256 has two
samples a prototype. Collapse shows as a loss that stays at log K. Departs from the paper in scale
(a small net, K 128 instead of 3000, AdamW instead of LARC) and in its crops, of area 0.3 to 1 and
0.15 to 0.3 instead of 0.14 to 1 and 0.05 to 0.14, as less than 15 of 40 pixels shows little, with
milder colours. As in the released code, BatchNorm takes each size of crop by itself.
"""

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.core import sync
from course_lib.core.errors import CourseError
from course_lib.core.hardware import wide
from course_lib.core.randomness import Rng
from course_lib.methods.base import Facts, Method, Output, Time
from course_lib.methods.clustering.sinkhorn import entropy, sinkhorn
from course_lib.methods.recipe import Recipe, backbone
from course_lib.nets import mlp
from course_lib.views import Augmentation, multicrop

GLOBAL = Augmentation(strength=0.25, gray=0.1)
LOCAL = Augmentation(views=4, size=20, area_min=0.15, area_max=0.3, strength=0.25, gray=0.1)


@dataclass(frozen=True)
class SwAVRecipe(Recipe):
    """prototypes: K. codes: sinkhorn, or softmax for no balance. freeze: share of training in which
    the prototypes stay. queue: its length, 0 for none. queue_from: when filling starts."""

    hidden: int = 512
    dim: int = 128
    prototypes: int = 128
    temperature: float = 0.1
    epsilon: float = 0.05
    iterations: int = 3
    codes: str = "sinkhorn"
    freeze: float = 0.02
    queue: int = 0
    queue_from: float = 0.1  # share of training
    augment: Augmentation = field(default_factory=lambda: GLOBAL)
    local: Augmentation = field(default_factory=lambda: LOCAL)


class SwAV(Method):
    def __init__(self, recipe: SwAVRecipe, facts: Facts):
        super().__init__()
        if recipe.codes not in ("sinkhorn", "softmax"):
            raise CourseError(f"codes is sinkhorn or softmax, not {recipe.codes!r}.")
        self.recipe = recipe
        self.encoder = backbone(recipe, facts)
        self.projector = mlp(self.encoder.dim, recipe.hidden, recipe.dim)
        self.prototypes = nn.Parameter(F.normalize(torch.randn(recipe.prototypes, recipe.dim)))
        self.register_buffer("queue", torch.zeros(2, recipe.queue, recipe.dim))

    def views(self, batch: dict, rng: Rng) -> dict:
        return multicrop(batch, rng, self.recipe.augment, self.recipe.local)

    def forward(self, views: dict, t: Time) -> Output:
        crops = [views["image"], views["local"]] if len(views["local"]) else [views["image"]]
        features = torch.cat([self.encoder(size.flatten(0, 1)) for size in crops])
        z = F.normalize(wide(self.projector(features)), dim=1)  # ((2 + L) B, D)
        live = float(t.step >= self.recipe.freeze * t.total)
        prototypes = self.prototypes.detach() + (self.prototypes - self.prototypes.detach()) * live
        scores = wide(z @ prototypes.T).unflatten(0, (-1, views["image"].shape[1]))
        q = self.codes(scores[:2].detach())  # (2, B, K)
        own = z.detach()[: 2 * q.shape[1]]  # of the globals
        mean = sync.mean(q.mean(dim=(0, 1)))  # (K,)
        logs = {"code_entropy": entropy(q).mean(), "mean_code_entropy": entropy(mean)}
        carry = {"z": own.unflatten(0, (2, -1)).transpose(0, 1).contiguous()}  # (B, 2, D)
        return Output(swapped(scores, q, self.recipe.temperature), own, logs, carry)

    @torch.no_grad()
    def codes(self, scores: Tensor) -> Tensor:
        """Scores of this rank's globals (2, b, K) → their codes, (2, b, K); rows sum to 1."""
        recipe, rows = self.recipe, scores.shape[1]
        if recipe.codes == "softmax":
            return F.softmax(scores / recipe.epsilon, dim=-1)
        every = sync.gather(scores.transpose(0, 1).contiguous()).transpose(0, 1)  # (2, B, K)
        if recipe.queue and self.queue[:, -1].any():
            every = torch.cat([every, self.queue @ self.prototypes.T], dim=1)
        q = sinkhorn(every, recipe.epsilon, recipe.iterations)
        return q[:, sync.rank() * rows : (sync.rank() + 1) * rows]

    @torch.no_grad()
    def after_step(self, carry: dict[str, Tensor], t: Time) -> None:
        self.prototypes.copy_(F.normalize(self.prototypes, dim=1))
        if self.recipe.queue and t.step >= self.recipe.queue_from * t.total:
            newest = sync.gather(carry["z"]).transpose(0, 1)  # (2, B, D)
            self.queue.copy_(torch.cat([newest, self.queue], dim=1)[:, : self.recipe.queue])

    def encode(self, x: Tensor, modality: str = "image") -> Tensor:
        return self.encoder(x)

    def constant_loss(self, batch: int) -> float:
        return math.log(self.recipe.prototypes)


def swapped(scores: Tensor, codes: Tensor, temperature: float) -> Tensor:
    """Scores (2 + L, B, K), codes of the globals (2, B, K) → the mean of 2 (L + 1) terms."""
    log_p = F.log_softmax(scores / temperature, dim=-1)
    pairs = [(i, v) for i in range(2) for v in range(len(scores)) if v != i]
    return torch.stack([-(codes[i] * log_p[v]).sum(dim=-1).mean() for i, v in pairs]).mean()
