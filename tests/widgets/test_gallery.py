"""The gallery says of each set what is there, and goes on when a set is missing."""

import pytest
import torch

from course_lib import data
from course_lib.core.errors import CourseError
from course_lib.widgets import gallery


def small(name: str, split: str, **options) -> data.Dataset:
    """A set of ten pictures; `photos` is missing."""
    if name == "photos":
        raise CourseError("The pack is not there.")
    columns = {"image": torch.zeros(10, 3, 12, 16, dtype=torch.uint8)}
    columns |= {"label": torch.arange(10) % 2, "index": torch.arange(10)}
    return data.Dataset(name, split, options, columns, ("cat", "dog"), card={"licence": "MIT"})


@pytest.fixture
def sets(monkeypatch):
    monkeypatch.setattr(gallery.data, "load", small)


def test_samples_labels_and_facts(sets):
    arrays = gallery.compute("stamps", n=4)
    assert arrays["images"].shape == (4, 3, 12, 16)
    assert arrays["words"] == ["cat", "dog", "cat", "dog"]
    assert arrays["facts"][2:] == ("10 / 10 / 10", "2", "16×12", "MIT")
    assert "cat, dog" in gallery.alt(arrays)
    assert [ax.get_xlabel() for ax in gallery.draw(arrays).axes] == arrays["words"]


def test_every_set_of_the_course_is_in_it():
    assert set(gallery.SETS) == set(data.DATASETS)
    assert len(gallery.HEAD) == 6


def test_a_missing_set_says_so_and_the_others_are_shown(sets, monkeypatch, capsys):
    rows, pictures = [], []
    monkeypatch.setattr(gallery.style, "show", lambda fig, alt: pictures.append(alt))
    monkeypatch.setattr(gallery.style, "heading", lambda text: None)
    monkeypatch.setattr(gallery.style, "table", lambda head, facts, caption: rows.extend(facts))
    gallery.show()
    assert capsys.readouterr().out == "photos: The pack is not there.\n"
    assert len(rows) == len(pictures) == len(gallery.SETS) - 1


def test_an_unknown_set_is_refused_with_the_nearest():
    with pytest.raises(CourseError, match="did you mean 'emoji'"):
        gallery.compute("emojis")


def test_photographers_are_named():
    arrays = gallery.compute("photos", n=3)
    assert len(arrays["credits"]) == 3
    assert all("(" in credit for credit in arrays["credits"])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fashion", "stamps", "photos"])
def test_counts_that_are_shown_are_those_of_the_set(name):
    shown = gallery.compute(name)["facts"][2]
    assert shown == " / ".join(f"{len(data.load(name, split)):,}" for split in data.SPLITS)
