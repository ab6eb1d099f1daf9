"""Multi-crop: a few large views and several small ones of the same images."""

from course_lib.core.randomness import Rng
from course_lib.views.augment import Augmentation, augment


def multicrop(batch: dict, rng: Rng, wide: Augmentation, local: Augmentation) -> dict:
    """`image` (V, B, C, h, h) by the first recipe and `local` (L, B, C, l, l) by the second.

    Multi-crop of SwAV (Caron et al. 2020, arXiv 2006.09882): small crops of low resolution are
    cheap, and each size is one tensor, so that a net sees it in one pass. L may be 0.
    """
    small = augment(batch, rng.fold("local"), local)["image"]
    return {**augment(batch, rng, wide), "local": small}
