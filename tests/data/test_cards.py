"""Data cards: counts that match the data, splits that share nothing, long tails, traces."""

import pytest
import torch

from course_lib import data
from course_lib.core.errors import CourseError
from course_lib.data import cards, longtail, traces
from course_lib.data.dataset import Dataset
from course_lib.methods.supervised.losses import classification_loss
from course_lib.train import create, recipe_from
from tests.tiny import tiny_data

OWN = ("fashion", "clutter", "stamps", "photos", "emoji", "scenes", "cues")
GENERATED = ("clutter", "scenes", "cues")
HEAVY = [pytest.param(name, marks=pytest.mark.slow) for name in ("fashion", *GENERATED)]


def test_every_set_of_the_course_has_a_card_and_only_they_are_its_own():
    assert {one.name for one in cards.cards() if one.own} == set(OWN) == set(data.DATASETS)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["stamps", "photos", "emoji", *HEAVY])
def test_counts_are_those_of_the_data(name):
    one = cards.card(name)
    for split in data.SPLITS:
        part = data.load(name, split)
        assert len(part) == one.splits[split]
        assert len(part.classes) == one.classes
        assert cards.histogram(part).sum() == len(part)
        assert cards.histogram(part).tolist() == [
            int((part.label == c).sum()) for c in range(one.classes)
        ]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["stamps", "photos", "emoji", *HEAVY])
def test_train_and_test_share_no_image(name):
    parts = {split: data.load(name, split) for split in data.SPLITS}
    assert cards.shared(parts["test"], parts["train"]) == 0
    assert cards.shared(parts["val"], parts["train"]) == 0
    assert cards.shared(parts["test"], parts["val"]) == 0


def test_a_shared_image_is_seen():
    part = tiny_data(16)
    again = Dataset("tiny", "test", {}, part.batch(torch.tensor([3, 5, 3])), part.classes)
    assert cards.shared(again, part) == 3
    assert cards.shared(part, again) == 2
    changed = dict(again.columns) | {"image": again.image.clone()}
    changed["image"][0, 0, 0, 0] ^= 1
    assert cards.shared(Dataset("tiny", "test", {}, changed, part.classes), part) == 2


def test_numbers_that_are_often_confused():
    small, large = cards.card("imagenet-1k"), cards.card("imagenet-21k")
    assert (small.splits["train"], small.classes) == (1_281_167, 1_000)
    assert (large.total, large.classes) == (14_197_122, 21_841)
    assert cards.card("open-images").total == 9_178_275
    assert cards.card("kinetics-400").total == 306_245
    assert cards.card("something-something-v2").total == 220_847
    assert cards.card("epic-kitchens-100").total == 89_977


def test_cards_are_complete_and_their_names_differ():
    every = cards.cards()
    assert len({one.name for one in every}) == len(every) >= 20
    for one in every:
        assert one.splits and min(one.splits.values()) > 0 and one.labels and one.classes >= 0
        for words in (one.title, one.metric, one.source, one.confusion):
            assert words.strip() == words != ""


def test_table_has_a_row_a_set_with_its_numbers():
    lines = cards.table().splitlines()
    assert len(lines) == 2 + len(cards.cards())
    assert len({line.count("|") for line in lines}) == 1
    (row,) = [line for line in lines if "ImageNet-1K (ILSVRC" in line]
    assert "| 1,281,167 | 50,000 | 100,000 | 1,000 | single |" in row
    (row,) = [line for line in lines if "ImageNet-21K (all" in line]
    assert "| 14,197,122 in all |  |  | 21,841 |" in row
    assert len(cards.table([cards.card("scenes")]).splitlines()) == 3


def test_a_wrong_name_and_a_wrong_kind_of_label_are_one_sentence():
    with pytest.raises(CourseError, match="did you mean 'imagenet-1k'"):
        cards.card("imagenet1k")
    with pytest.raises(CourseError, match="cards.toml, x: no kind of label 'singel'"):
        cards.read({"name": "x", "labels": ["singel"]})


def test_without_the_file_one_sentence_says_where_it_belongs(tmp_path, monkeypatch):
    monkeypatch.setattr(cards, "packs", lambda: [tmp_path])
    cards.cards.cache_clear()
    with pytest.raises(CourseError, match="COURSE_DATA"):
        cards.cards()
    monkeypatch.undo()
    cards.cards.cache_clear()
    assert cards.cards()


