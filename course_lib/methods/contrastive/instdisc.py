"""Instance discrimination: every image is a class of its own, and a memory bank holds the classes.

Wu, Xiong, Yu and Lin, 2018, arXiv 1805.01978. The bank has one unit row v_i for each of n images:
what the net last made of it. With v the embedding of a fresh view of image i, T a temperature,

    P(i|v) = exp(v_i . v / T) / Z         v_i <- normalise(momentum v_i + (1 - momentum) v)

A softmax over all n rows (negatives=0 here) is exact and grows with the data. Noise-contrastive
estimation asks instead whether a row is the image's own or noise, drawn with chance 1/n each:

    loss = -log h(i, v) - sum over m noise rows j of log(1 - h(j, v)),   h = P / (P + m/n)

Z is no sum but one number, n times the mean of exp(v_j . v / T) over the first batch, then frozen.
Shapes: images (1, B, C, h, w) → features (B, d) → v (B, D), against own rows (B, D) and noise
(m, D). With all embeddings equal P is 1/n; once Z is frozen such a collapse costs more.

Z of a random first bank is only a little above n. At the paper's T = 0.07 and n = 1.28 million that
suits, for P <= exp(1/T) / Z < 1. With thousands of images P passes 1 by far, own rows no longer
attract and the loss rises. Hence T = 0.3, with exp(1/T) below Z, and a projector that ends in a
norm, so that embeddings are no narrow cone at first. The softmax bears T = 0.07.

Departs besides from the released code: the m noise rows are drawn once a step and shared by the
batch (the same expectation in one matrix product), and Z counts noise rows alone. As there, noise
may hit the anchor's own row, once in n draws. From the paper: m of 1,024, a small net, AdamW. A row
is renewed once an epoch, so in short runs the bank lags; rows never visited stay random.
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
class InstDiscRecipe(Recipe):
    """temperature: T above. negatives: m above, or 0 for the softmax over the whole bank.
    momentum: the share of a bank row that stays. dim: D above."""

    temperature: float = 0.3
    negatives: int = 1024
    momentum: float = 0.5
    dim: int = 128
    augment: Augmentation = field(
        default_factory=lambda: Augmentation(views=1, strength=0.25, gray=0.1)
    )
    takes = 1


class InstDisc(Method):
    """own_loss stays False: the first batch's Z is that of the whole batch."""

    def __init__(self, recipe: InstDiscRecipe, facts: Facts):
        super().__init__()
        self.recipe = recipe
        self.encoder = backbone(recipe, facts)
        self.projector = mlp(self.encoder.dim, 0, recipe.dim, layers=1, last_norm=True)
        self.register_buffer("bank", F.normalize(torch.randn(facts.samples, recipe.dim), dim=1))
        self.register_buffer("log_z", torch.tensor(math.inf))  # infinite until the first step

    def views(self, batch: dict, rng: Rng) -> dict:
        return augment(batch, rng, self.recipe.augment)

    def embed(self, x: Tensor) -> Tensor:
        """Images (B, C, h, w) → v, unit rows (B, D), what the bank remembers."""
        return F.normalize(wide(self.projector(self.encoder(x))), dim=1)

    def forward(self, views: dict, t: Time) -> Output:
        v, index = self.embed(views["image"][0]), views["index"]
        m, n, temperature = self.recipe.negatives, len(self.bank), self.recipe.temperature
        cosine = (v * self.bank[index]).sum(dim=1)  # (B,)
        logs, carry = {"cosine": cosine.detach().mean()}, {"index": index, "v": v.detach()}
        draws = (views["rng"].shared("noise", m) * n).long() if m else torch.arange(n).to(index)
        with torch.autocast(v.device.type, enabled=False):  # bfloat16 would blur large logits
            logits = v @ self.bank[draws].T / temperature  # (B, m), or (B, n)
        if not m:
            return Output(F.cross_entropy(logits, index), v.detach(), logs, carry)
        now = log_partition(logits.detach(), n)
        log_z = torch.where(self.log_z.isfinite(), self.log_z, now)
        logs["log_z_moved"] = now - log_z  # 0 while the frozen Z still normalises P
        loss = nce(cosine / temperature, logits, log_z, n)
        return Output(loss, v.detach(), logs, carry | {"log_z": log_z[None]})

    @torch.no_grad()
    def after_step(self, carry: dict[str, Tensor], t: Time) -> None:
        index, v = sync.gather(carry["index"]), sync.gather(carry["v"])  # (B,) and (B, D)
        self.bank[index] = F.normalize(torch.lerp(v, self.bank[index], self.recipe.momentum), dim=1)
        if "log_z" in carry:
            self.log_z.copy_(carry["log_z"][0])

    def encode(self, x: Tensor, modality: str = "image") -> Tensor:
        return self.encoder(x)

    def constant_loss(self, batch: int) -> float:
        m = self.recipe.negatives
        return math.log(1 + m) + m * math.log1p(1 / m) if m else math.log(len(self.bank))


def nce(own: Tensor, noise: Tensor, log_z: Tensor, n: int) -> Tensor:
    """own: v_i . v / T, (B,); noise: v_j . v / T, (B, m); log_z: log of Z → mean loss of the rows.

    h = sigmoid(v_i . v / T - even), where `even` is the logit at which P equals m/n.
    """
    even = log_z + math.log(noise.shape[1] / n)
    return (F.softplus(even - own) + F.softplus(noise - even).sum(dim=1)).mean()


def log_partition(noise: Tensor, n: int) -> Tensor:
    """log of n times the mean of exp(noise) over the rows of all ranks; noise (B/W, m)."""
    total = sync.gather(noise.flatten().logsumexp(dim=0)[None]).logsumexp(dim=0)
    return total + math.log(n / (sync.world() * noise.numel()))
