"""The one function that lessons and claims report through: fit on train, choose on val, then test.

from course_lib.evaluate import report, table
print(table(report({"simclr": method}, "scenes", ("knn", "linear"))))
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from course_lib.core.errors import CourseError, nearest
from course_lib.data import SPLITS, Dataset, load
from course_lib.evaluate.baselines import RawPixels, majority, random_encoder
from course_lib.evaluate.features import Encoder, extract, module_of
from course_lib.evaluate.finetune import finetune, predict
from course_lib.evaluate.knn import knn
from course_lib.evaluate.linear import STRENGTHS, Probe, fit
from course_lib.evaluate.lowshot import subset

NEIGHBOURS = (20,)
RATES = (1e-3, 3e-4)
Predict = Callable[[str], Tensor]  # split → predicted classes, int64 (N,)


@dataclass(frozen=True)
class Score:
    """Accuracies in [0, 1]; `chosen` is the setting that was best on val."""

    encoder: str
    readout: str
    test: float
    val: float
    chosen: str


@dataclass
class Case:
    """An encoder on one data set; features are extracted once a split, and test comes last."""

    encoder: Encoder
    sets: Mapping[str, Dataset]
    rows: Tensor  # of train that have labels
    seed: int
    cache: dict[str, Tensor] = field(default_factory=dict)

    def features(self, split: str) -> Tensor:
        if split not in self.cache:
            image = self.sets[split].image
            self.cache[split] = extract(
                self.encoder, image[self.rows] if split == "train" else image
            )
        return self.cache[split]

    @property
    def labels(self) -> Tensor:
        return self.sets["train"].label[self.rows]


def by_knn(case: Case) -> dict[str, Predict]:
    """kNN; a bank smaller than k votes as a whole."""

    def voter(k: int) -> Predict:
        return lambda split: knn(case.features("train"), case.labels, case.features(split), k)

    return {f"k={k}": voter(k) for k in sorted({min(k, len(case.rows)) for k in NEIGHBOURS})}


def by_linear(case: Case) -> dict[str, Predict]:
    """The linear probe at each strength."""
    probes = fit(case.features("train"), case.labels, len(case.sets["train"].classes), STRENGTHS)

    def reader(probe: Probe) -> Predict:
        return lambda split: probe.logits(case.features(split)).argmax(dim=1)

    return {f"l2={probe.l2:g}": reader(probe) for probe in probes}


def by_finetune(case: Case) -> dict[str, Predict]:
    """Fine-tuning at each learning rate, from the linear probe that is best on val."""
    probes = by_linear(case)
    best = max(probes, key=lambda name: accuracy(probes[name]("val"), case.sets["val"].label))
    strength = float(best.removeprefix("l2="))
    classes = len(case.sets["train"].classes)
    probe = fit(case.features("train"), case.labels, classes, (strength,))[0]
    module, images = module_of(case.encoder), case.sets["train"].image[case.rows]

    def trained(lr: float) -> Predict:
        tuned = finetune(module, probe, images, case.labels, lr=lr, seed=case.seed)
        return lambda split: predict(tuned, case.sets[split].image)

    return {f"lr={lr:g}": trained(lr) for lr in RATES}


READOUTS = {"knn": by_knn, "linear": by_linear, "finetune": by_finetune}


def report(
    encoders: Mapping[str, Encoder],
    data: str | Mapping[str, Dataset],
    readouts: Sequence[str] = ("knn", "linear"),
    *,
    options: Mapping[str, object] | None = None,
    select: str = "val",
    per_class: int | None = None,
    floors: bool = True,
    seed: int = 0,
    say: Callable[[str], None] | None = None,
) -> list[Score]:
    """Test accuracy of every encoder by every readout, each setting chosen on val.

    encoders: name → encoder as in `extract`. data: a set's name with its `options`, or the three
    splits themselves. per_class: use only so many labelled training images a class. floors: add
    chance, raw pixels (by kNN only: a probe of so many numbers is slow) and a random convnet. seed:
    of the subset, the random net and the fine-tuning. Raises CourseError for an unknown readout,
    and for `select="test"`.
    """
    refuse_misuse(readouts, select)
    if isinstance(data, str):
        data = {split: load(data, split, **(options or {})) for split in SPLITS}
    train = data["train"]
    rows = torch.arange(len(train)) if per_class is None else subset(train.label, per_class, seed)
    scores = floor_of_chance(data, readouts) if floors else []
    if floors:
        untrained = random_encoder(train.image, seed)
        encoders = {"raw pixels": RawPixels(), "random net": untrained, **encoders}
    for name, encoder in encoders.items():
        case = Case(encoder, data, rows, seed)
        for readout in readouts:
            if floors and name == "raw pixels" and readout != "knn":
                continue
            if say:
                say(f"{name}, {readout}")
            scores.append(select_and_test(name, readout, case))
    return scores


def refuse_misuse(readouts: Sequence[str], select: str) -> None:
    """CourseError for choosing on anything but val, and for an unknown readout."""
    if select != "val":
        raise CourseError(
            f"Settings are chosen on val, never on {select}: a number that was used to choose no "
            "longer says how the choice does on new images. Leave `select` out."
        )
    for readout in readouts:
        if readout not in READOUTS:
            raise CourseError(f"There is no readout {readout!r}: {nearest(readout, READOUTS)}")


def select_and_test(name: str, readout: str, case: Case) -> Score:
    """Fits every setting on train, picks the best on val (the first of equals), tests that one."""
    predictors = READOUTS[readout](case)
    val = {s: accuracy(p("val"), case.sets["val"].label) for s, p in predictors.items()}
    best = max(val, key=lambda setting: val[setting])
    test = accuracy(predictors[best]("test"), case.sets["test"].label)
    return Score(name, readout, test, val[best], best)


def floor_of_chance(data: Mapping[str, Dataset], readouts: Sequence[str]) -> list[Score]:
    """Always the most frequent class of train, the same whatever the readout."""
    label = {split: data[split].label for split in SPLITS}
    test, val = (majority(label["train"], label[split]) for split in ("test", "val"))
    return [Score("chance", readout, test, val, "majority") for readout in readouts]


def accuracy(predicted: Tensor, labels: Tensor) -> float:
    """Share of right answers."""
    return predicted.eq(labels).double().mean().item()


def table(scores: Sequence[Score]) -> str:
    """Scores as text: a row an encoder, a column a readout, test accuracy in percent."""
    readouts = list(dict.fromkeys(score.readout for score in scores))
    names = list(dict.fromkeys(score.encoder for score in scores))
    found = {(score.encoder, score.readout): f"{100 * score.test:.1f}" for score in scores}
    wide = max(map(len, names))
    lines = [" " * wide + "".join(f"{readout:>10}" for readout in readouts)]
    for name in names:
        lines.append(
            f"{name:<{wide}}" + "".join(f"{found.get((name, r), ''):>10}" for r in readouts)
        )
    return "\n".join([*lines, "test accuracy in %; settings chosen on val"])
