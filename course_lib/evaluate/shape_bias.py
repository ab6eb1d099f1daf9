"""Shape bias: when outline and texture disagree, which of the two does a net answer by?

Geirhos, Rubisch, Michaelis, Bethge, Wichmann and Brendel 2018 (arXiv 1811.12231). Over the images
whose two cues conflict,

    shape bias = n_shape / (n_shape + n_texture)

with the answers that name the shape's class and those that name the texture's. Answers that name
neither and abstentions are in no count, so read the bias beside `decided`, the share of images that
it rests on. As in the released code, many fine classes become a coarse one by the mean of their
probabilities: by their sum, a class would win by having many parts.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from course_lib.core.errors import CourseError

ABSTAINED = -1


@dataclass(frozen=True)
class Cues:
    """How many conflict images were answered with the shape's class, with the texture's, with
    another, and not at all."""

    shape: int
    texture: int
    other: int
    abstained: int

    @property
    def decided(self) -> float:
        """The share of the conflict images that were answered with either cue."""
        every = self.shape + self.texture + self.other + self.abstained
        return (self.shape + self.texture) / every

    @property
    def bias(self) -> float:
        """The shape bias, from 0 to 1; CourseError where no answer names either cue."""
        if not self.shape + self.texture:
            raise CourseError(
                "No conflict image was answered with its shape or its texture, so there is no "
                "shape bias: look first whether the net knows either cue alone."
            )
        return self.shape / (self.shape + self.texture)

    @property
    def texture_bias(self) -> float:
        """1 - bias."""
        return 1 - self.bias


def count(answers: Tensor, shape: Tensor, texture: Tensor) -> Cues:
    """Counts over the images whose cues conflict; where they agree, an image says nothing.

    answers: classes, ABSTAINED (-1) for none; shape, texture: the classes of the two cues; all
    int64 (N,). CourseError where lengths or kinds differ, or where no image is in conflict.
    """
    for name, column in (("answers", answers), ("shape", shape), ("texture", texture)):
        if column.dtype != torch.int64 or column.shape != (len(answers),):
            raise CourseError(
                f"Shape bias takes three int64 columns of equal length; {name} is {column.dtype} "
                f"{tuple(column.shape)} beside {len(answers)} answers."
            )
    conflict = shape != texture
    if not conflict.any():
        raise CourseError(
            "None of these images has cues in conflict: load cues with textures='conflict', or "
            "'random', where most are."
        )
    answers, shape, texture = answers[conflict], shape[conflict], texture[conflict]
    by_shape, by_texture = int((answers == shape).sum()), int((answers == texture).sum())
    abstained = int((answers == ABSTAINED).sum())
    return Cues(by_shape, by_texture, len(answers) - by_shape - by_texture - abstained, abstained)


def shape_bias(answers: Tensor, shape: Tensor, texture: Tensor) -> float:
    """`count(...).bias`."""
    return count(answers, shape, texture).bias


def coarse(probabilities: Tensor, group: Tensor, classes: int) -> Tensor:
    """Probabilities of fine classes (N, K) → the mean over each coarse one's, (N, classes).

    group: int64 (K,), the coarse class of each fine one, -1 for none. The means do not add up to 1,
    and need not for an argmax. CourseError for a coarse class without a fine one.
    """
    if group.shape != probabilities.shape[1:]:
        raise CourseError(
            f"group names the coarse class of {len(group)} fine ones, but there are "
            f"{probabilities.shape[1]}."
        )
    member = group == torch.arange(classes)[:, None]  # (classes, K)
    if not member.any(dim=1).all():
        empty = int((~member.any(dim=1)).nonzero()[0])
        raise CourseError(f"Coarse class {empty} has no fine class: its mean is of nothing.")
    share = member.to(probabilities.dtype) / member.sum(dim=1, keepdim=True)
    return probabilities @ share.T


def decide(probabilities: Tensor, least: float = 0.0) -> Tensor:
    """The likeliest class of each row, int64 (N,); ABSTAINED where it has less than `least`."""
    if not 0 <= least <= 1:
        raise CourseError(f"least={least} must be a probability, from 0 to 1.")
    sure, said = probabilities.max(dim=1)
    return torch.where(sure < least, ABSTAINED, said)
