"""Label noise: how much, which, and that it is the same in every run."""

from dataclasses import replace

import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.data.label_noise import with_label_noise
from tests.tiny import tiny_data

SAMPLES = 20_000


def plain():
    """20,000 samples of four classes; the pictures do not matter."""
    index = torch.arange(SAMPLES)
    columns = {"image": torch.zeros(SAMPLES, 1, 2, 2, dtype=torch.uint8), "index": index}
    return replace(tiny_data(8), columns=columns | {"label": index % 4})


def test_share_of_wrong_labels():
    """40 % are drawn, of which a quarter get their own class again; five standard deviations."""
    data = with_label_noise(plain(), 0.4)
    wrong = data.label.ne(data.columns["clean"])
    assert wrong.double().mean().item() == pytest.approx(0.3, abs=5 * (0.3 * 0.7 / SAMPLES) ** 0.5)
    counts = data.label[wrong].bincount().double() / wrong.sum()
    assert (counts - 0.25).abs().max() < 0.03


def test_true_labels_and_images_stay():
    data, noisy = plain(), with_label_noise(plain(), 0.4)
    assert torch.equal(noisy.columns["clean"], data.label)
    assert torch.equal(noisy.image, data.image) and torch.equal(noisy.index, data.index)
    assert noisy.spec == {"label_noise": 0.4, "label_noise_seed": 0}


def test_a_label_depends_on_seed_and_index_alone():
    noisy, again = with_label_noise(plain(), 0.4, seed=5), with_label_noise(plain(), 0.4, seed=5)
    assert torch.equal(noisy.label, again.label)
    assert not torch.equal(noisy.label, with_label_noise(plain(), 0.4, seed=6).label)
    rows = torch.tensor([7, 3, 19_999])
    part = replace(plain(), columns=plain().batch(rows))
    assert torch.equal(with_label_noise(part, 0.4, seed=5).label, noisy.label[rows])


def test_more_noise_keeps_what_less_replaced():
    data = plain()
    little, much = (with_label_noise(data, share).label for share in (0.2, 0.6))
    replaced = little.ne(data.label)
    assert torch.equal(little[replaced], much[replaced])


def test_none_and_all():
    data = plain()
    assert torch.equal(with_label_noise(data, 0).label, data.label)
    all_new = with_label_noise(data, 1).label
    assert all_new.eq(data.label).double().mean().item() == pytest.approx(0.25, abs=0.016)


def test_other_splits_and_shares_are_refused():
    with pytest.raises(CourseError, match="put noise on train only"):
        with_label_noise(replace(plain(), split="val"), 0.4)
    with pytest.raises(CourseError, match="lies from 0 to 1, not at 40"):
        with_label_noise(plain(), 40)