@pytest.mark.parametrize("name", ["voc-2007", "imagenet-1k"])
def test_the_flag_of_a_card_drives_the_loss(name):
    """A set with several classes an image is learnt with all of them, another with its one."""
    part = tiny_data(8)
    both = torch.stack([part.label, (part.label + 1) % 4], dim=1)
    words = {"multi": cards.card(name).multi, "width": 8, "data": "scenes"}
    recipe = recipe_from("supervised", words)
    method = create(recipe, part)
    x = part.image[None].float() / 255
    output = method({"image": x, "label": part.label, "object": both}, None)
    logits = method.head(method.encoder(x[0]))
    wanted = both if name == "voc-2007" else part.label
    assert torch.allclose(output.loss, classification_loss(logits, wanted, "softmax"), rtol=1e-5)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.93])
@pytest.mark.parametrize("classes", [10, 64, 1000])
def test_the_exponent_gives_the_share_that_was_asked_for(share, classes):
    found = longtail.frequencies(classes, longtail.exponent(share, classes))
    assert found.sum().item() == pytest.approx(1)
    assert found[: longtail.head(classes)].sum().item() == pytest.approx(share, abs=1e-9)
    assert torch.equal(found, found.sort(descending=True).values)


def test_a_share_below_the_balanced_one_is_refused():
    with pytest.raises(CourseError, match="6 of 64 classes"):
        longtail.exponent(0.05, 64)


@pytest.mark.parametrize("n", [1, 7, 100, 12345])
def test_counts_add_up_and_are_within_one_of_the_law(n):
    found = longtail.counts(64, 1.3, n)
    assert found.sum() == n
    assert (found - n * longtail.frequencies(64, 1.3)).abs().max() < 1


def test_a_long_tail_has_the_curve_the_images_and_the_words_of_its_set():
    part = tiny_data(400)
    words = [f"image {i}" for i in range(400)]
    named = Dataset("tiny", "train", {}, part.columns, part.classes, {"caption": words})
    tail = longtail.long_tail(named, alpha=1.0, seed=1)
    assert tail.label.bincount().tolist() == longtail.counts(4, 1.0, len(tail)).tolist()
    assert tail.label.bincount()[0] == 100  # as large as the first class allows
    assert torch.equal(tail.image, part.image[tail.index])
    assert tail.text["caption"] == [f"image {i}" for i in tail.index.tolist()]
    other = longtail.long_tail(named, alpha=1.0, seed=2)
    assert set(other.index.tolist()) != set(tail.index.tolist())
    assert torch.equal(other.label.bincount(), tail.label.bincount())
    with pytest.raises(CourseError, match="long tail of 1 to"):
        longtail.long_tail(named, alpha=1.0, n=300)


def test_head_share_counts_the_most_frequent_classes():
    label = torch.tensor([3] * 90 + [0, 1, 2, 4, 5, 6, 7, 8, 9, 9])
    assert longtail.head_share(label, 10) == pytest.approx(0.9)


@pytest.fixture(scope="module")
def several():
    return data.load("scenes", "val", n=400, annotate=True, objects=(1, 4), size=64)


@pytest.mark.slow
def test_a_trace_points_at_what_the_caption_names(several):
    """In at least 90 % of the captions the points of every object seen lie mostly in its box."""
    points, box = traces.trace(several), several.columns["box"]
    seen = box[..., 0] >= 0
    assert torch.equal(points.isnan().any(-1).any(-1), ~seen)
    right = traces.inside(points, box)[seen]
    assert right.float().mean() >= 0.9
    means = points.mean(dim=2)[..., None, :]  # one point an object
    middle = traces.inside(means, box)[..., 0]
    assert (middle | ~seen).all(dim=1).float().mean() >= 0.9


@pytest.mark.slow
def test_the_trace_of_another_object_points_elsewhere(several):
    points, box = traces.trace(several), several.columns["box"]
    both = (box[:, :2, 0] >= 0).all(dim=1)
    swapped = traces.inside(points[:, [1, 0]], box[:, :2])[both]
    assert swapped.float().mean() < 0.6


def test_traces_depend_on_seed_and_image_and_need_boxes(several):
    first, again = traces.trace(several), traces.trace(several)
    assert torch.equal(first.nan_to_num(), again.nan_to_num())
    assert not torch.equal(first.nan_to_num(), traces.trace(several, seed=1).nan_to_num())
    part = Dataset("scenes", "val", {}, several.batch(slice(100, 110)), several.classes)
    assert torch.equal(traces.trace(part).nan_to_num(), first[100:110].nan_to_num())
    with pytest.raises(CourseError, match="annotate=True"):
        traces.trace(tiny_data(8))
