"""Emoji: 1,432 concepts drawn in up to twelve styles by six families of designers, with names in
twelve languages. Made for questions of domain (a design never seen) and of language."""

import io
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from course_lib.core.errors import CourseError, nearest
from course_lib.data.cache import cached
from course_lib.data.dataset import Dataset, with_index
from course_lib.data.pack import Pack

SIDE = 48
SPLIT_BY = ("family", "concept")
LABELS = ("group", "subgroup", "concept")
BACKGROUNDS = ("white", "alpha")


def load(
    split: str,
    *,
    styles: tuple[str, ...] | None = None,
    by: str = "family",
    label: str = "group",
    size: int = SIDE,
    background: str = "white",
) -> Dataset:
    """Every picture of a split, style by style.

    by: "family" tests designs (train Google, Twitter, OpenMoji, Microsoft; val EmojiOne; test
    Mozilla), "concept" tests concepts (80 / 10 / 10, all styles). styles: only these. label:
    "group" (8), "subgroup" (95) or "concept". size: 16 to 48 px. background: "white" or "alpha" →
    `image` (N, 3 or 4, size, size). `concept`, `style`, `twin` int64 (N,): concepts of one twin
    share a picture in some style. text: "name_en" … in twelve languages, "tags_en" … in four.
    """
    pack = Pack("emoji")
    card = pack.card
    check(by, label, size, background)
    wanted = usable(card, split, by, styles)
    index = pack.json("index.json.xz")
    concepts = [k for k, e in enumerate(index) if by == "family" or e["split"] == split]
    spec = {"styles": wanted, "by": by, "label": label, "size": size, "background": background}
    numbers = {name: k for k, name in enumerate(card["styles"])}
    places = [(s, k) for s in wanted for k in concepts if s in index[k]["styles"]]
    key = f"emoji {split} {wanted} {by} {size} {background} {pack.digest}"
    columns = cached(key, lambda: {"image": draw(pack, places, size, background)})
    rows = [k for _, k in places]
    columns["concept"] = torch.tensor(rows)
    columns["style"] = torch.tensor([numbers[style] for style, _ in places])
    columns["twin"] = torch.tensor([index[k]["twin"] for k in rows])
    classes = tuple(e["names"]["en"] for e in index)
    if label == "concept":
        columns["label"] = columns["concept"]
    else:
        classes = tuple(card[f"{label}s"])
        columns["label"] = torch.tensor([classes.index(index[k][label]) for k in rows])
    text = words(card, index, rows)
    return Dataset("emoji", split, spec, with_index(columns), classes, text, card)


def words(card: dict, index: list[dict], rows: list[int]) -> dict[str, list]:
    """Names and tags of the concepts in rows, a column a language."""
    text = {f"name_{lang}": [index[k]["names"][lang] for k in rows] for lang in card["languages"]}
    for lang in card["tag_languages"]:
        text[f"tags_{lang}"] = [index[k]["tags"][lang] for k in rows]
    return text


def check(by: str, label: str, size: int, background: str) -> None:
    """One sentence for a value that makes no sense."""
    if by not in SPLIT_BY:
        raise CourseError(f"emoji is not split by {by!r}: {nearest(str(by), SPLIT_BY)}")
    if label not in LABELS:
        raise CourseError(f"emoji has no label {label!r}: {nearest(str(label), LABELS)}")
    if not isinstance(size, int) or not 16 <= size <= SIDE:
        raise CourseError(f"emoji come at a whole size from 16 to {SIDE} px, not {size!r}.")
    if background not in BACKGROUNDS:
        hint = nearest(str(background), BACKGROUNDS)
        raise CourseError(f"emoji have no background {background!r}: {hint}")


def usable(card: dict, split: str, by: str, styles: tuple[str, ...] | None) -> tuple[str, ...]:
    """The styles asked for that this split has, in the card's order."""
    there = [
        name
        for name, facts in card["styles"].items()
        if by == "concept" or facts["family"] in card["families"][split]
    ]
    if styles is None:
        return tuple(there)
    asked = (styles,) if isinstance(styles, str) else tuple(styles)
    for style in asked:
        if style not in card["styles"]:
            raise CourseError(
                f"emoji has no style {style!r}: {nearest(str(style), card['styles'])}"
            )
    chosen = tuple(name for name in there if name in asked)
    if not chosen:
        raise CourseError(
            f"emoji/{split} split by family has none of {', '.join(asked) or 'no styles'}: "
            f"it has {', '.join(there)}; or split by='concept'."
        )
    return chosen


def draw(pack: Pack, places: list[tuple[str, int]], size: int, background: str) -> Tensor:
    """The pictures at places (style, concept), uint8 (N, 3 or 4, size, size)."""
    styles = list(dict.fromkeys(style for style, _ in places))

    def pictures(style: str) -> Tensor:
        rows = torch.tensor([k for s, k in places if s == style])
        tiles = decode(pack, style, rows, background)
        return tiles if size == SIDE else resize(tiles, size)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return torch.cat(list(pool.map(pictures, styles)))


def decode(pack: Pack, style: str, concepts: Tensor, background: str) -> Tensor:
    """Concepts (N,) in one style, uint8 (N, 3 or 4, 48, 48)."""
    columns = pack.card["columns"]
    with Image.open(io.BytesIO(pack.read(f"{style}.webp"))) as opened:
        image = opened.convert("RGBA")
    if background == "white":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    pixels = torch.from_numpy(np.array(image))
    tiles = pixels.view(-1, SIDE, columns, SIDE, pixels.shape[-1])  # (row, y, column, x, channel)
    return tiles[concepts // columns, :, concepts % columns].permute(0, 3, 1, 2).contiguous()


def resize(image: Tensor, size: int) -> Tensor:
    """uint8 RGB or RGBA (N, C, s, s) → (N, C, size, size); bilinear, antialiased."""
    unit = image.float() / 255
    if image.shape[1] == 4:
        unit[:, :3] *= unit[:, 3:]  # colours weighted by alpha, so that hidden ones do not bleed
    unit = F.interpolate(unit, (size, size), mode="bilinear", antialias=True)
    if image.shape[1] == 4:
        unit[:, :3] /= unit[:, 3:].clamp(min=1 / 255)
    return (unit * 255).round().clamp(0, 255).byte()
