"""Scenes: cut-outs pasted on coloured noise or on photographs, with everything about them known.

Generated from the stamps (and photos) packs; image i is a pure function of (seed, split, i). By
default one of 64 cut-outs on noise at 40 px: raw pixels and random nets do poorly, a trained net
does well, and label-free methods lie between. With several objects: boxes, masks, the order in
depth, and a caption.
"""

import torch
from torch import Tensor

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng, key
from course_lib.data import photos, render, stamps
from course_lib.data.cache import cached
from course_lib.data.dataset import Dataset, with_index
from course_lib.data.pack import Pack

SIZES = {"train": 20_000, "val": 4_000, "test": 4_000}
MOST = 6
CHUNK = 256


def load(
    split: str,
    *,
    n: int | None = None,
    size: int = 40,
    classes: int = 64,
    objects: int | tuple[int, int] = 1,
    background: str = "noise",
    annotate: bool = False,
    seed: int = 0,
) -> Dataset:
    """n images (default 20,000 / 4,000 / 4,000) of `size` px, each with `objects` cut-outs.

    classes: how many different cut-outs. objects: a number, or the least and the most.
    background: "noise" or "photos" (of the split's own photographs). annotate: also give, with O
    the most objects and slot 0 the nearest, `object` int64 (N, O) the class or -1, `box` int64
    (N, O, 4) x0 y0 x1 y1 of what is seen or -1, `mask` uint8 (N, size, size) slot + 1 or 0, and
    text["caption"]. `label` is the class of the nearest object.
    """
    n = SIZES[split] if n is None else n
    few, most = objects if isinstance(objects, tuple) else (objects, objects)
    cutouts, names = stamps.cutouts()
    check(n, size, classes, len(names), few, most, background)
    digest = Pack("stamps").digest + (Pack("photos").digest if background == "photos" else "")
    spec = {"n": n, "size": size, "classes": classes, "objects": (few, most)}
    spec |= {"background": background, "annotate": annotate, "seed": seed}
    columns = cached(
        f"scenes {split} {spec} {digest}", lambda: draw(split, cutouts[:classes], **spec)
    )
    text = {}
    if annotate:
        ground = "coloured noise" if background == "noise" else "a photograph"
        text["caption"] = [caption(row, names, ground) for row in columns["object"].tolist()]
    card = Pack("stamps").card
    return Dataset("scenes", split, spec, with_index(columns), tuple(names[:classes]), text, card)


def check(n, size, classes, available, few, most, background) -> None:
    """One sentence for a value that makes no sense."""
    if n < 1:
        raise CourseError(f"scenes needs at least one image: n is {n}.")
    if not 16 <= size <= 96:
        raise CourseError(f"scenes are drawn at size 16 to 96 (the cut-outs have 96), not {size}.")
    if not 2 <= classes <= available:
        raise CourseError(f"scenes has 2 to {available} classes, not {classes}.")
    if not 1 <= few <= most <= MOST:
        raise CourseError(
            f"scenes holds 1 to {MOST} objects, the least first, not {few} to {most}."
        )
    if background not in ("noise", "photos"):
        raise CourseError(f"The background of scenes is 'noise' or 'photos', not {background!r}.")


def draw(split: str, cutouts: Tensor, *, n, size, objects, background, annotate, seed, **_):
    """The columns of `load`."""
    blurred = render.bank(cutouts, size)
    ground = None
    if background == "photos":
        ground = photos.backgrounds(split, 2 * size).float() / 255
    chunks = [
        draw_chunk(Rng(key("scenes", seed, split), 0, index), blurred, ground, objects, annotate)
        for index in torch.arange(n).split(CHUNK)
    ]
    return {name: torch.cat([chunk[name] for chunk in chunks]) for name in chunks[0]}


def draw_chunk(
    rng: Rng, blurred: Tensor, ground: Tensor | None, objects: tuple[int, int], annotate: bool
) -> dict[str, Tensor]:
    """The scenes of rng's samples. blurred: a `render.bank`; ground: photographs or None."""
    few, most = objects
    size, classes = blurred.shape[-1], blurred.shape[1]
    scale = (0.55, 1.0) if most == 1 else (0.3, 0.6)
    count = few + (rng.uniform("count", 1) * (most - few + 1)).long()  # (B, 1)
    kind = (rng.uniform("class", most) * classes).long()  # (B, O)
    absent = torch.arange(most) >= count
    layers = []
    for slot in range(most):
        layer = render.place(rng.fold(slot), blurred, kind[:, slot], scale)
        layers.append(layer * ~absent[:, slot, None, None, None] if few < most else layer)
    behind = render.noise(rng, size) if ground is None else render.photo_crops(rng, ground, size)
    image, seen = render.compose(behind, layers)
    columns = {"image": image, "label": kind[:, 0]}
    if annotate:
        columns["object"] = kind.masked_fill(absent, -1)
        columns["box"] = render.boxes(seen, most)
        columns["mask"] = seen
    return columns


def caption(kinds: list[int], names: list[str], ground: str) -> str:
    """What is seen, from front to back. kinds: classes of one scene, -1 for none."""
    words = [names[kind] for kind in kinds if kind >= 0]
    return ", in front of ".join(words) + f", on {ground}"
