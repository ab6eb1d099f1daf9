"""The protocol of every method: what the loop calls, and what passes between them."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from course_lib.core.randomness import Rng
from course_lib.nets.draws import Lender


@dataclass(frozen=True)
class Facts:
    """What a method must know of its data before it sees any."""

    channels: int
    size: int  # pixels, height
    classes: int
    samples: int  # every sample's index lies below it


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

    @staticmethod
    def of(parts: list["Output"]) -> "Output":
        """That of a batch from those of its equal parts."""
        if len(parts) == 1:
            return parts[0]
        logs = {name: sum(p.logs[name] for p in parts) / len(parts) for name in parts[0].logs}
        carry = {name: torch.cat([p.carry[name] for p in parts]) for name in parts[0].carry}
        loss = torch.stack([p.loss.detach() for p in parts]).mean()
        return Output(loss, torch.cat([p.embedding for p in parts]), logs, carry)


class Method(Lender):
    """A method is one file with one of these. All that must survive a checkpoint is a parameter or
    a persistent buffer; randomness comes from the rng that `views` receives. `own_loss`: whether a
    sample's loss depends on that sample alone, so that a batch may come in parts."""

    own_loss: bool = False

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

    def visits(self) -> Tensor | None:
        """Rows of the data that this epoch shows, int64 (N,), some more than once; None: all."""
        return None

    def encode(self, x: Tensor, modality: str = "image") -> Tensor:
        """Images float (B, C, H, W) in [0, 1] → features (B, D); all that evaluation may touch."""
        raise TypeError(f"{type(self).__name__} must define encode.")

    def constant_loss(self, batch: int) -> float:
        """The loss when all embeddings are equal, for a batch of that many samples."""
        raise TypeError(f"{type(self).__name__} must define constant_loss.")
