"""Unit 2: CutMix and Feature CutMix. Error, honest labels, where a net looks, what a box holds."""

from collections.abc import Mapping
from functools import cache

import torch

from course_lib.claims.claim import Claim, Values
from course_lib.claims.scenes import recipe
from course_lib.claims.u01_runs import PLAIN, PROBE_SEED, PROBE_STEPS, loaded, trained
from course_lib.claims.u02_order import NET, SETTINGS, USES, few_steps_measured, floors, measured
from course_lib.core.randomness import Rng
from course_lib.data import Dataset, load
from course_lib.evaluate.cam import localisation
from course_lib.methods import Time
from course_lib.methods.supervised.cutmix import box, inside
from course_lib.nets import stages
from course_lib.train import create

ON_SCENES = f"{NET} data=scenes epochs=6 {PLAIN}"
SEEN, LOCALISED = 10_000, 1000  # scenes to train on, and scenes with masks
LOCAL: Mapping[str, str] = {
    "CutMix": f"cutmix {ON_SCENES} probability=0.5",
    "Mixup": f"mixup {ON_SCENES}",
    "baseline": f"supervised {ON_SCENES}",
}


def lower(values: Values, margin: float) -> bool:
    """The first arm lies below the second, by more than the margin in the mean, and at all in two
    of three seeds."""
    first, second = list(values.values())[:2]
    gaps = [b - a for a, b in zip(first, second, strict=True)]
    return sum(gaps) / len(gaps) > margin and 3 * sum(gap > 0 for gap in gaps) >= 2 * len(gaps)


@cache
def annotated(images: int) -> dict[str, Dataset]:
    """The first scenes of val and test, with the masks of their objects."""
    return {s: load("scenes", s, n=images, annotate=True) for s in ("val", "test")}


def located(arm: str, seed: int, steps: int = 0, images: int = LOCALISED) -> float:
    return localisation(trained(LOCAL[arm], seed, steps, SEEN), annotated(images))


def few_steps_located(arm: str) -> float:
    return located(arm, PROBE_SEED, PROBE_STEPS, 64)


def everywhere() -> dict[str, float]:
    """The overlap of a map that says "here" of the whole image, and that of an untrained net."""
    data = annotated(LOCALISED)
    untrained = create(recipe(LOCAL["baseline"], 0), data["test"])
    covered = (data["test"].columns["mask"] > 0).double().mean(dim=(1, 2))
    return {
        "the whole image": covered.mean().item(),
        "untrained net": localisation(untrained, data),
    }


@torch.no_grad()
def strayed(arm: str, seed: int) -> float:
    """The largest difference that should be none, over stages 0 to 3 of an untrained net."""
    train = loaded("clutter", "train")
    data = train.batch(slice(0, 64))
    method, same = (
        create(recipe(SETTINGS[name], seed), train).eval() for name in ("Feature CutMix", "CutMix")
    )
    views = method.views(data, Rng(seed, 0, data["index"]))
    if arm == "stage 0, against CutMix":
        first, t = views | {"layer": torch.tensor([0])}, Time(0, 1, 0)
        return (method(first, t).loss - same(first, t).loss).abs().item()
    worst = 0.0
    for layer in method.recipe.layers:
        maps = stages.upto(method.encoder, views["image"][0], layer)
        mixed, _ = method.mix(maps, views)
        pasted = inside(box(views["lam"], views["place"], *maps.shape[2:]), *maps.shape[2:])
        source, where = (maps, ~pasted) if "against A" in arm else (maps[views["partner"]], pasted)
        worst = max(worst, ((mixed - source).abs() * where).max().item())
    return worst


def none_strayed(values: Values, margin: float) -> bool:
    """Every value is at most the margin."""
    return all(value <= margin for found in values.values() for value in found)


def few_strayed(arm: str) -> float:
    return strayed(arm, PROBE_SEED)


def in_order(values: Values, margin: float) -> bool:
    """Means fall from the first arm to the last, each to the margin."""
    means = [sum(found) / len(found) for found in values.values()]
    return all(a >= b - margin for a, b in zip(means, means[1:], strict=False))


NOTE = "The nets of augmentation_order: 5,000 training images, 12 epochs. "
CLAIMS = (
    Claim(
        row="R020",
        name="error",
        sentence="CutMix's error on new images is below that of the same training without it.",
        tag="C",
        arms=("CutMix, accuracy", "baseline, accuracy"),
        metric="test accuracy on clutter, from 0 to 1",
        margin=0.0,
        arm=measured,
        floors=floors,
        probe=few_steps_measured,
        uses=USES,
        minutes=6,
        note=NOTE + "Half of the images are mixed. The margin is the one that was proposed before "
        "any run. Nothing was chosen on test.",
    ),
    Claim(
        row="R020",
        name="calibration",
        sentence="With the label's weight counted after clipping CutMix's net is better calibrated "
        "than with the weight that was drawn.",
        tag="Q",
        arms=("CutMix, calibration error", "CutMix uncorrected, calibration error"),
        metric="calibration error of 15 bins on clutter's test set, from 0 to 1",
        margin=0.0,
        arm=measured,
        verdict=lower,
        probe=few_steps_measured,
        uses=USES,
        minutes=6,
        note=NOTE + "Only the weight differs: partners, boxes and images are the same.",
    ),
    Claim(
        row="R020",
        name="cam",
        sentence="The activation map of CutMix's net covers the object at least as well as that of "
        "Mixup's.",
        tag="Q",
        arms=("CutMix", "Mixup", "baseline"),
        metric="intersection over union of activation map and object's mask, mean over 1,000 test "
        "scenes, the map's threshold chosen on val",
        margin=0.0,
        arm=located,
        floors=everywhere,
        probe=few_steps_located,
        uses=("scenes", "resnet", "convnet", "supervised", "cutmix", "mixup"),
        minutes=12,
        note="10,000 training scenes, 6 epochs. Maps of the right class, 5 x 5 places enlarged to "
        "40 x 40 pixels. CutMix mixes half of the images and Mixup all, as their papers do on "
        "small images. The baseline is beside them for comparison and decides nothing.",
    ),
    Claim(
        row="R021",
        name="places",
        sentence="Where Feature CutMix mixes, every place is one sample's alone, and on images it "
        "is CutMix.",
        tag="I",
        arms=("kept places, against A", "pasted places, against B", "stage 0, against CutMix"),
        metric="largest absolute difference of maps or losses",
        margin=1e-6,
        arm=strayed,
        verdict=none_strayed,
        probe=few_strayed,
        uses=USES,
        minutes=1,
        note="An untrained net and 64 images, stages 0 to 3. Behind the stage at which it mixes, "
        "layers look across the seam.",
    ),
    Claim(
        row="R021",
        name="between",
        sentence="Feature CutMix's error lies between CutMix's and that of no mixing.",
        tag="R",
        arms=("CutMix, accuracy", "Feature CutMix, accuracy", "baseline, accuracy"),
        metric="test accuracy on clutter, from 0 to 1",
        margin=0.0,
        arm=measured,
        verdict=in_order,
        floors=floors,
        probe=few_steps_measured,
        uses=USES,
        minutes=9,
        note=NOTE + "R021-places is what the row names to fall back on.",
    ),
)
