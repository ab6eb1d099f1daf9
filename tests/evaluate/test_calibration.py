"""Calibration: against loops, for answers that know how sure they may be, and for a braggart."""

import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.evaluate.calibration import confidence, reliability


def case(n: int = 400) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(n, 5, generator=generator)
    label = torch.multinomial(logits.softmax(1), 1, generator=generator)[:, 0]
    return logits, label  # labels drawn from what is said: calibrated but for chance


def by_loops(logits, labels, bins):
    total = 0.0
    for b in range(bins):
        inside = []
        for row, label in zip(logits.double().softmax(1).tolist(), labels.tolist(), strict=True):
            sure = max(row)
            if b / bins < sure <= (b + 1) / bins:
                inside.append((sure, row.index(sure) == label))
        if inside:
            right = sum(r for _, r in inside) / len(inside)
            said = sum(s for s, _ in inside) / len(inside)
            total += len(inside) / len(labels) * abs(right - said)
    return total


@pytest.mark.parametrize("bins", [1, 7, 15])
def test_error_is_the_formula(bins):
    logits, label = case()
    found = reliability(logits, label, bins)
    assert found.error == pytest.approx(by_loops(logits, label, bins), abs=1e-12)
    assert found.count.sum() == len(label)


def test_one_bin_compares_the_means():
    logits, label = case()
    accuracy = (logits.argmax(1) == label).double().mean().item()
    assert reliability(logits, label, 1).error == pytest.approx(abs(accuracy - confidence(logits)))


def test_a_braggart_has_a_larger_error_and_the_same_accuracy():
    logits, label = case(4000)
    honest, loud = reliability(logits, label).error, reliability(10 * logits, label).error
    assert honest < 0.05 < 0.3 < loud
    assert confidence(10 * logits) > confidence(logits)


def test_sure_and_right_has_no_error_and_sure_and_wrong_has_one():
    logits = torch.tensor([[1e4, 0.0], [0.0, 1e4]])
    assert reliability(logits, torch.tensor([0, 1])).error == 0
    assert reliability(logits, torch.tensor([1, 0])).error == 1
    last = reliability(logits, torch.tensor([0, 0]))
    assert last.count.tolist() == [0] * 14 + [2]
    assert last.accuracy[-1] == 0.5 and last.accuracy[:-1].isnan().all()
    assert last.error == 0.5


@pytest.mark.parametrize(("n", "bins"), [(3, 15), (0, 15), (4, 0)])
def test_what_makes_no_sense_is_refused(n, bins):
    with pytest.raises(CourseError, match="a label for each answer"):
        reliability(torch.zeros(4 if n else 0, 2), torch.zeros(n, dtype=torch.int64), bins)


def test_the_upper_end_belongs_to_a_bin():
    assert reliability(torch.zeros(3, 2), torch.zeros(3, dtype=torch.int64), 2).count.tolist() == [
        3,
        0,
    ]
