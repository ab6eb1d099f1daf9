"""Stamps: 700 cut-out objects of the drawing program Tux Paint, RGBA at 96 px, with category, style
and descriptions in twelve languages. `scenes` takes its objects from here."""

import io
import re

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from course_lib.core.errors import CourseError, nearest
from course_lib.data.cache import cached
from course_lib.data.dataset import Dataset, with_index
from course_lib.data.pack import Pack

SIDE = 96
LABELS = ("category", "style")
BACKGROUNDS = {"grey": 128, "white": 255, "alpha": None}
PLANETS = ("Jupiter", "Mars", "Saturn", "Uranus", "Venus")  # names keep their capital


def load(
    split: str, *, size: int = SIDE, label: str = "category", background: str = "grey"
) -> Dataset:
    """About 480 / 80 / 140 cut-outs, split by description.

    size: 16 to 96 px. label: "category" (15 uneven classes) or "style" (drawing, photo).
    background: "grey" or "white" → `image` (N, 3, size, size); "alpha" → (N, 4, size, size), RGBA
    with zeros outside. `mask` uint8 (N, size, size) is alpha; `style` and `category` are both
    given as numbers. text: "id", and "caption_en" … for each language, "" where there is none.
    """
    check(size, label, background)
    pack = Pack("stamps")
    spec = {"size": size, "label": label, "background": background}
    index = pack.json("index.json.xz")
    rows = [k for k, entry in enumerate(index) if entry["split"] == split]
    key = f"stamps {split} {size} {background} {pack.digest}"
    columns = cached(key, lambda: draw(decode(pack)[rows], size, BACKGROUNDS[background]))
    entries = [index[k] for k in rows]
    names = {"category": tuple(pack.card["categories"]), "style": tuple(pack.card["styles"])}
    for column in LABELS:
        columns[column] = torch.tensor([names[column].index(e[column]) for e in entries])
    columns["label"] = columns[label]
    text = {"id": [entry["id"] for entry in entries]}
    for language in pack.card["captions"]:
        text[f"caption_{language}"] = [e["captions"].get(language, "") for e in entries]
    return Dataset("stamps", split, spec, with_index(columns), names[label], text, pack.card)


def check(size: int, label: str, background: str) -> None:
    """One sentence for a value that makes no sense."""
    if not isinstance(size, int) or not 16 <= size <= SIDE:
        raise CourseError(f"stamps come at a whole size from 16 to {SIDE} px, not {size!r}.")
    if label not in LABELS:
        raise CourseError(f"stamps have no label {label!r}: {nearest(str(label), LABELS)}")
    if background not in BACKGROUNDS:
        hint = nearest(str(background), BACKGROUNDS)
        raise CourseError(f"stamps have no background {background!r}: {hint}")


def cutouts() -> tuple[Tensor, list[str]]:
    """The photographs fit for scenes, in the fixed order of `scene_rank`.

    → uint8 RGBA (K, 4, 96, 96), each enlarged until it touches the frame, zeros outside; and what
    each is, such as "a rubber duck".
    """
    pack = Pack("stamps")
    index = pack.json("index.json.xz")
    ranked = sorted((e["scene_rank"], k) for k, e in enumerate(index) if e["scene_rank"] >= 0)
    rows = [k for _, k in ranked]
    columns = cached(f"cutouts {pack.digest}", lambda: {"rgba": fill(decode(pack)[rows])})
    return columns["rgba"], [noun(index[k]["captions"]["en"]) for k in rows]


def noun(caption: str) -> str:
    """The thing that a description names: "A dumper. It carries …" → "a dumper"."""
    words = re.split(r"—|\. | \(", caption)[0].strip().rstrip(".")
    return words if words in PLANETS else words[:1].lower() + words[1:]


def decode(pack: Pack) -> Tensor:
    """Every cut-out as stored, uint8 RGBA (N, 4, 96, 96); hidden colours mean nothing."""
    with Image.open(io.BytesIO(pack.read("stamps.webp"))) as image:
        grid = torch.from_numpy(np.array(image.convert("RGBA")))
    columns = pack.card["columns"]
    tiles = grid.view(-1, SIDE, columns, SIDE, 4).permute(0, 2, 4, 1, 3)  # (rows, columns, 4, s, s)
    return tiles.reshape(-1, 4, SIDE, SIDE)[: pack.card["stamps"]]


def draw(rgba: Tensor, size: int, behind: int | None) -> dict[str, Tensor]:
    """uint8 RGBA (N, 4, s, s) → `image` and `mask` at `size`, on a grey level or with alpha."""
    premultiplied = shrink(premultiply(rgba), size)
    alpha = premultiplied[:, 3:]
    mask = to_bytes(alpha)
    if behind is None:
        image = straight(premultiplied)
    else:
        image = to_bytes(premultiplied[:, :3] + (1 - alpha) * behind / 255)
    return {"image": image, "mask": mask[:, 0]}


def premultiply(rgba: Tensor) -> Tensor:
    """uint8 RGBA → float RGBA in [0, 1], colours weighted by alpha."""
    unit = rgba.float() / 255
    return torch.cat([unit[:, :3] * unit[:, 3:], unit[:, 3:]], 1)


def straight(premultiplied: Tensor) -> Tensor:
    """The inverse of `premultiply`; zeros where alpha rounds to zero."""
    alpha = premultiplied[:, 3:]
    colour = to_bytes((premultiplied[:, :3] / alpha.clamp(min=1 / 255)).clamp(0, 1))
    mask = to_bytes(alpha)
    return torch.cat([colour * (mask > 0), mask], 1)


def shrink(image: Tensor, size: int) -> Tensor:
    """float (N, C, s, s) → (N, C, size, size); bilinear, antialiased."""
    if image.shape[-1] == size:
        return image
    return F.interpolate(image, (size, size), mode="bilinear", antialias=True)


def fill(rgba: Tensor) -> Tensor:
    """Each cut-out enlarged about its middle until it touches the frame; uint8 (K, 4, s, s)."""
    grids = []
    for mask in rgba[:, 3]:
        rows, columns = (mask > 8).nonzero(as_tuple=True)
        top, bottom = rows.min().item(), rows.max().item() + 1
        left, right = columns.min().item(), columns.max().item() + 1
        scale = max(bottom - top, right - left) / SIDE
        middle_x, middle_y = (left + right) / SIDE - 1, (top + bottom) / SIDE - 1
        grids.append([[scale, 0.0, middle_x], [0.0, scale, middle_y]])
    grid = F.affine_grid(torch.tensor(grids), list(rgba.shape), align_corners=False)
    return straight(F.grid_sample(premultiply(rgba), grid, align_corners=False))


def to_bytes(unit: Tensor) -> Tensor:
    """float in [0, 1] → uint8."""
    return (unit * 255).round().clamp(0, 255).byte()
