"""Methods, a file each; after `nets` and before `train`. METHODS is the only registry there is.

To add one: copy the file nearest to it, change the docstring, the recipe, `views` and `forward`,
and add a line here. The tests run over METHODS, so they find it by themselves.
"""

from course_lib.methods.base import Facts, Method, Output, Time
from course_lib.methods.clustering.deepcluster import DeepCluster, DeepClusterRecipe
from course_lib.methods.clustering.swav import SwAV, SwAVRecipe
from course_lib.methods.contrastive.instdisc import InstDisc, InstDiscRecipe
from course_lib.methods.contrastive.moco import MoCo, MoCoRecipe
from course_lib.methods.contrastive.simclr import SimCLR, SimCLRRecipe
from course_lib.methods.distillation.byol import BYOL, BYOLRecipe
from course_lib.methods.distillation.dino import DINO, DINORecipe
from course_lib.methods.masked.mae import MAE, MAERecipe
from course_lib.methods.pretext.rotation import Rotation, RotationRecipe
from course_lib.methods.recipe import Recipe
from course_lib.methods.redundancy.barlow import Barlow, BarlowRecipe
from course_lib.methods.supervised.classification import Supervised, SupervisedRecipe
from course_lib.methods.supervised.cutmix import CutMix, CutMixRecipe
from course_lib.methods.supervised.feature_cutmix import FeatureCutMix, FeatureCutMixRecipe
from course_lib.methods.supervised.manifold_mixup import ManifoldMixup, ManifoldMixupRecipe
from course_lib.methods.supervised.mixup import Mixup, MixupRecipe

METHODS: dict[str, tuple[type[Method], type[Recipe]]] = {
    "supervised": (Supervised, SupervisedRecipe),
    "mixup": (Mixup, MixupRecipe),
    "manifold_mixup": (ManifoldMixup, ManifoldMixupRecipe),
    "cutmix": (CutMix, CutMixRecipe),
    "feature_cutmix": (FeatureCutMix, FeatureCutMixRecipe),
    "rotation": (Rotation, RotationRecipe),
    "simclr": (SimCLR, SimCLRRecipe),
    "moco": (MoCo, MoCoRecipe),
    "byol": (BYOL, BYOLRecipe),
    "instdisc": (InstDisc, InstDiscRecipe),
    "barlow": (Barlow, BarlowRecipe),
    "deepcluster": (DeepCluster, DeepClusterRecipe),
    "swav": (SwAV, SwAVRecipe),
    "dino": (DINO, DINORecipe),
    "mae": (MAE, MAERecipe),
}

__all__ = ["METHODS", "Facts", "Method", "Output", "Recipe", "Time"]
