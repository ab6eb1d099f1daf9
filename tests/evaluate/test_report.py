"""The report: train fits, val chooses, test is looked at once, floors stand beside."""

import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.data import SPLITS, Dataset
from course_lib.evaluate import RawPixels, Score, report, table
from course_lib.evaluate.report import Case, select_and_test
from course_lib.nets import build


def split(name: str, n: int) -> Dataset:
    """4 classes by the brightest quarter, with noise."""
    generator = torch.Generator().manual_seed(SPLITS.index(name))
    label = torch.arange(n) % 4
    image = torch.randint(0, 200, (n, 1, 32, 32), generator=generator, dtype=torch.uint8)
    for row, c in enumerate(label.tolist()):
        image[row, :, 16 * (c // 2) :, 16 * (c % 2) :][:, :16, :16] += 20
    columns = {"image": image, "label": label, "index": torch.arange(n)}
    return Dataset("toy", name, {}, columns, ("a", "b", "c", "d"))


SETS = {"train": split("train", 200), "val": split("val", 80), "test": split("test", 60)}


def mean_of_quarters(x: torch.Tensor) -> torch.Tensor:
    """A perfect encoder of the toy."""
    return torch.nn.functional.avg_pool2d(x - x.mean(dim=(2, 3), keepdim=True), 16).flatten(1)


def test_a_good_encoder_is_told_from_its_floors():
    scores = report({"good": mean_of_quarters}, SETS, ("knn", "linear"))
    found = {(score.encoder, score.readout): score.test for score in scores}
    assert found["chance", "knn"] == found["chance", "linear"] == 0.25
    assert found["good", "knn"] == found["good", "linear"] == 1.0
    assert {name for name, _ in found} == {"chance", "raw pixels", "random net", "good"}
    assert ("raw pixels", "linear") not in found


@pytest.mark.slow
def test_finetuning_reports_too():
    torch.manual_seed(0)
    net = build("convnet", width=8, in_channels=1)
    scores = report({"net": net}, SETS, ("linear", "finetune"), floors=False)
    assert [score.readout for score in scores] == ["linear", "finetune"]
    assert scores[1].chosen.startswith("lr=")
    assert scores[1].test >= 0.25


def test_choosing_on_test_is_refused():
    with pytest.raises(CourseError, match="chosen on val, never on test"):
        report({"good": mean_of_quarters}, SETS, select="test")


def test_val_chooses_and_test_is_asked_once(monkeypatch):
    asked = []

    def predictors(case):
        def make(name, right):
            def predict(split):
                asked.append((name, split))
                label = case.sets[split].label
                return label if split in right else (label + 1) % 4

            return predict

        return {"good on test": make("a", ["test"]), "good on val": make("b", ["val"])}

    monkeypatch.setitem(report.__globals__["READOUTS"], "knn", predictors)
    score = select_and_test("x", "knn", Case(mean_of_quarters, SETS, torch.arange(200), 0))
    assert score == Score("x", "knn", 0.0, 1.0, "good on val")
    assert asked == [("a", "val"), ("b", "val"), ("b", "test")]


def test_few_labels_use_only_their_rows():
    case_rows = []

    def spy(x):
        case_rows.append(len(x))
        return mean_of_quarters(x)

    scores = report({"good": spy}, SETS, ("knn",), per_class=2, floors=False)
    assert case_rows == [8, 80, 60]
    assert scores[0].chosen == "k=8"


def test_unknown_readout_is_refused():
    with pytest.raises(CourseError, match="did you mean 'linear'"):
        report({}, SETS, ("linaer",))


def test_table_shows_every_score():
    text = table([Score("a", "knn", 0.5, 0.4, ""), Score("bb", "linear", 0.25, 0.2, "")])
    assert [line.split() for line in text.splitlines()[:3]] == [
        ["knn", "linear"],
        ["a", "50.0"],
        ["bb", "25.0"],
    ]


def test_raw_pixels_are_probed_when_asked_for():
    (score,) = report({"raw pixels": RawPixels()}, SETS, ("linear",), floors=False)
    assert (score.encoder, score.readout) == ("raw pixels", "linear")
