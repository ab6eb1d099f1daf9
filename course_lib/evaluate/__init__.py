"""Evaluation: what a readout finds in frozen features, beside its floors; after `train`.

`report` fits on train, chooses on val and looks at test once; lessons and claims go through it.
"""

from course_lib.evaluate.baselines import PCA, RawPixels, majority, random_encoder
from course_lib.evaluate.features import extract
from course_lib.evaluate.finetune import finetune, predict
from course_lib.evaluate.health import health
from course_lib.evaluate.knn import knn
from course_lib.evaluate.linear import Probe, fit
from course_lib.evaluate.lowshot import subset
from course_lib.evaluate.report import Score, accuracy, report, table

__all__ = [
    "PCA",
    "Probe",
    "RawPixels",
    "Score",
    "accuracy",
    "extract",
    "finetune",
    "fit",
    "health",
    "knn",
    "majority",
    "predict",
    "random_encoder",
    "report",
    "subset",
    "table",
]
