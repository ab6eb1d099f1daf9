"""A network that follows another: the teacher of self-distillation, the key encoder of MoCo."""

import copy

import torch
from torch import nn


def follower(student: nn.Module) -> nn.Module:
    """A copy of `student` that no gradient trains."""
    teacher = copy.deepcopy(student)
    return teacher.requires_grad_(False)


@torch.no_grad()
def follow(teacher: nn.Module, student: nn.Module, momentum: float) -> None:
    """teacher <- momentum * teacher + (1 - momentum) * student, for every parameter.

    After n steps beside a student that stands still, their difference is momentum^n of what it was
    (Polyak and Juditsky 1992). Buffers are left alone: a teacher in training mode normalises with
    the statistics of its own batch and keeps its own running ones.
    """
    pairs = zip(teacher.parameters(), student.parameters(), strict=True)
    for mine, theirs in pairs:
        mine.lerp_(theirs, 1 - momentum)
