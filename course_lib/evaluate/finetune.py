"""Fine-tuning: all parameters are trained from the encoder's, with a linear head on top.

The head starts from the solved linear probe, so that random gradients do not spoil the features
before the head knows anything (Kumar et al. 2022, arXiv 2202.10054); fine-tuning therefore starts
at the probe's accuracy and with lr=0 stays there. Layer-wise rates as in BEiT and MAE (Clark et
al. 2020, arXiv 2003.10555): layer l of L learns at lr · decay^(L - l). No augmentation; in bf16
where that wins, as training is.
"""

import copy
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.core.errors import CourseError
from course_lib.core.hardware import precision, wide
from course_lib.core.lean import lean
from course_lib.core.randomness import Rng, key
from course_lib.core.schedules import warmup_cosine
from course_lib.evaluate.features import module_of, where
from course_lib.evaluate.linear import Probe
from course_lib.nets.draws import drawing


class FineTuned(nn.Module):
    """An encoder of its own and a linear head; `forward` gives logits (B, K)."""

    def __init__(self, encoder: nn.Module, probe: Probe):
        super().__init__()
        self.encoder = copy.deepcopy(encoder)
        self.head = nn.Linear(*probe.weight.shape).to(*where(encoder))
        with torch.no_grad():
            self.head.weight.copy_(probe.weight.T)
            self.head.bias.copy_(probe.bias)

    def forward(self, x: Tensor) -> Tensor:
        """float (B, C, H, W) in [0, 1] → logits (B, K)."""
        features = getattr(self.encoder, "encode", self.encoder)(x)
        return self.head(features.flatten(1))


def finetune(
    encoder: nn.Module,
    probe: Probe,
    images: Tensor,
    labels: Tensor,
    *,
    lr: float = 1e-3,
    epochs: float = 3,
    least: int = 100,
    batch: int = 256,
    decay: float = 1.0,
    weight_decay: float = 0.05,
    seed: int = 0,
    say: Callable[[str], None] | None = None,
) -> FineTuned:
    """A trained copy; `encoder` is untouched, and with lr=0 no BatchNorm statistic moves either.

    images: uint8 (N, C, H, W). labels: int64 (N,). least: fewest steps. decay: of rates by layer.
    """
    if lr < 0 or not 0 < decay <= 1:
        raise CourseError(f"lr must not be negative and decay lie in (0, 1]; got {lr}, {decay}.")
    tuned = FineTuned(module_of(encoder), probe)
    if lr == 0:
        return tuned.eval()
    optimiser = lean(torch.optim.AdamW)(layer_rates(tuned, decay), weight_decay=weight_decay)
    order = Order(len(images), min(batch, len(images)), seed)
    total = max(least, round(epochs * len(images) / order.batch))
    tuned.train()
    for step in range(total):
        rows = order.at(step)
        for group in optimiser.param_groups:
            group["lr"] = warmup_cosine(step, total, lr * group["factor"], total // 20)
        with drawing(tuned, Rng(seed, step, rows.to(where(tuned)[0])), step / total):
            loss = loss_of(tuned, images[rows], labels[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if say and step % 20 == 0:
            say(f"fine-tuning, step {step + 1} of {total}, loss {loss.item():.3f}")
    return tuned.eval()


def loss_of(tuned: FineTuned, images: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of uint8 images; the net runs in bf16 where that wins."""
    device, dtype = where(tuned)
    quick = dtype == torch.float32 and precision("auto", device) == torch.bfloat16
    with torch.autocast(device.type, torch.bfloat16, enabled=quick):
        logits = tuned(images.to(device, dtype) / 255)
    return F.cross_entropy(wide(logits), labels.to(device))


class Order:
    """Batches without replacement, a new permutation each epoch, a function of seed and step."""

    def __init__(self, samples: int, batch: int, seed: int):
        self.samples, self.batch, self.seed = samples, batch, seed

    def at(self, step: int) -> Tensor:
        """The rows of a step, int64 (batch,); what is left over at an epoch's end is not used."""
        epoch, place = divmod(step, self.samples // self.batch)
        generator = torch.Generator().manual_seed(key("finetune", self.seed, epoch))
        order = torch.randperm(self.samples, generator=generator)
        return order[place * self.batch : (place + 1) * self.batch]


def layer_rates(tuned: FineTuned, decay: float) -> list[dict]:
    """Optimiser groups, a layer each, from the images to the head, with their `factor` of the rate.

    Layers are those of the net's `layers()`; parameters outside (a projector) count to the first.
    """
    nets = [part for part in tuned.encoder.modules() if hasattr(part, "layers")]
    layers = [list(layer) for net in nets for layer in net.layers()]
    known = {id(p) for layer in layers for p in layer}
    rest = [p for p in tuned.encoder.parameters() if id(p) not in known]
    layers = [*([rest] if rest else []), *layers, list(tuned.head.parameters())]
    top = len(layers) - 1
    return [
        {"params": layer, "factor": decay ** (top - depth)} for depth, layer in enumerate(layers)
    ]


def predict(tuned: FineTuned, images: Tensor, batch: int = 500) -> Tensor:
    """Classes of uint8 images (N, C, H, W), int64 (N,), in eval mode."""
    device, dtype = where(tuned)
    tuned.eval()
    with torch.no_grad():
        parts = [tuned(x.to(device, dtype) / 255).argmax(dim=1).cpu() for x in images.split(batch)]
    return torch.cat(parts)
