"""Feature CutMix: a box of one sample's feature map pasted into another's, at a layer drawn a step.

In the comparisons of Yun et al. 2019, arXiv 1905.04899; the released training code does not have
it, so this follows Manifold Mixup in all that the paper leaves open. With h_k the maps after stage
k, k drawn from `layers` once for the whole batch, and M 0 inside the box,

    h = M * h_k(x_A) + (1 - M) * h_k(x_B),   y = λ y_A + (1 - λ) y_B

The box has the size and place that it would have in the image, rounded to the grid of stage k, and
λ is the share of that grid that was kept. On a coarse grid most boxes are one size smaller or
larger than asked for, so λ as drawn would be wrong even without a border. k = 0 is CutMix.

Only at stage k is a place all A's or all B's: what a place stands for reaches beyond its own pixels
below k, and layers behind k look across the seam. The norms up to k have seen samples as they are.
"""

from dataclasses import dataclass

from course_lib.methods.supervised.cutmix import CutMix, CutMixRecipe


@dataclass(frozen=True)
class FeatureCutMixRecipe(CutMixRecipe):
    """All settings as in CutMixRecipe."""

    layers: tuple[int, ...] = (0, 1, 2, 3)


class FeatureCutMix(CutMix):
    """CutMix is the case layers = (0,), so there is nothing to add to it but other settings."""
