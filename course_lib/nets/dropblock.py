"""DropBlock: squares of a feature map are dropped, since single places repeat their neighbours.

Ghiasi, Lin and Le 2018 (arXiv 1810.12890). On maps of H × W, squares of b × b are dropped whose
places are drawn, each with the chance

    gamma = (1 - keep) / b² · H W / ((H - b + 1)(W - b + 1))

among those where the whole square lies on the map. What is left is multiplied by count / count of
ones, so the mean mask is 1. Squares overlap: the realised rate lies below the nominal 1 - keep
(`realised` says how far). keep falls linearly from 1 to its target during training (ramp).

The mask is drawn for each channel, or once for all (shared). Departures: the count is a sample's
own where the paper's is the batch's, so that a sample's features do not depend on its neighbours
in the batch; it stands behind whole blocks of the last two stages, after their ReLU, where the
released code has it behind each of their convolutions and in their shortcuts, before the sum; and
both stages drop alike, where there the last but one drops a quarter of what the last one drops.
"""

import torch.nn.functional as F
from torch import Tensor

from course_lib.core.errors import CourseError
from course_lib.nets.draws import Drawn


def seed_rate(keep: float, side: int, height: int, width: int) -> float:
    """gamma: the chance that a square begins at a place where it fits."""
    fitting = (height - side + 1) * (width - side + 1)
    return (1 - keep) / side**2 * height * width / fitting


def squares(draws: Tensor, rate: float, side: int) -> Tensor:
    """Draws in [0, 1), (..., H - b + 1, W - b + 1) → whether a place is dropped, (..., H, W)."""
    seeds = F.pad((draws < rate).float(), [side - 1] * 4)
    return F.max_pool2d(seeds, side, stride=1) > 0


def realised(keep: float, side: int, height: int, width: int) -> float:
    """The expected share of dropped places: those that at least one square covers."""
    side = min(side, height, width)
    rate = seed_rate(keep, side, height, width)
    total = 0.0
    for y in range(height):
        for x in range(width):
            covering = reach(y, side, height) * reach(x, side, width)
            total += 1 - (1 - rate) ** covering
    return total / (height * width)


def reach(place: int, side: int, length: int) -> int:
    """In how many positions a segment of `side` on a line of `length` covers `place`."""
    return min(place, length - side) - max(place - side + 1, 0) + 1


class DropBlock(Drawn):
    """keep: the nominal share that stays, at the end of training with ramp. side: of the squares;
    that of the map where it is smaller."""

    def __init__(self, keep: float, side: int = 3, shared: bool = False, ramp: bool = True):
        super().__init__()
        if not 0 < keep <= 1 or side < 1:
            raise CourseError(
                f"DropBlock needs keep above 0 and at most 1 and squares of at least 1 place; got "
                f"keep={keep}, drop_size={side}."
            )
        self.keep, self.side, self.shared, self.ramp = keep, side, shared, ramp

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) → the same shape."""
        if not self.training or self.keep == 1:
            return x
        done = self.loan()[1].done if self.ramp else 1.0
        kept = ~self.dropped(x, 1 - (1 - self.keep) * done)
        share = kept.float().mean(dim=(1, 2, 3), keepdim=True)  # (B, 1, 1, 1)
        self.say("dropped", 1 - share.mean())
        return x * (kept / share.clamp_min(1 / kept[0].numel())).to(x.dtype)

    def dropped(self, x: Tensor, keep: float) -> Tensor:
        """Which places of maps (B, C, H, W) go: bool (B, C, H, W), or (B, 1, H, W) if shared."""
        batch, channels, height, width = x.shape
        side, masks = min(self.side, height, width), 1 if self.shared else channels
        rows, columns = height - side + 1, width - side + 1
        draws = self.uniform(batch, masks * rows * columns).view(batch, masks, rows, columns)
        return squares(draws, seed_rate(keep, side, height, width), side)
