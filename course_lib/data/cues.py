"""Cues: the silhouette of one class filled with the texture of another, so that one sees which of
the two a net answers by. Generated; a pure function of seed and index.

After the cue-conflict images of Geirhos and others 2018 (arXiv 1811.12231), who transfer the
texture of one photograph onto the shape of another. Here shapes are outlines of Fashion-MNIST
items, light on dark, and textures six patterns of cloth in two colours that say nothing about the
class. Position, size, turn, period, phase and colours are drawn for each image, so that neither
cue is a matter of single pixels.
"""

import math
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.core.errors import CourseError, nearest
from course_lib.core.randomness import Rng, key
from course_lib.data import fashion, render
from course_lib.data.cache import cached
from course_lib.data.dataset import Dataset, with_index
from course_lib.data.pack import Pack

SIZES = {"train": 10_000, "val": 2_000, "test": 2_000}
# class → its number in Fashion-MNIST and the texture that belongs to it
CLASSES = {
    "T-shirt": (0, "stripes"),
    "trouser": (1, "pinstripes"),
    "dress": (3, "dots"),
    "sneaker": (7, "zigzag"),
    "bag": (8, "checks"),
    "ankle boot": (9, "speckle"),
}
TEXTURES = tuple(texture for _, texture in CLASSES.values())
PAIRINGS = ("agree", "random", "conflict")
OUTLINE = 6  # grey level above which a pixel belongs to its item
SHARP = 4.0  # of the patterns' edges
PERIOD = (4.0, 6.0)  # pixels
CHUNK = 500


def load(
    split: str, *, textures: str = "agree", n: int | None = None, size: int = 40, seed: int = 0
) -> Dataset:
    """n images (default 10,000 / 2,000 / 2,000) with `shape` and `texture`, int64 (n,).

    textures: "agree" (each class has its own), "random" (independent of the shape, so some agree)
    or "conflict" (always another class's). `label` is the shape. Image i has the same outline,
    place and colours whatever the textures. size: 32 to 64 px. Outlines come from the split's own
    items of fashion.
    """
    n = SIZES[split] if n is None else n
    if textures not in PAIRINGS:
        raise CourseError(f"cues has no textures={textures!r}: {nearest(str(textures), PAIRINGS)}")
    if n < 1:
        raise CourseError(f"cues needs at least one image: n is {n}.")
    if not 32 <= size <= 64:
        raise CourseError(f"cues are drawn at size 32 to 64, not {size}.")
    items = fashion.load(split)
    spec = {"textures": textures, "n": n, "size": size, "seed": seed}
    digest = Pack("fashion").digest
    make = partial(draw, items, textures, n, size, seed)
    columns = cached(f"cues {split} {spec} {digest}", make)
    return Dataset("cues", split, spec, with_index(columns), tuple(CLASSES), card=items.card)


def draw(items: Dataset, textures: str, n: int, size: int, seed: int) -> dict[str, Tensor]:
    """The columns of `load`."""
    outlines = [(items.image[items.label == c] > OUTLINE).float() for c, _ in CLASSES.values()]
    parts = []
    for index in torch.arange(n).split(CHUNK):
        rng = Rng(key("cues", seed, items.split), 0, index)
        shape, texture = pair(rng, textures)
        image = paint(rng, outlines, shape, texture, size)
        parts.append({"image": image, "label": shape, "shape": shape, "texture": texture})
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def pair(rng: Rng, textures: str) -> tuple[Tensor, Tensor]:
    """Which shape and which texture, int64 (B,) each; the shapes are those of every pairing."""
    classes = len(CLASSES)
    draws = rng.uniform("pair", 2)
    shape = (draws[:, 0] * classes).long()
    if textures == "agree":
        return shape, shape.clone()
    if textures == "random":
        return shape, (draws[:, 1] * classes).long()
    return shape, (shape + 1 + (draws[:, 1] * (classes - 1)).long()) % classes


def paint(rng: Rng, outlines: list[Tensor], shape: Tensor, texture: Tensor, size: int) -> Tensor:
    """Silhouettes filled with textures on a dark ground, uint8 (B, 3, size, size)."""
    draws = rng.uniform("colours", 9).view(-1, 3, 3, 1, 1)  # (B, which, channel, 1, 1)
    dark, light = 0.3 + 0.25 * draws[:, 0], 0.75 + 0.25 * draws[:, 1]
    field = patterns(rng, size)[torch.arange(len(shape)), texture][:, None]  # (B, 1, S, S)
    filled = dark + (light - dark) * field
    alpha = silhouettes(rng, outlines, shape, size)
    image = 0.15 * draws[:, 2] * (1 - alpha) + filled * alpha
    return (255 * image).round_().to(torch.uint8)


def silhouettes(rng: Rng, outlines: list[Tensor], shape: Tensor, size: int) -> Tensor:
    """An outline of each image's class, scaled, turned, mirrored and moved; (B, 1, size, size)."""
    draws = rng.uniform("silhouette", 6)
    which = zip(shape.tolist(), draws[:, 0].tolist(), strict=True)
    chosen = [outlines[k][int(u * len(outlines[k]))] for k, u in which]
    scale = (0.8 + 0.2 * draws[:, 1]) * 36 / 40  # the item's frame as a share of the image
    angle = 0.4 * (draws[:, 2] - 0.5)
    mirror = torch.where(draws[:, 3] < 0.5, -1.0, 1.0)
    move = (2 * draws[:, 4:6] - 1) * (1 - scale[:, None])
    cos, sin = angle.cos() / scale, angle.sin() / scale
    turn = torch.stack([cos * mirror, sin * mirror, -sin, cos], 1).view(-1, 2, 2)
    theta = torch.cat([turn, -turn @ move[:, :, None]], 2)  # image coordinates → the outline's
    grid = F.affine_grid(theta, [len(shape), 1, size, size], align_corners=False)
    soft = F.grid_sample(torch.stack(chosen), grid, align_corners=False)
    return (2 * soft - 0.5).clamp(0, 1)


def patterns(rng: Rng, size: int) -> Tensor:
    """Every texture of every image in [0, 1], (B, len(TEXTURES), size, size)."""
    draws = rng.uniform("texture", 4)[:, :, None, None]
    period = PERIOD[0] + (PERIOD[1] - PERIOD[0]) * draws[:, 0]
    angle = 0.3 * (draws[:, 1] - 0.5)
    y, x = torch.meshgrid(torch.arange(size) / 1.0, torch.arange(size) / 1.0, indexing="ij")
    u = (x * angle.cos() + y * angle.sin()) / period + draws[:, 2]  # (B, S, S), in periods
    v = (y * angle.cos() - x * angle.sin()) / period + draws[:, 3]
    bend = 0.7 * (u / 2 - (u / 2).floor() - 0.5).abs()
    grain = render.gaussian(rng.normal("grain", size * size).view(-1, 1, size, size), 1.0)[:, 0]
    fields = {
        "stripes": wave(v),
        "pinstripes": wave(u),
        "dots": wave(u - 0.25) + wave(v - 0.25) - 0.5,
        "zigzag": wave(v + 2 * bend),
        "checks": wave(u * 0.75) * wave(v * 0.75),
        "speckle": grain / grain.std(dim=(1, 2), keepdim=True),
    }
    return torch.stack([(SHARP * fields[name]).sigmoid() for name in TEXTURES], 1)


def wave(x: Tensor) -> Tensor:
    """A sine with period 1."""
    return torch.sin(2 * math.pi * x)
