"""Unit 4: contrastive learning, on scenes."""

from collections.abc import Mapping

from torch import Tensor, nn

from course_lib.claims.claim import Claim
from course_lib.claims.scenes import (
    BASE,
    KNN,
    LINEAR,
    PROBE_SEED,
    PROBE_STEPS,
    by_knn,
    floors,
    tested,
    trained,
)
from course_lib.methods import Method

USES = (*BASE, "convnet", "simclr", "supervised")
PLAIN = "augment.flip=0 augment.jitter=0 augment.gray=0"
SETTINGS: Mapping[str, str] = {
    "simclr, 3 epochs": "simclr",
    "simclr, 9 epochs": "simclr epochs=9",
    "supervised, 6 epochs": "supervised",
    "crop alone": f"simclr {PLAIN}",
    "without grey views": "simclr augment.gray=0",
    "batch 64": "simclr batch=64",
    "batch 512": "simclr batch=512",
}


class Projected(nn.Module):
    """SimCLR's encoder with its projector, which evaluation otherwise leaves out."""

    def __init__(self, method: Method):
        super().__init__()
        self.parts = nn.Sequential(method.encoder, method.projector)

    def forward(self, x: Tensor) -> Tensor:
        return self.parts(x)


def where_probed(arm: str, seed: int, steps: int = 0) -> float:
    """arm: features before the projector, or embeddings after it."""
    method = trained("simclr", seed, steps)
    return tested(method if arm == "features" else Projected(method), "linear", seed)


def knn_of(arm: str, seed: int, steps: int = 0) -> float:
    return by_knn(SETTINGS[arm], seed, steps)


def few_steps_knn(arm: str) -> float:
    return knn_of(arm, PROBE_SEED, PROBE_STEPS)


def few_steps_where(arm: str) -> float:
    return where_probed(arm, PROBE_SEED, PROBE_STEPS)


CLAIMS = (
    Claim(
        row="scenes_reference",
        sentence="What SimCLR and supervision reach on scenes in few epochs.",
        tag="figure",
        arms=("simclr, 3 epochs", "simclr, 9 epochs", "supervised, 6 epochs"),
        metric=KNN,
        arm=knn_of,
        floors=floors,
        probe=few_steps_knn,
        uses=USES,
        minutes=20,
    ),
    Claim(
        row="R040",
        name="before-projector",
        sentence="A linear probe finds more before SimCLR's projector than after it.",
        tag="Q",
        arms=("features", "embeddings"),
        metric=LINEAR,
        margin=0.03,
        arm=where_probed,
        floors=floors,
        probe=few_steps_where,
        uses=USES,
        minutes=6,
    ),
    Claim(
        row="R040",
        name="augmentation",
        sentence="SimCLR needs colour changes: crops alone teach it less.",
        tag="Q",
        arms=("simclr, 3 epochs", "crop alone", "without grey views"),
        metric=KNN,
        margin=0.03,
        arm=knn_of,
        floors=floors,
        probe=few_steps_knn,
        uses=USES,
        minutes=8,
        note="Failed. Here a class is one cut-out, and its colours help to name it; the third arm, "
        "without grey views, lies in between. So probably what colour changes take away, the "
        "readout misses; but crop alone lacks the flip too. The paper's gain is on photographs, "
        "where a histogram of colours tells which two crops are of one picture.",
    ),
    Claim(
        row="R040",
        name="batch",
        sentence="At equal epochs SimCLR gains from a larger batch.",
        tag="C",
        arms=("batch 512", "batch 64"),
        metric=KNN,
        margin=0.01,
        arm=knn_of,
        floors=floors,
        probe=few_steps_knn,
        uses=USES,
        minutes=10,
        note="Failed, and by much: at equal epochs and one learning rate a batch of 64 makes eight "
        "times as many updates, which after 3 epochs are scarce. The paper's shortest run has 100 "
        "epochs, and a learning rate that grows with the batch.",
    ),
)
