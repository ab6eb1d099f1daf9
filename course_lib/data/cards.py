"""Data cards: which number belongs to which data set, and what is often confused.

The cards are in `data/cards.toml`, one readable file beside the packs: splits, classes, kinds of
label, metric, confusions. Sets that everybody quotes have the counts that their papers state; the
course's own are counted from the packs, so a card cannot disagree with its data.
"""

import hashlib
import inspect
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from torch import Tensor

from course_lib.core.errors import CourseError, nearest
from course_lib.core.paths import packs
from course_lib.data import clutter, cues, scenes
from course_lib.data.dataset import Dataset
from course_lib.data.pack import Pack

FILE = "cards.toml"
LABELS = ("single", "multi", "box", "mask", "caption", "trace")


@dataclass(frozen=True)
class Card:
    """One data set. splits: name → how many `unit`. classes: 0 where nothing is classified.
    labels: kinds of annotation, that of the main metric first. own: one of the course's sets."""

    name: str
    title: str
    splits: dict[str, int]
    classes: int
    labels: tuple[str, ...]
    metric: str
    source: str
    confusion: str
    unit: str = "images"
    own: bool = False

    @property
    def multi(self) -> bool:
        """Whether an image has several classes at once, so that a softmax over them is wrong: the
        recipe setting `multi` of supervised classification."""
        return self.labels[0] == "multi"

    @property
    def total(self) -> int:
        return sum(self.splits.values())


@cache
def cards() -> tuple[Card, ...]:
    """Every card, the course's own sets first."""
    folders = [folder for folder in packs() if (folder / FILE).is_file()]
    if not folders:
        raise CourseError(
            f"The data cards ({FILE}) are not in {' or '.join(map(str, packs()))}: get the whole "
            "course again, or set COURSE_DATA to the folder that holds its packs."
        )
    entries = tomllib.loads((folders[0] / FILE).read_text(encoding="utf-8"))["card"]
    return tuple(read(entry) for entry in entries)


def read(entry: dict) -> Card:
    """The card of an entry of the file; CourseError for a kind of label that there is not."""
    for kind in entry["labels"]:
        if kind not in LABELS:
            where = f"{FILE}, {entry['name']}"
            raise CourseError(f"{where}: no kind of label {kind!r}; {nearest(kind, LABELS)}")
    counts = counted(entry["name"]) if entry.get("own") else {}
    return Card(**entry | {"labels": tuple(entry["labels"])} | counts)


def card(name: str) -> Card:
    """One card by its name, for example "imagenet-1k"."""
    known = {one.name: one for one in cards()}
    if name not in known:
        raise CourseError(f"There is no data card {name!r}: {nearest(name, known)}")
    return known[name]


def counted(name: str) -> dict:
    """`splits` and `classes` of one of the course's sets with its default options, from what the
    pack's own card counts, without decoding an image."""
    if name == "scenes":
        classes = inspect.signature(scenes.load).parameters["classes"].default
        return {"splits": dict(scenes.SIZES), "classes": classes}
    if name == "cues":
        return {"splits": dict(cues.SIZES), "classes": len(cues.CLASSES)}
    facts = Pack("fashion" if name == "clutter" else name).card
    if name == "emoji":
        families = {family: split for split, f in facts["families"].items() for family in f}
        splits = dict.fromkeys(facts["families"], 0)
        for style in facts["styles"].values():
            splits[families[style["family"]]] += style["images"]
        return {"splits": splits, "classes": len(facts["groups"])}
    words = {"stamps": "categories", "photos": "topics"}.get(name, "classes")
    splits = clutter.SIZES if name == "clutter" else facts["splits"]
    return {"splits": dict(splits), "classes": len(facts[words])}


def table(chosen: Iterable[Card] | None = None) -> str:
    """The cards as a Markdown table, a row a set."""
    head = "| set | train | val | test | classes | labels | metric | often confused |"
    rows = [head, "|---|---:|---:|---:|---:|---|---|---|"]
    for one in cards() if chosen is None else chosen:
        sizes = [f"{one.splits[s]:,}" if s in one.splits else "" for s in ("train", "val", "test")]
        if "all" in one.splits:
            sizes[0] = f"{one.splits['all']:,} in all"
        if one.unit != "images":
            sizes[0] += f" {one.unit}"
        classes = f"{one.classes:,}" if one.classes else ""
        words = (one.title, *sizes, classes, ", ".join(one.labels), one.metric, one.confusion)
        rows.append(f"| {' | '.join(words)} |")
    return "\n".join(rows)


def histogram(data: Dataset) -> Tensor:
    """How many images of a data set have each label, int64 (K,); adds up to the images."""
    return data.label.bincount(minlength=len(data.classes))


def shared(one: Dataset, other: Dataset) -> int:
    """How many images of `one` are also in `other`, byte for byte, by their sha256. A train and a
    test set share none; this does not see a near copy, such as the same picture resized."""
    known = {digest(image) for image in other.image}
    return sum(digest(image) in known for image in one.image)


def digest(image: Tensor) -> bytes:
    """Of uint8 pixels."""
    return hashlib.sha256(image.numpy().tobytes()).digest()
