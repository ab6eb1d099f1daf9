"""Unit 10: what each readout sees of a representation.

The rows word these claims with DINO and MAE. They were measured before those were here: rotation
prediction stands for the method whose features are less ready to use, and the notes say so.
"""

from itertools import pairwise

from course_lib.claims.arms import ACCURACY, USES, floors, score, short
from course_lib.claims.claim import Claim, Values


def probed(arm: str, seed: int) -> float:
    return score(arm, "linear", None, seed)


def rising(values: Values, margin: float) -> bool:
    """Each arm leads the one before it by the margin, in the mean and in two of three seeds."""
    arms = list(values.values())
    gaps = [[b - a for a, b in zip(*pair, strict=True)] for pair in pairwise(arms)]
    return all(sum(g) / len(g) >= margin and sum(x > 0 for x in g) >= 2 for g in gaps)


def read_out(arm: str, seed: int) -> float:
    """arm: an encoder and a readout, with 100 labels a class for linear and finetune."""
    name, readout = arm.split(", ")
    return score(name, readout, None if readout == "knn" else 100, seed)


def gaps(values: Values) -> tuple[float, float]:
    """How far the first arm leads the second, and the third the fourth."""
    mean = [sum(arm) / len(arm) for arm in values.values()]
    return mean[0] - mean[1], mean[2] - mean[3]


def wider_under_knn(values: Values, margin: float) -> bool:
    """The first arm leads the second by more than the third leads the fourth."""
    under_knn, under_probe = gaps(values)
    return under_knn - under_probe >= margin


def halved(values: Values, margin: float) -> bool:
    """The lead under fine-tuning is at most `margin` times that under the probe."""
    under_probe, under_finetuning = gaps(values)
    return under_probe > 0 and under_finetuning <= margin * under_probe


STANDS_FOR = "Worded in its row with {}; measured with rotation prediction, before that was here."
CLAIMS = (
    Claim(
        row="R071",
        sentence="A linear probe ranks a random net below SimCLR and SimCLR below supervision.",
        tag="Q",
        arms=("random", "simclr", "supervised"),
        metric=f"linear probe, {ACCURACY}",
        margin=0.02,
        arm=probed,
        verdict=rising,
        floors=floors,
        probe=short,
        uses=USES,
        minutes=15,
        note="Its row also ranks MAE, between the random net and SimCLR; measured before that was "
        "here.",
    ),
    Claim(
        row="R072",
        sentence="SimCLR leads rotation prediction by more under kNN than under a linear probe.",
        tag="Q",
        arms=("simclr, knn", "rotation, knn", "simclr, linear", "rotation, linear"),
        metric=f"{ACCURACY}; kNN with all labels, linear with 100 a class",
        margin=0.0,
        arm=read_out,
        verdict=wider_under_knn,
        floors=floors,
        probe=short,
        uses=USES,
        minutes=15,
        note=STANDS_FOR.format("DINO and SimCLR"),
    ),
    Claim(
        row="R074",
        sentence="Fine-tuning with 100 labels a class takes away at least half of SimCLR's lead "
        "over rotation prediction under a linear probe.",
        tag="Q",
        arms=("simclr, linear", "rotation, linear", "simclr, finetune", "rotation, finetune"),
        metric=f"{ACCURACY}, 100 labels a class",
        margin=0.5,
        arm=read_out,
        verdict=halved,
        floors=floors,
        probe=short,
        uses=USES,
        minutes=25,
        note=STANDS_FOR.format("MAE and SimCLR"),
    ),
)
