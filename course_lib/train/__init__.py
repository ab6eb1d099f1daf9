"""Training, shared by all methods: one loop, checkpoints, optimisers; after `methods`."""

from course_lib.train.loop import train
from course_lib.train.recipes import override, recipe_from
from course_lib.train.start import create

__all__ = ["create", "override", "recipe_from", "train"]
