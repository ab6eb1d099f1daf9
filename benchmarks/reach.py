"""`course bench reach`: seconds of training until SimCLR's kNN on scenes is good enough.

Ours and lightly's make the same steps with the same schedule of the learning rate; the clock stands
still while kNN is read on val, which happens nine times a run.
"""

import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from benchmarks.peers import Peer
from benchmarks.steps import Step
from course_lib.core.schedules import warmup_cosine
from course_lib.data import SPLITS, load
from course_lib.evaluate import report

LOOKS = 9
WORDS = "simclr"


class Normalised(nn.Module):
    """lightly's encoder on images in [0, 1], which its transform normalised in training."""

    def __init__(self, encoder: nn.Module):
        super().__init__()
        from lightly.transforms.utils import IMAGENET_NORMALIZE as given

        self.encoder, self.dim = encoder, encoder.dim
        self.register_buffer("mean", torch.tensor(given["mean"]).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(given["std"]).view(3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.encoder((x - self.mean) / self.std)


def reach(arm: Step | Peer, encoder: nn.Module, goal: float, sets: dict) -> dict[str, float]:
    """Trains until kNN on val is at the goal, or to the end → seconds, steps, what it then is."""
    recipe = arm.recipe
    total = round(recipe.epochs * (len(sets["train"]) // recipe.batch))
    seconds, knn, step = 0.0, 0.0, 0
    for look in range(1, LOOKS + 1):
        begin = time.perf_counter()
        while step < total * look // LOOKS:
            arm.lr = warmup_cosine(step, total, recipe.lr, round(recipe.warmup * total))
            arm()
            step += 1
        seconds += time.perf_counter() - begin
        knn = report({"net": encoder}, sets, ("knn",), floors=False, seed=0)[0].val
        if knn >= goal:
            break
    return {"seconds": seconds, "steps": step, "knn": knn, "reached": float(knn >= goal)}


def bench(goal: float, say: Callable = print) -> dict:
    """Everything, as results/bench/reach.json stores it."""
    sets = {split: load("scenes", split) for split in SPLITS}
    found: dict = {"goal": goal}
    ours = Step(WORDS, sets["train"])
    found["ours"] = reach(ours, ours.method.encoder, goal, sets)
    say(f"ours: {found['ours']}")
    for name, best in (("lightly, best", True), ("lightly, default", False)):
        found[name] = theirs(best, goal, sets)
        say(f"{name}: {found[name]}")
    return found


def theirs(best: bool, goal: float, sets: dict) -> dict[str, float]:
    """lightly's; its worker processes end with this function, before others are made."""
    peer = Peer(sets["train"], best, workers=2, words=WORDS)
    return reach(peer, Normalised(peer.method.encoder), goal, sets)
