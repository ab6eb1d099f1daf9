"""The settings that every method shares, and the encoder that they ask for."""

from dataclasses import dataclass, field
from typing import ClassVar

from torch import nn

from course_lib.core.errors import CourseError
from course_lib.methods.base import Facts
from course_lib.nets import encoder
from course_lib.views import Augmentation


@dataclass(frozen=True)
class Recipe:
    """The settings that every run has; a method's own stand beside the method."""

    data: str = "scenes"
    data_options: dict = field(default_factory=dict)
    net: str = "convnet"
    net_options: dict = field(default_factory=dict)
    width: int = 32
    epochs: float = 3.0
    steps: int = 0  # instead of epochs, where not 0
    batch: int = 256  # over all processes
    accumulate: int = 1  # parts of a process's share, computed one after another
    optimizer: str = "adamw"  # or sgd
    lr: float = 2e-3
    weight_decay: float = 0.05
    warmup: float = 0.05  # share of all steps
    clip: float = 0.0  # largest gradient norm, where not 0
    precision: str = "auto"  # bf16 where the machine computes it in hardware; or bf16, fp32, fp64
    compile: bool = False  # by torch.compile; pays for its minute in runs of some thousand steps
    seed: int = 0
    augment: Augmentation = field(default_factory=Augmentation)
    takes: ClassVar[int] = 2  # views of an image that the method compares; 0 for any number

    def __post_init__(self):
        if self.augment.views != (self.takes or max(1, self.augment.views)):
            raise CourseError(
                f"augment.views={self.augment.views} does not suit this method: set it to "
                f"{self.takes or 'at least 1'}."
            )


def backbone(recipe: Recipe, facts: Facts) -> nn.Module:
    """The encoder that a recipe asks for, fitted to its views."""
    size = recipe.augment.size or facts.size
    return encoder(recipe.net, recipe.width, facts.channels, size, recipe.net_options)
