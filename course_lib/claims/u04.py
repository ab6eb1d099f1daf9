"""Unit 4: contrastive learning, on scenes."""

from collections.abc import Mapping
from functools import cache

from torch import Tensor, nn

from course_lib.claims.claim import Claim
from course_lib.data import Dataset, load
from course_lib.evaluate import RawPixels, majority, random_encoder, report
from course_lib.methods import Method
from course_lib.train import recipe_from, train

USES = ("scenes", "convnet", "knn", "linear", "simclr", "supervised")
SPLITS = ("train", "val", "test")
PLAIN = {"augment.flip": 0, "augment.jitter": 0, "augment.gray": 0}
SETTINGS: Mapping[str, dict] = {
    "simclr, 3 epochs": {},
    "simclr, 9 epochs": {"epochs": 9},
    "supervised, 6 epochs": {},
    "crop alone": PLAIN,
    "without grey views": {"augment.gray": 0},
    "batch 64": {"batch": 64},
    "batch 512": {"batch": 512},
}


@cache
def scenes() -> dict[str, Dataset]:
    return {split: load("scenes", split) for split in SPLITS}


@cache
def trained(name: str, seed: int, steps: int = 0) -> Method:
    """A run on scenes by its name in SETTINGS; steps: for a probe, only so many."""
    words = SETTINGS[name] | {"seed": seed} | ({"steps": steps} if steps else {})
    method = "supervised" if name.startswith("supervised") else "simclr"
    return train(recipe_from(method, words), data=scenes()["train"], say=None)


def tested(name: str, encoder: nn.Module, readout: str, seed: int) -> float:
    """Test accuracy on scenes, settings chosen on val."""
    return report({name: encoder}, scenes(), (readout,), floors=False, seed=seed)[0].test


@cache
def floors() -> dict[str, float]:
    """Chance, and kNN on raw pixels and on a random net."""
    data = scenes()
    net = random_encoder(data["train"].image, 0)
    return {
        "chance": majority(data["train"].label, data["test"].label),
        "raw pixels kNN": tested("raw pixels", RawPixels(), "knn", 0),
        "random net kNN": tested("random net", net, "knn", 0),
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
    method = trained("simclr, 3 epochs", seed, steps)
    encoder = method if arm == "features" else Projected(method)
    return tested(arm, encoder, "linear", seed)


def probed_by_knn(arm: str, seed: int, steps: int = 0) -> float:
    return tested(arm, trained(arm, seed, steps), "knn", seed)


def few_steps_knn(arm: str) -> float:
    return probed_by_knn(arm, 99, 5)


def few_steps_where(arm: str) -> float:
    return where_probed(arm, 99, 5)


KNN = "kNN-20 test accuracy on scenes, from 0 to 1"
CLAIMS = (
    Claim(
        row="scenes_reference",
        sentence="What SimCLR and supervision reach on scenes in few epochs.",
        tag="figure",
        arms=("simclr, 3 epochs", "simclr, 9 epochs", "supervised, 6 epochs"),
        metric=KNN,
        arm=probed_by_knn,
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
        metric="linear probe, test accuracy on scenes, from 0 to 1",
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
        arm=probed_by_knn,
        floors=floors,
        probe=few_steps_knn,
        uses=USES,
        minutes=8,
        note="Failed. Here a class is one cut-out, and its colours help to name it; the third arm, "
        "without grey views, lies in between. So what colour changes take away, the readout "
        "misses. The paper's gain is on photographs, where a histogram of colours tells which "
        "two crops are of one picture.",
    ),
    Claim(
        row="R040",
        name="batch",
        sentence="At equal epochs SimCLR gains from a larger batch.",
        tag="C",
        arms=("batch 512", "batch 64"),
        metric=KNN,
        margin=0.01,
        arm=probed_by_knn,
        floors=floors,
        probe=few_steps_knn,
        uses=USES,
        minutes=10,
    ),
)
