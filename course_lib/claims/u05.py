"""Unit 5: clustering, on scenes."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F

from course_lib.claims.claim import Claim, Values
from course_lib.claims.scenes import (
    BASE,
    LINEAR,
    PROBE_SEED,
    PROBE_STEPS,
    by_knn,
    by_linear,
    copied,
    linear_floors,
    scenes,
    trained,
)
from course_lib.core.randomness import Rng
from course_lib.methods import Method, Time
from course_lib.methods.clustering.sinkhorn import entropy
from course_lib.train.batches import Batches

USES = (*BASE, "convnet", "simclr", "deepcluster", "swav")
TWO = "swav local.views=0"
SETTINGS: Mapping[str, str] = {
    "trained": "deepcluster",
    "with both": "deepcluster",
    "with neither": "deepcluster reassign=false uniform=false",
    "sinkhorn": TWO,
    "softmax": f"{TWO} codes=softmax",
    "swav": f"{TWO} batch=64 queue=1024",
    "simclr": "simclr batch=64",
    "2 + 4 crops, 2 epochs": "swav epochs=2",
    "2 crops, 3 epochs": TWO,
    "2 + 4 crops, 3 epochs": "swav",
}
CPU = torch.device("cpu")


def linear_of(arm: str, seed: int) -> float:
    return by_linear(SETTINGS[arm], seed)


def few_steps_knn(arm: str) -> float:
    return by_knn(SETTINGS[arm], PROBE_SEED, PROBE_STEPS)


def clustered(arm: str, seed: int, steps: int = 0) -> Method:
    """A net and its clusters of train: trained, or as it was before its first step."""
    few = steps if arm == "trained" else 1
    method = copied(SETTINGS["trained"], seed, few)
    if arm == "trained":  # a run of one step keeps the clusters of the untrained net
        method.refresh(Batches(scenes()["train"], 256, seed, CPU), Time(0, 1, 0.0))
    return method


def agreement(arm: str, seed: int, steps: int = 0) -> float:
    """Normalised mutual information of clusters and classes on train."""
    from sklearn.metrics import normalized_mutual_info_score

    method = clustered(arm, seed, steps)
    return float(normalized_mutual_info_score(scenes()["train"].label, method.labels))


def few_steps_agreement(arm: str) -> float:
    return agreement(arm, PROBE_SEED, PROBE_STEPS)


def largest(arm: str, seed: int, steps: int = 0) -> float:
    """The share of all samples in the largest cluster of the last epoch."""
    sizes = trained(SETTINGS[arm], seed, steps).sizes
    return (sizes.max() / sizes.sum()).item()


def few_steps_largest(arm: str) -> float:
    return largest(arm, PROBE_SEED, PROBE_STEPS)


def times(values: Values, margin: float) -> bool:
    """The first arm is more than `margin` times the second, in every seed."""
    first, second = list(values.values())[:2]
    return all(a > margin * b for a, b in zip(first, second, strict=True))


def scores(words: str, seed: int, steps: int) -> tuple[Method, torch.Tensor]:
    """A SwAV net and the scores of two views of 1,024 test images, (2, 1024, K)."""
    method = trained(words, seed, steps)
    batch = scenes()["test"].batch(slice(0, 1024))
    images = method.views(batch, Rng(seed, 0, batch["index"]))["image"]
    method.eval()
    with torch.no_grad():
        z = F.normalize(method.projector(method.encoder(images.flatten(0, 1))), dim=1)
        return method, (z @ method.prototypes.T).unflatten(0, (2, -1))


def mean_code(arm: str, seed: int, steps: int = 0) -> float:
    """Entropy of the mean code, as a share of log K."""
    method, found = scores(SETTINGS[arm], seed, steps)
    return entropy(method.codes(found).mean(dim=(0, 1))).item()


def few_steps_mean_code(arm: str) -> float:
    return mean_code(arm, PROBE_SEED, PROBE_STEPS)


def spread_and_fallen(values: Values, margin: float) -> bool:
    """In every seed the first arm reaches the margin, and the second stays below 0.3."""
    first, second = values.values()
    return min(first) >= margin and max(second) < 0.3


def prototypes_used(arm: str, seed: int, steps: int = 0) -> float:
    """Share of prototypes that are the nearest of some of 2,048 views."""
    method, found = scores(SETTINGS[arm], seed, steps)
    return len(found.argmax(dim=-1).unique()) / found.shape[-1]


def few_steps_used(arm: str) -> float:
    return prototypes_used(arm, PROBE_SEED, PROBE_STEPS)


def reached(values: Values, margin: float) -> bool:
    """The first arm reaches the margin in every seed."""
    return min(next(iter(values.values()))) >= margin


CLAIMS = (
    Claim(
        row="R046",
        name="agreement",
        sentence="Training on clusters makes clusters that agree more with classes.",
        tag="Q",
        arms=("trained", "untrained"),
        metric="normalised mutual information of 192 clusters and 64 classes, train of scenes",
        margin=0.05,
        arm=agreement,
        probe=few_steps_agreement,
        uses=USES,
        minutes=8,
    ),
    Claim(
        row="R046",
        name="collapse",
        sentence="Without refilling empty clusters and showing each cluster equally often, the "
        "largest cluster grows more than threefold.",
        tag="Q",
        arms=("with neither", "with both"),
        metric="share of all samples in the largest cluster of the last epoch, train of scenes",
        margin=3.0,
        arm=largest,
        verdict=times,
        probe=few_steps_largest,
        uses=USES,
        minutes=8,
        note="Failed: nothing collapsed, the largest cluster holds at most about twice "
        "an even share in both arms. Collapse feeds on itself, and 3 epochs may be too few for it.",
    ),
    Claim(
        row="R048",
        name="codes",
        sentence="Plain sharpened codes fall onto few prototypes; Sinkhorn keeps them spread.",
        tag="Q",
        arms=("sinkhorn", "softmax"),
        metric="entropy of the mean code over log K, 2,048 views of test images of scenes",
        margin=0.9,
        arm=mean_code,
        verdict=spread_and_fallen,
        probe=few_steps_mean_code,
        uses=USES,
        minutes=8,
        note="That Sinkhorn's codes are spread over the images that they are made for is so by "
        "construction; R048-used asks the scores themselves.",
    ),
    Claim(
        row="R048",
        name="batch64",
        sentence="With batches of 64, SwAV is no worse than SimCLR.",
        tag="R",
        arms=("swav", "simclr"),
        metric=LINEAR,
        margin=0.0,
        arm=linear_of,
        floors=linear_floors,
        probe=few_steps_knn,
        uses=USES,
        minutes=10,
        note="Most of the gap is the queue's: in the table of all methods SwAV is nearer without.",
    ),
    Claim(
        row="R048",
        name="used",
        sentence="With Sinkhorn codes at least 80 % of the prototypes are in use.",
        tag="Q",
        arms=("sinkhorn", "softmax"),
        metric="share of prototypes nearest to some of 2,048 views of test images of scenes",
        margin=0.8,
        arm=prototypes_used,
        verdict=reached,
        probe=few_steps_used,
        uses=USES,
        minutes=6,
    ),
    Claim(
        row="R049",
        sentence="At equal pixels, four small crops beside two large ones help.",
        tag="Q",
        arms=("2 + 4 crops, 2 epochs", "2 crops, 3 epochs", "2 + 4 crops, 3 epochs"),
        metric=LINEAR,
        margin=0.01,
        arm=linear_of,
        floors=linear_floors,
        probe=few_steps_knn,
        uses=USES,
        minutes=12,
        note="Failed, at equal pixels (2 epochs cost 3 without) and at equal steps (third arm).",
    ),
)
