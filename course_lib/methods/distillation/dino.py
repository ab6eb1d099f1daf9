"""DINO: from any view, a student predicts the classes that its own moving average sees in another.

Caron, Touvron, Misra, Jégou, Mairal, Bojanowski and Joulin, 2021, arXiv 2104.14294. Scores g over
K classes that nobody named; s: student, t: teacher, c: a moving mean of g_t, T_t < T_s,

    P_t = softmax((g_t - c) / T_t)    P_s = softmax(g_s / T_s)
    loss = mean over pairs (global view v of the teacher, any other view u of the student) of
           -sum_k P_t(v)_k log P_s(u)_k  =  H(P_t) + KL(P_t || P_s)

The centre keeps one class from winning everywhere, T_t < T_s keeps all from becoming equally
likely. Shapes: images (2, N, C, h, h), local (L, N, C, l, l) → scores (2, N, K) of the teacher and
(2 + L, N, K) of the student. Probes read the teacher's encoder, `teacher`, as the released code
does; the student's is `encoder`. Departs from the paper in scale (K = 1024, not 65536; a small ViT;
4 local views of at least a tenth of the image, 12 px of 40), in a constant T_t and weight decay,
and in the teacher's momentum: from 0.98 to 1, as 0.996 keeps half a random start for 173 steps.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.core import ema, sync
from course_lib.core.hardware import wide
from course_lib.core.randomness import Rng
from course_lib.core.schedules import cosine
from course_lib.methods.base import Facts, Method, Output, Time
from course_lib.methods.recipe import Recipe, backbone
from course_lib.views import Augmentation, multicrop


@dataclass(frozen=True)
class DINORecipe(Recipe):
    """temperature, teacher_temperature: T_s, T_t. centring: whether c is subtracted; it moves by
    1 - centre_momentum a step. momentum: of the teacher at first, 1 at the end. frozen: epochs in
    which the last layer stays. prototypes: K; hidden, dim: widths of the head."""

    temperature: float = 0.1
    teacher_temperature: float = 0.04
    centring: bool = True
    centre_momentum: float = 0.9
    momentum: float = 0.98
    frozen: float = 1.0
    prototypes: int = 1024
    hidden: int = 512
    dim: int = 128
    net: str = "vit"
    lr: float = 1e-3
    augment: Augmentation = Augmentation(area_min=0.4, strength=0.25, gray=0.1)
    local: Augmentation = Augmentation(4, 20, 0.1, 0.4, strength=0.25, gray=0.1)


class DINO(Method):
    own_loss = True  # the centre is that of earlier steps

    def __init__(self, recipe: DINORecipe, facts: Facts):
        super().__init__()
        self.recipe = recipe
        self.encoder = backbone(recipe, facts)
        self.head = Head(self.encoder.dim, recipe.hidden, recipe.dim, recipe.prototypes)
        self.teacher = ema.follower(self.encoder)
        self.teacher_head = ema.follower(self.head)
        self.register_buffer("centre", torch.zeros(recipe.prototypes))

    def views(self, batch: dict, rng: Rng) -> dict:
        return multicrop(batch, rng, self.recipe.augment, self.recipe.local)

    def forward(self, views: dict, t: Time) -> Output:
        images, local, recipe = views["image"], views["local"], self.recipe
        live, crops = t.epoch >= recipe.frozen, [images, local] if len(local) else [images]
        passes = [self.head(self.encoder(v.flatten(0, 1)), live) for v in crops]  # one a size
        g_s = torch.cat([g for _, g in passes]).unflatten(0, (-1, images.shape[1]))  # (2+L, N, K)
        with torch.no_grad():
            g_t = self.teacher_head(self.teacher(images.flatten(0, 1)))[1]
            g_t = g_t.unflatten(0, images.shape[:2])  # (2, N, K)
            centred = g_t - self.centre if recipe.centring else g_t
            p_t = F.softmax(centred / recipe.teacher_temperature, dim=-1)
            entropy = -torch.xlogy(p_t, p_t).sum(dim=-1).mean()
            mean = sync.mean(g_t.mean(dim=(0, 1)))[None]  # (1, K), over all ranks
        loss = cross_entropy(p_t, F.log_softmax(g_s / recipe.temperature, dim=-1))
        share = entropy / math.log(recipe.prototypes)
        logs = {"teacher_entropy": share, "kl": loss.detach() - entropy}
        return Output(loss, passes[0][0].detach(), logs, {"mean": mean})

    def after_step(self, carry: dict[str, Tensor], t: Time) -> None:
        self.centre.lerp_(carry["mean"].mean(dim=0), 1 - self.recipe.centre_momentum)
        momentum = cosine(t.step, t.total, self.recipe.momentum, 1.0)
        ema.follow(self.teacher, self.encoder, momentum)
        ema.follow(self.teacher_head, self.head, momentum)

    def encode(self, x: Tensor, modality: str = "image") -> Tensor:
        return self.teacher(x)

    def constant_loss(self, batch: int) -> float:
        return math.log(self.recipe.prototypes)


class Head(nn.Module):
    """Features (M, d) → three layers → (M, D) of unit length → cosines with K prototypes."""

    def __init__(self, features: int, hidden: int, dim: int, prototypes: int):
        super().__init__()
        first, second = nn.Linear(features, hidden), nn.Linear(hidden, hidden)
        self.mlp = nn.Sequential(first, nn.GELU(), second, nn.GELU(), nn.Linear(hidden, dim))
        self.prototypes = nn.Parameter(torch.randn(prototypes, dim) * dim**-0.5)

    def forward(self, features: Tensor, live: bool = True) -> tuple[Tensor, Tensor]:
        """Embeddings and scores. Not live, the prototypes are in the graph with a gradient of 0."""
        z = F.normalize(wide(self.mlp(features)), dim=1)
        w = self.prototypes.detach() + (self.prototypes - self.prototypes.detach()) * live
        return z, wide(F.linear(z, F.normalize(w, dim=1)))


def cross_entropy(p: Tensor, log_q: Tensor) -> Tensor:
    """Targets (T, N, K), predictions (V, N, K) whose first T views are the targets' → the mean of
    -sum_k p_k log q_k over samples and the T (V - 1) pairs of different views."""
    pairs = -(p[:, None] * log_q).sum(dim=-1).mean(dim=-1)  # (T, V)
    return (pairs.sum() - pairs.diagonal().sum()) / (len(p) * (len(log_q) - 1))
