"""A look at every data set: samples with their labels, how many there are, under which licence."""

import torch
from matplotlib.figure import Figure

from course_lib import data
from course_lib.core.errors import CourseError, nearest
from course_lib.data import clutter, cues, scenes
from course_lib.widgets import style

# set → options that make it quick to load, and what it is
SETS: dict[str, tuple[dict, str]] = {
    "fashion": ({}, "grey pictures of clothes"),
    "stamps": ({}, "cut-out objects, described in twelve languages"),
    "photos": ({}, "photographs, each with its author and licence"),
    "emoji": ({"by": "concept"}, "the same ideas drawn in twelve styles, split by concept"),
    "clutter": ({"n": 64}, "a fashion item among distractors (generated)"),
    "scenes": ({"n": 64}, "a cut-out on coloured noise (generated)"),
    "cues": ({"n": 64, "textures": "conflict"}, "an outline with another's texture (generated)"),
}
SIZES = {"clutter": clutter.SIZES, "scenes": scenes.SIZES, "cues": cues.SIZES}
HEAD = ("set", "what", "train / val / test", "classes", "pixels", "licence")


def compute(name: str, n: int = 8) -> dict:
    """n samples of a set, evenly spread over its validation split, and the facts about it.

    Returns `name`, `images` uint8 (n, C, H, W), `words` (n) `facts`, one for each of HEAD, and
    `credits`: author and licence of each image, where they differ from image to image.
    Raises CourseError for an unknown set, or when its pack is missing or damaged.
    """
    if name not in SETS:
        raise CourseError(f"The gallery has no set {name!r}: {nearest(name, SETS)}")
    options, what = SETS[name]
    part = data.load(name, "val", **options)
    rows = torch.linspace(0, len(part) - 1, n).long()
    labelled = "label" in part.columns and bool(part.classes)
    words = [part.classes[i] for i in part.label[rows].tolist()] if labelled else [""] * n
    counts = SIZES.get(name) or part.card.get("splits")  # each saves decoding all of a set
    counts = counts or {split: len(data.load(name, split, **options)) for split in data.SPLITS}
    facts = (
        name,
        what,
        " / ".join(f"{counts[split]:,}" for split in data.SPLITS),
        f"{len(part.classes):,}" if labelled else "none",
        f"{part.image.shape[-1]}×{part.image.shape[-2]}",
        str(part.card.get("licence", "see the pack's LICENSE")),
    )
    by = zip(part.text.get("author", ()), part.text.get("licence", ()), strict=True)
    credit = [f"{author} ({licence})" for author, licence in by]
    return {
        "name": name,
        "images": part.image[rows],
        "words": words,
        "facts": facts,
        "credits": [credit[row] for row in rows.tolist()] if credit else [],
    }


def draw(arrays: dict) -> Figure:
    """The samples in one row, their labels below."""
    images, words = arrays["images"], arrays["words"]
    fig = style.figure(8.6, 1.3)
    for ax, image, word in zip(fig.subplots(1, len(images)), images, words, strict=True):
        style.picture(ax, image)
        ax.set_xlabel(style.shorten(word, 16), fontsize=7.5, labelpad=3)
    return fig


def alt(arrays: dict) -> str:
    """The row in words."""
    words = ", ".join(word for word in arrays["words"] if word)
    return f"Samples of {arrays['name']}, {arrays['facts'][1]}" + (f": {words}." if words else ".")


def show(names: tuple[str, ...] = tuple(SETS)) -> None:
    """Every set's row, then one table; a set that cannot be loaded says why and stops nothing."""
    facts = []
    for name in names:
        style.heading(name)
        try:
            arrays = compute(name)
        except CourseError as error:
            print(f"{name}: {error}")
            continue
        facts.append(arrays["facts"])
        style.show(draw(arrays), alt(arrays))
        if arrays["credits"]:
            style.small("From left to right: " + "; ".join(arrays["credits"]) + ".")
    style.table(HEAD, facts, "Every set of the course so far")
