"""Unit 3: tasks that an image sets itself."""

from dataclasses import replace
from functools import cache

import torch

from course_lib.claims.arms import ACCURACY, USES, floors, score, short
from course_lib.claims.claim import Claim, Values
from course_lib.data import Dataset, load
from course_lib.methods.pretext.rotation import TURNS, quarter_turns
from course_lib.train import recipe_from, train

STEPS = 400


@cache
def fashion(split: str, kind: str) -> Dataset:
    """Fashion-MNIST as it is, or "symmetric": each image the mean of its four quarter turns."""
    data = load("fashion", split)
    if kind == "upright":
        return data
    same = quarter_turns(data.image.float()).mean(dim=0).round().to(torch.uint8)
    return replace(data, columns=data.columns | {"image": same})


def turns_told(arm: str, seed: int, steps: int = STEPS) -> float:
    """How often a net trained on the arm's images names the turn of a test image."""
    words = {"data": "fashion", "seed": seed, "steps": steps}
    method = train(recipe_from("rotation", words), data=fashion("train", arm), say=None)
    method.eval()
    right = []
    with torch.no_grad():
        for part in fashion("test", arm).image.split(500):
            turned = quarter_turns(part.float() / 255).flatten(0, 1)  # (4B, 1, 28, 28)
            turn = torch.arange(TURNS).repeat_interleave(len(part))
            right.append(method.head(method.encode(turned)).argmax(dim=1).eq(turn))
    return torch.cat(right).double().mean().item()


def told(arm: str) -> float:
    """The probe: five steps."""
    return turns_told(arm, 99, 5)


def only_with_an_upright(values: Values, margin: float) -> bool:
    """The margin is reached on upright images; on symmetric ones accuracy stays at chance."""
    upright, symmetric = values.values()
    return min(upright) >= margin and all(abs(value - 1 / TURNS) <= 0.03 for value in symmetric)


def probed(arm: str, seed: int) -> float:
    return score(arm, "linear", None, seed)


CLAIMS = (
    Claim(
        row="R030",
        name="turns",
        sentence="A net learns to tell quarter turns of clothes, and cannot where all four are "
        "the same picture.",
        tag="Q",
        arms=("upright", "symmetric"),
        metric="accuracy of naming one of four turns, test images of fashion, from 0 to 1",
        margin=0.9,
        arm=turns_told,
        verdict=only_with_an_upright,
        probe=told,
        uses=("fashion", "convnet", "rotation"),
        minutes=8,
    ),
    Claim(
        row="R030",
        name="probe",
        sentence="Features that tell turns are better for a linear probe than a random net's.",
        tag="Q",
        arms=("rotation", "random"),
        metric=f"linear probe, {ACCURACY}",
        margin=0.05,
        arm=probed,
        floors=floors,
        probe=short,
        uses=USES,
        minutes=6,
    ),
)
