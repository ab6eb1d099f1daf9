"""Training, shared by all methods: one loop, checkpoints, optimisers; after `methods`."""

from course_lib.train.loop import create, train
from course_lib.train.recipes import override, recipe_from

__all__ = ["create", "override", "recipe_from", "train"]
