"""Augmentation, after `data` and before `nets`: uint8 batches become float views on the device.

An operation is two pure functions: `sample(rng, ...)` draws one set of parameters a sample, and
`apply(image, parameters)` uses them. An operation that a sample skips has its identity parameters.
"""

from course_lib.views.augment import Augmentation, augment
from course_lib.views.multicrop import multicrop
from course_lib.views.plain import plain

__all__ = ["Augmentation", "augment", "multicrop", "plain"]
