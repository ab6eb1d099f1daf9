"""Manifold Mixup: as Mixup, but hidden features are mixed, at a layer drawn anew each step.

Verma, Lamb, Beckham, Najafi, Mitliagkas, Courville, Lopez-Paz and Bengio 2018, arXiv 1806.05236.
With h_k the maps after stage k and k drawn from `layers` once for the whole batch,

    h = λ h_k(x_A) + (1 - λ) h_k(x_B),   y = λ y_A + (1 - λ) y_B,   λ ~ Beta(α, α), α = 2

and the rest of the net goes on from h. k = 0 mixes images: Mixup. The gradient reaches the lower
layers through both sources. What it does, by the paper: features of a class come to lie in fewer
directions.

A stage ends after its BatchNorm and ReLU, so the norms up to k take their statistics from samples
as they are, and those behind k from mixtures; at k = 0 all do. At test nothing is mixed, and the
statistics in use are the running ones, of both kinds.

Departures: one λ a sample, where the released code has one a batch (shared=true), and maps after
ReLU, where it mixes before the next BatchNorm and ReLU, as its nets are pre-activation; α = 2 and
the layers 0, 1, 2 are the paper's for CIFAR. Shapes: maps (B, D, h, w), λ (B,).
"""

from dataclasses import dataclass

from course_lib.methods.supervised.mixing import MixingRecipe
from course_lib.methods.supervised.mixup import Mixup


@dataclass(frozen=True)
class ManifoldMixupRecipe(MixingRecipe):
    """All settings as in MixingRecipe."""

    alpha: float = 2.0
    layers: tuple[int, ...] = (0, 1, 2)


class ManifoldMixup(Mixup):
    """Mixup is the case layers = (0,), so there is nothing to add to it but other settings."""
