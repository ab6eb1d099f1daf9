"""DeepCluster: k-means on the features gives labels, the labels train the net, and again.

Caron, Bojanowski, Joulin and Douze, 2018, arXiv 1807.05520. Before every epoch the features of all
samples, PCA-whitened and of unit length, are clustered; then, with c_i the cluster of sample i,

    loss = 1/B sum_i  -log softmax(W f(view_i) + b)_{c_i}

with W and b new every epoch, as cluster numbers mean nothing from one to the next. An epoch shows
each cluster equally often. Without that, and without refilling empty clusters, one cluster for all
is a solution. Shapes: images (1, B, C, h, w) → features (B, d) → logits (B, K).

Departs from the released code: a small net, clustered on the features that are probed, where the
paper has AlexNet with its fully connected layers; colour jitter instead of Sobel filters; AdamW;
K three times the number of classes (the only thing it knows of them), where the paper has ten. An
empty cluster shares the samples of another, in proportion to its size as in faiss, by one centre
that moves and not two. A small cluster's samples come in turns, where the code draws with
replacement. The optimiser is not told of the new classifier: AdamW goes on with the old one's
moments, of which the first is gone after some ten steps and the second only sets step sizes.
"""

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.core import sync
from course_lib.core.errors import CourseError
from course_lib.core.hardware import wide
from course_lib.core.randomness import Rng, key
from course_lib.methods.base import Facts, Method, Output, Time
from course_lib.methods.clustering.kmeans import evenly, kmeans, whiten
from course_lib.methods.recipe import Recipe, backbone
from course_lib.views import Augmentation, augment, plain


@dataclass(frozen=True)
class DeepClusterRecipe(Recipe):
    """clusters: K, 0 for three times the classes. pca: dimensions that are clustered.
    reassign: refill empty clusters. uniform: show each cluster equally often."""

    clusters: int = 0
    pca: int = 64
    iterations: int = 20  # of k-means
    reassign: bool = True
    uniform: bool = True
    augment: Augmentation = field(
        default_factory=lambda: Augmentation(views=1, strength=0.25, gray=0.1)
    )
    takes = 1


class DeepCluster(Method):
    own_loss = True

    def __init__(self, recipe: DeepClusterRecipe, facts: Facts):
        super().__init__()
        clusters = recipe.clusters or 3 * facts.classes
        if clusters < 1:
            raise CourseError("clusters=0 is three times the classes, and there are none: set it.")
        self.recipe = recipe
        self.encoder = backbone(recipe, facts)
        self.classifier = nn.Linear(self.encoder.dim, clusters)
        self.register_buffer("labels", torch.zeros(facts.samples, dtype=torch.int64))
        self.register_buffer("rows", torch.arange(facts.samples))  # what the epoch shows
        self.register_buffer("sizes", torch.zeros(clusters, dtype=torch.int64))

    @torch.no_grad()
    def refresh(self, loader, t: Time) -> None:
        recipe, clusters = self.recipe, len(self.sizes)
        seed = key("deepcluster", recipe.seed, round(t.epoch))
        generator = torch.Generator().manual_seed(seed)
        features, index = self.features(loader)
        x = F.normalize(whiten(features, recipe.pca), dim=1)  # (N, pca)
        labels = kmeans(x, clusters, generator, recipe.iterations, recipe.reassign).labels
        self.labels[index] = labels
        self.sizes.copy_(labels.cpu().bincount(minlength=clusters))
        self.rows.copy_(evenly(labels.cpu(), len(self.rows), generator))
        weight = torch.empty(self.classifier.weight.shape).normal_(0, 0.01, generator=generator)
        self.classifier.weight.copy_(weight)
        self.classifier.bias.zero_()

    def features(self, loader) -> tuple[Tensor, Tensor]:
        """Of every sample as it is, (N, d), and its index, (N,)."""
        training, dtype = self.encoder.training, next(self.encoder.parameters()).dtype
        self.encoder.eval()
        features, index = [], []
        for batch in loader:
            images = plain(batch)["image"][0].to(dtype)
            features.append(sync.shared(self.encoder, images))
            index.append(batch["index"])
        self.encoder.train(training)
        return torch.cat(features), torch.cat(index)

    def visits(self) -> Tensor | None:
        return self.rows if self.recipe.uniform else None

    def views(self, batch: dict, rng: Rng) -> dict:
        return augment(batch, rng, self.recipe.augment)

    def forward(self, views: dict, t: Time) -> Output:
        features = self.encoder(views["image"][0])  # (B, d)
        logits = wide(self.classifier(features))  # (B, K)
        label = self.labels[views["index"]]  # (B,)
        logs = {"accuracy": (logits.detach().argmax(dim=1) == label).float().mean()}
        logs["largest"] = self.sizes.max() / self.sizes.sum()  # the largest cluster's share
        logs["used"] = (self.sizes > 0).float().mean()  # share of clusters with samples
        return Output(F.cross_entropy(logits, label), features.detach(), logs)

    def encode(self, x: Tensor, modality: str = "image") -> Tensor:
        return self.encoder(x)

    def constant_loss(self, batch: int) -> float:
        return math.log(len(self.sizes))
