"""Heads on an encoder: the linear classifier and the MLP projector or predictor."""

from torch import nn

from course_lib.core.errors import CourseError


def linear(dim: int, out: int) -> nn.Linear:
    """The linear readout, features (B, dim) → logits (B, out); it starts at zero.

    At zero every class is equally likely, so the loss starts at log(out) whatever the features.
    """
    head = nn.Linear(dim, out)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    return head


def mlp(dim: int, hidden: int, out: int, layers: int = 2, last_norm: bool = False) -> nn.Sequential:
    """A projector (B, dim) → (B, out): `layers` linear maps with BatchNorm and ReLU between.

    last_norm: end in a BatchNorm without scale and shift, as SimSiam's projector does (Chen
    and He 2020, arXiv 2011.10566). A linear map before a norm has no bias,
    because the norm would cancel it.
    """
    if layers < 1:
        raise CourseError(f"A projector needs at least one layer, not {layers}.")
    parts: list[nn.Module] = []
    for _ in range(layers - 1):
        parts += [nn.Linear(dim, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU()]
        dim = hidden
    parts.append(nn.Linear(dim, out, bias=not last_norm))
    if last_norm:
        parts.append(nn.BatchNorm1d(out, affine=False))
    return nn.Sequential(*parts)
