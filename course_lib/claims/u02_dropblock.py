"""Unit 2: why dropping single places of a feature map hides little. Their neighbours tell."""

from collections.abc import Mapping
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.claims.claim import Claim
from course_lib.claims.u01_runs import PROBE_SEED, PROBE_STEPS, loaded, trained
from course_lib.core.randomness import Rng
from course_lib.nets.draws import drawing
from course_lib.nets.dropblock import DropBlock, realised

KEEP, REACH, LOOKED, FEW_LOOKED = 0.75, 3, 300, 30
PENALTY = 1e-3  # of the ridge regression, a share of the variance of its inputs
LOOKED_AT, IMAGES = "supervised data=clutter width=32 epochs=4", 5000
SIDES: Mapping[str, int] = {"single places": 1, "squares of 7": 7, "squares of 3": 3}


def maps_of(split: str, seed: int, steps: int, images: int) -> Tensor:
    """Maps after the first stage of a trained convnet, float64 (N, 32, 20, 20)."""
    net = trained(LOOKED_AT, seed, steps, IMAGES).eval().encoder
    shown = loaded("clutter", split).image[:images].float() / 255
    with torch.no_grad():
        return net.stages[0](net.normalise(shown)).double()


def nominal(rate: float, side: int, height: int, width: int) -> float:
    """The keep at which squares of that side drop `rate` of the places, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        too_few = realised(middle, side, height, width) < rate
        low, high = (low, middle) if too_few else (middle, high)
    return high


def dropped_of(arm: str, maps: Tensor, seed: int) -> Tensor:
    """What is dropped of maps (N, C, H, W), bool; every arm at the rate of the squares of 7."""
    height, width = maps.shape[2:]
    rate = realised(KEEP, SIDES["squares of 7"], height, width)
    layer = DropBlock(KEEP, SIDES[arm])
    with drawing(layer, Rng(seed, 0, torch.arange(len(maps)))):
        return layer.dropped(maps, nominal(rate, SIDES[arm], height, width))


def cases(values: Tensor, dropped: Tensor) -> tuple[Tensor, Tensor]:
    """One channel (N, H, W), standardised → inputs (M, 2 n) and targets (M,), a dropped place each.

    Inputs: the n = 48 neighbours within 3 places, 0 where they were dropped or lie outside, and
    whether they were kept.
    """
    window = 2 * REACH + 1
    kept = (~dropped).to(values)
    both = torch.stack([values * kept, kept], dim=1)  # (N, 2, H, W)
    around = F.unfold(both, window, padding=REACH).view(len(both), 2, window**2, -1)
    beside = [i for i in range(window**2) if i != window**2 // 2]
    inputs = around[:, :, beside].permute(0, 3, 1, 2).flatten(2)  # (N, H W, 2 n)
    where = dropped.flatten(1)
    return inputs[where], values.flatten(1)[where]


def predicted(fit: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor]) -> float:
    """R² on `test` of ridge regression on `fit`; 0 is predicting the mean."""
    (x, y), (x_test, y_test) = fit, test
    centre, level = x.mean(dim=0), y.mean()
    rows = x - centre
    square = rows.T @ rows / len(rows)
    square += PENALTY * square.diagonal().mean() * torch.eye(len(square)).to(square)
    weight = torch.linalg.solve(square, rows.T @ (y - level) / len(rows))
    left = y_test - level - (x_test - centre) @ weight
    return 1 - (left.square().mean() / (y_test - level).square().mean()).item()


@cache
def told_by_neighbours(arm: str, seed: int, steps: int = 0, images: int = LOOKED) -> float:
    """Mean R² over channels that vary; fitted on images of train, tested on images of val."""
    maps = {split: maps_of(split, seed, steps, images) for split in ("train", "val")}
    gone = {split: dropped_of(arm, found, seed) for split, found in maps.items()}
    mean, std = (f(maps["train"], dim=(0, 2, 3)) for f in (torch.mean, torch.std))
    found = []
    for channel in (std > 1e-3 * std.max()).nonzero().flatten().tolist():
        of = {
            split: cases(
                (maps[split][:, channel] - mean[channel]) / std[channel], gone[split][:, channel]
            )
            for split in maps
        }
        found.append(predicted(of["train"], of["val"]))
    return sum(found) / len(found)


def few_steps_told(arm: str) -> float:
    return told_by_neighbours(arm, PROBE_SEED, PROBE_STEPS, FEW_LOOKED)


CLAIMS = (
    Claim(
        row="R017",
        sentence="What is dropped in single places can be read off its neighbours; what is dropped "
        "in squares far less.",
        tag="Q",
        arms=tuple(SIDES),
        metric="R² of predicting dropped activations from kept neighbours, mean over channels",
        margin=0.2,
        arm=told_by_neighbours,
        probe=few_steps_told,
        uses=("clutter", "convnet", "supervised", "knn"),
        minutes=2,
        note="Maps of 20 x 20 after the first stage of a convnet trained for four epochs on 5,000 "
        "images; the same net for all arms of a seed, each of which drops the share that squares "
        "of 7 drop at a nominal 0.25. Ridge regression a channel from the 48 neighbours within 3 "
        "places and whether they were kept. 0 is predicting the mean. In the middle of a square of "
        "7 none of the 48 is kept; the third arm's squares leave some, and it is not judged.",
    ),
)
