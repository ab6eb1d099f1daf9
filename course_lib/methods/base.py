"""The protocol of every method: what the loop calls, and what passes between them."""

from dataclasses import dataclass, field

from torch import Tensor, nn

from course_lib.core.randomness import Rng
from course_lib.views import Augmentation


@dataclass(frozen=True)
class Facts:
    """What a method must know of its data before it sees any."""

    channels: int
    size: int  # pixels, height
    classes: int
    samples: int


@dataclass(frozen=True)
class Time:
    """Where training is: steps done, steps in all, epochs done (a fraction within one)."""

    step: int
    total: int
    epoch: float


@dataclass
class Output:
    """Of one forward pass. loss: the mean over this rank's rows. embedding: what the loss compared,
    (N, D), without gradient, for the health line. carry: tensors for `after_step`."""

    loss: Tensor
    embedding: Tensor
    logs: dict[str, Tensor] = field(default_factory=dict)
    carry: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """The settings that every run has; a method's own stand beside the method."""

    data: str = "scenes"
    data_options: dict = field(default_factory=dict)
    net: str = "convnet"
    width: int = 32
    epochs: float = 3.0
    steps: int = 0  # instead of epochs, where not 0
    batch: int = 256  # over all processes
    optimizer: str = "adamw"  # or sgd
    lr: float = 2e-3
    weight_decay: float = 0.05
    warmup: float = 0.05  # share of all steps
    clip: float = 0.0  # largest gradient norm, where not 0
    precision: str = "auto"  # bf16 where the machine computes it in hardware; or bf16, fp32, fp64
    seed: int = 0
    augment: Augmentation = field(default_factory=Augmentation)


class Method(nn.Module):
    """A method is one file with one of these. All that must survive a checkpoint is a parameter or
    a persistent buffer; randomness comes from the rng that `views` receives."""

    def views(self, batch: dict, rng: Rng) -> dict:
        """Batch → views, on the device, without gradient."""
        raise TypeError(f"{type(self).__name__} must define views.")

    def forward(self, views: dict, t: Time) -> Output:
        """Views → Output; changes nothing. This is what DistributedDataParallel wraps."""
        raise TypeError(f"{type(self).__name__} must define forward.")

    def after_step(self, carry: dict[str, Tensor], t: Time) -> None:
        """What follows the optimiser's step: EMA, queue, centre, memory bank."""

    def refresh(self, loader, t: Time) -> None:
        """What happens before an epoch: clusters, self-labels. loader yields batches in order."""

    def encode(self, x: Tensor, modality: str = "image") -> Tensor:
        """Images float (B, C, H, W) in [0, 1] → features (B, D); all that evaluation may touch."""
        raise TypeError(f"{type(self).__name__} must define encode.")

    def constant_loss(self, batch: int) -> float:
        """The loss when all embeddings are equal, for a batch of that many samples."""
        raise TypeError(f"{type(self).__name__} must define constant_loss.")
