"""What several convnets share: a grid of means, fully connected layers, response norm, checks."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.core.errors import CourseError, nearest

ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "tanh": nn.Tanh}


def activation(name: str) -> nn.Module:
    """The nonlinearity of that name; CourseError for another."""
    if name not in ACTIVATIONS:
        raise CourseError(f"There is no activation {name!r}: {nearest(name, ACTIVATIONS)}")
    return ACTIVATIONS[name]()


def stages_of(blocks: Sequence[int]) -> tuple[int, ...]:
    """The number of blocks of each stage; CourseError unless each is a whole number of at least 1.

    A single number, as `net.blocks=3` gives it, is refused: it could mean two things.
    """
    counts = tuple(blocks) if isinstance(blocks, list | tuple) else ()
    if not counts or not all(isinstance(count, int) and count >= 1 for count in counts):
        raise CourseError(
            f"blocks holds a whole number from 1 for each stage, such as [2,2,3]; got {blocks!r}."
        )
    return counts


def initialise(net: nn.Module, activation: str) -> None:
    """Weights whose activations keep their scale through many layers; biases at zero.

    std = gain / sqrt(inputs), gain √2 for relu (He et al. 2015, arXiv 1502.01852) and 5/3 for tanh.
    """
    for part in net.modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(part.weight, nonlinearity=activation)
            if part.bias is not None:
                nn.init.zeros_(part.bias)


class Grid(nn.Module):
    """Means over a grid of side × side cells, so that fully connected layers fit any image.

    The cells are those of torch's adaptive average pooling, whose gradient on a GPU adds up in no
    fixed order; a product with a fixed matrix does not.
    """

    def __init__(self, side: int):
        super().__init__()
        self.side = side

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → (B, C · side · side)."""
        if x.shape[2:] != (self.side, self.side):
            rows, columns = (cells(n, self.side).to(x) for n in x.shape[2:])
            x = rows @ x @ columns.T
        return x.flatten(1)


def cells(size: int, side: int) -> Tensor:
    """(side, size): row i takes the mean from floor(i·size/side) to ceil((i + 1)·size/side)."""
    shares = torch.zeros(side, size)
    for i in range(side):
        first, last = i * size // side, -(-(i + 1) * size // side)
        shares[i, first:last] = 1 / (last - first)
    return shares


def fully_connected(channels: int, side: int, hidden: int, name: str) -> nn.Sequential:
    """Maps (B, channels, H, W) → features (B, hidden): a grid of means and two linear layers."""
    return nn.Sequential(
        Grid(side),
        nn.Linear(channels * side**2, hidden),
        activation(name),
        nn.Linear(hidden, hidden),
        activation(name),
    )


class ResponseNorm(nn.Module):
    """Local response normalisation, with the constants of Krizhevsky et al. 2012, section 3.3.

    b_c = a_c / (2 + 1e-4 · sum of a_j² over the 5 channels around c)^0.75. torch's own divides its
    alpha by the number of channels; this takes the sum, as the paper writes it.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → the same shape."""
        squares = F.pad(x.square(), (0, 0, 0, 0, 2, 2))
        total = sum(squares[:, i : i + x.shape[1]] for i in range(5))
        return x * (2 + 1e-4 * total) ** -0.75


def dropout(x: Tensor, draws: Tensor, rate: float) -> Tensor:
    """Inverted dropout with draws given: x (B, D), draws uniform in [0, 1) of the same shape.

    What is kept is divided by 1 - rate, so that the expectation over draws is x and nothing need
    change at test time (Srivastava et al. 2014 scale at test time instead). Named draws such as
    `rng.uniform("dropout", D)` belong to their samples, on any number of processes.
    """
    if not 0 <= rate < 1:
        raise CourseError(f"The rate of dropout lies in [0, 1), not at {rate}.")
    return x * (draws >= rate) / (1 - rate)
