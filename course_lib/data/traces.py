"""Traces: where a hand would point while it names what a scene shows, in the caption's order.

After Localized Narratives (Pont-Tuset et al. 2019, arXiv 1912.03098), whose people describe an
image by voice while the mouse hovers over what they name. Here the hand is simulated: it circles
about the middle of what is seen of an object, and shakes.
"""

import torch
from torch import Tensor

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng, key
from course_lib.data.dataset import Dataset

POINTS = 16  # a word
RADIUS = 0.3  # of the circle, in half the box's sides
SHAKE = 0.2  # standard deviation of the hand, in half the box's sides


def trace(data: Dataset, seed: int = 0) -> Tensor:
    """Scenes with annotations → float (N, O, POINTS, 2), x and y in pixels; NaN where nothing of
    an object is seen. Slot o belongs to `object[:, o]`, the o-th thing that the caption names."""
    if "box" not in data.columns:
        raise CourseError("Traces need annotated scenes: load('scenes', split, annotate=True).")
    box = data.columns["box"].float()  # (N, O, 4), -1 where nothing is seen
    many, slots = box.shape[:2]
    middle = (box[..., :2] + box[..., 2:]) / 2
    half = (box[..., 2:] - box[..., :2]) / 2
    rng = Rng(key("traces", seed, data.split), 0, data.index)
    start = rng.uniform("start", slots)[..., None]  # (N, O, 1), where the circle begins
    angle = 2 * torch.pi * (start + torch.linspace(0, 1, POINTS))
    circle = RADIUS * torch.stack([angle.cos(), angle.sin()], dim=-1)  # (N, O, POINTS, 2)
    shake = SHAKE * rng.normal("shake", slots * POINTS * 2).view(many, slots, POINTS, 2)
    points = middle[..., None, :] + half[..., None, :] * (circle + shake)
    return points.masked_fill((box[..., :1] < 0)[..., None], torch.nan)


def inside(points: Tensor, box: Tensor) -> Tensor:
    """Which points lie in their box: (N, O, P, 2), (N, O, 4) → bool (N, O, P)."""
    x, y = points.unbind(dim=-1)
    left, top, right, bottom = (side[..., None] for side in box.unbind(dim=-1))
    return (left <= x) & (x < right) & (top <= y) & (y < bottom)
