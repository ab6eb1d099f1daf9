"""MoCo v2: a query finds the other view of its image among keys that earlier batches left behind.

He, Fan, Wu, Xie and Girshick, 2019, arXiv 1911.05722 (v1); Chen, Fan, Girshick and He, 2020, arXiv
2003.04297 (v2). With q the query, k+ its key, k_1 ... k_K the queue, all of unit length,

    loss = 1/B sum_q  -log( exp(q . k+ / T) / ( exp(q . k+ / T) + sum_i exp(q . k_i / T) ) )

so the denominator has K + 1 terms, the positive among them; without it the loss would go negative.
Keys come from a net that follows the query's, theta_k <- m theta_k + (1 - m) theta_q, and have no
gradient: the K negatives cost memory, and each image one more pass forward. Shapes: images
(2, N, C, h, w), view 0 the queries and view 1 the keys → features (N, d) → q, k (N, D).

v1 is `layers=1 temperature=0.07` with weaker views (`augment.strength`); `momentum=0` takes keys
from the query's own net as the last step left it. Departs from the paper in scale (K 4,096 for
65,536; m 0.99 for 0.999, since its half-life of 69 steps suits runs of a few hundred; AdamW) and in
its views, those of SimCLR here. As in the released code, the queue starts as random directions.
No batch is shuffled: BatchNorm sees the whole batch on any number of processes, so a key's place
among them gives nothing away. What remains: a query and its positive were normalised with the
statistics of the same images, the keys of the queue with those of older batches, and a net may
learn to tell these apart. The key net keeps running statistics of its own.
"""

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.core import sync
from course_lib.core.ema import follow, follower
from course_lib.core.errors import CourseError
from course_lib.core.hardware import wide
from course_lib.core.randomness import Rng
from course_lib.methods.base import Facts, Method, Output, Time
from course_lib.methods.recipe import Recipe, backbone
from course_lib.views import Augmentation, augment


@dataclass(frozen=True)
class MoCoRecipe(Recipe):
    """queue, momentum, temperature: K, m and T above. layers: of the head, 1 (v1) or 2 (v2);
    hidden, dim: their widths."""

    queue: int = 4096
    momentum: float = 0.99
    temperature: float = 0.2
    layers: int = 2
    hidden: int = 512
    dim: int = 128
    augment: Augmentation = field(default_factory=lambda: Augmentation(strength=0.25, gray=0.1))


class MoCo(Method):
    own_loss = True  # given the queue, which changes between steps only

    def __init__(self, recipe: MoCoRecipe, facts: Facts):
        super().__init__()
        if recipe.queue < 1 or recipe.queue % recipe.batch:
            raise CourseError(
                f"queue={recipe.queue} must be a multiple of batch={recipe.batch}, so that whole "
                f"batches enter and leave: queue={16 * recipe.batch} would do."
            )
        self.recipe = recipe
        self.encoder = backbone(recipe, facts)
        self.head = head(self.encoder.dim, recipe.hidden, recipe.dim, recipe.layers)
        self.key_net = follower(self.query_net())
        self.register_buffer("queue", F.normalize(torch.randn(recipe.queue, recipe.dim), dim=1))
        self.register_buffer("pointer", torch.tensor(0))  # the oldest key, the next to leave

    def query_net(self) -> nn.Sequential:
        return nn.Sequential(self.encoder, self.head)

    def views(self, batch: dict, rng: Rng) -> dict:
        return augment(batch, rng, self.recipe.augment)

    def forward(self, views: dict, t: Time) -> Output:
        first, second = views["image"]  # (N, C, h, w) each
        q = F.normalize(wide(self.query_net()(first)), dim=1)  # (N, D)
        with torch.no_grad():
            k = F.normalize(wide(self.key_net(second)), dim=1)  # (N, D)
        loss, logs = info_nce(q, k, self.queue, self.recipe.temperature)
        return Output(loss, q.detach(), logs, {"keys": k})

    def after_step(self, carry: dict[str, Tensor], t: Time) -> None:
        keys = sync.gather(carry["keys"])  # (B, D), in the order of the whole batch
        rows = self.pointer + torch.arange(len(keys), device=keys.device)
        self.queue[rows] = keys
        self.pointer.add_(len(keys)).remainder_(len(self.queue))
        follow(self.key_net, self.query_net(), self.recipe.momentum)

    def encode(self, x: Tensor, modality: str = "image") -> Tensor:
        return self.encoder(x)

    def constant_loss(self, batch: int) -> float:
        return math.log(self.recipe.queue + 1)


def head(dim: int, hidden: int, out: int, layers: int) -> nn.Module:
    """v1's linear map or v2's MLP, (B, dim) → (B, out); neither has a BatchNorm."""
    if layers not in (1, 2):
        raise CourseError(f"layers={layers} of MoCo's head must be 1 (as in v1) or 2 (as in v2).")
    if layers == 1:
        return nn.Linear(dim, out)
    return nn.Sequential(nn.Linear(dim, hidden), nn.ReLU(), nn.Linear(hidden, out))


def info_nce(q: Tensor, k: Tensor, queue: Tensor, temperature: float) -> tuple[Tensor, dict]:
    """q, k: unit length, (N, D), row i of k the positive of row i of q; queue (K, D), negatives →
    mean loss, how often the positive was the nearest, and the share of nearer negatives."""
    positive = (q * k).sum(dim=1, keepdim=True)  # (N, 1)
    negative = q @ queue.T  # (N, K)
    logits = torch.cat([positive, negative], dim=1) / temperature  # (N, 1 + K)
    first = torch.zeros(len(q), dtype=torch.int64, device=q.device)
    accuracy = (negative < positive).all(dim=1).float().mean()
    nearer = (negative > positive).float().mean()
    return F.cross_entropy(logits, first), {"accuracy": accuracy, "nearer_negatives": nearer}
