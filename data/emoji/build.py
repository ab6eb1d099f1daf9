"""Builds the emoji pack from npm packages of twelve designs and of their names; a few minutes.

    python data/emoji/build.py [--source FOLDER]

Four of the packages name their pictures without code points; these are matched by name.
"""

import json
import lzma
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, features

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import common

SIZE, COLUMNS, RENDER, LEAST = 48, 40, 144, 8  # LEAST: styles that a concept must have
ICONS = {  # style → package, version, family, licence
    "noto": ("@iconify-json/noto", "1.2.9", "google", "Apache-2.0"),
    "noto-v1": ("@iconify-json/noto-v1", "1.2.5", "google", "Apache-2.0"),
    "twemoji": ("@iconify-json/twemoji", "1.2.5", "twitter", "CC-BY-4.0"),
    "openmoji": ("@iconify-json/openmoji", "1.2.29", "openmoji", "CC-BY-SA-4.0"),
    "fluent": ("@iconify-json/fluent-emoji", "1.2.7", "microsoft", "MIT"),
    "fluent-flat": ("@iconify-json/fluent-emoji-flat", "1.2.6", "microsoft", "MIT"),
    "fluent-contrast": ("@iconify-json/fluent-emoji-high-contrast", "1.2.6", "microsoft", "MIT"),
    "emojione-2": ("@iconify-json/emojione", "1.2.3", "emojione", "CC-BY-4.0"),
    "emojione-1": ("@iconify-json/emojione-v1", "1.2.3", "emojione", "CC-BY-SA-4.0"),
    "fxemoji": ("@iconify-json/fxemoji", "1.2.2", "mozilla", "Apache-2.0"),
}
FILES = {
    "fluent-3d": ("@lobehub/fluent-emoji-3d", "1.1.0", "microsoft", "MIT"),
    "openmoji-line": ("openmoji", "17.0.0", "openmoji", "CC-BY-SA-4.0"),
}
NAMES = ("emojibase-data", "17.0.0")
CODED = ("noto", "twemoji", "openmoji", "fluent-flat")  # packages that give code points
LANGUAGES = ["en", "fr", "de", "es", "it", "pt", "ru", "ja", "zh", "hi", "th", "sv"]
TAGGED = ["en", "fr", "de", "es"]
FAMILIES = {"train": ["google", "twitter", "openmoji", "microsoft"], "val": ["emojione"]}
FAMILIES["test"] = ["mozilla"]
LEFT_OUT = (2, 9)  # groups of emojibase: components, flags
GENDERED = re.compile(r"(man|woman|men|women)\b.*(:|walking|running|kneeling|facing|in )")


def code(text: str) -> str:
    """A code point sequence without the variation selector, upper case."""
    return re.sub(r"-?FE0F", "", text.upper())


def slug(text: str) -> str:
    """A name as the icon packages write names."""
    text = re.sub(r"[’'“”.]", "", text.lower().replace("&", "and"))
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")


class Icons:
    """One style whose pictures are SVG bodies in one JSON file."""

    def __init__(self, package: common.Package):
        self.data = json.loads((package.folder / "icons.json").read_text("utf-8"))
        coded = json.loads((package.folder / "chars.json").read_text("utf-8"))
        self.names = {code(point): name for point, name in coded.items()}
        self.aliases = self.data.get("aliases", {})

    def match(self, codes: dict[str, str]) -> None:
        """Adds pictures by name, for packages without code points. codes: slug → code."""
        loose = {name.replace("-", ""): point for name, point in codes.items()}
        for name in [*self.data["icons"], *self.aliases]:
            point = codes.get(name) or loose.get(name.replace("-", ""))
            if point:
                self.names.setdefault(point, name)

    def picture(self, point: str) -> Image.Image | None:
        """The rendered picture of a code point, or None."""
        name = self.names.get(point)
        if name is None:
            return None
        while name not in self.data["icons"]:
            name = self.aliases[name]["parent"]
        icon = self.data["icons"][name]
        width, height = (icon.get(side, self.data.get(side, 16)) for side in ("width", "height"))
        box = f"{icon.get('left', 0)} {icon.get('top', 0)} {width} {height}"
        head = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        text = f'{head} viewBox="{box}" width="{width}" height="{height}" color="#222">'
        return common.svg(f"{text}{icon['body']}</svg>", RENDER)


class Files:
    """One style whose pictures are files named by their code points."""

    def __init__(self, folder: Path):
        self.paths = {code(path.stem): path for path in sorted(folder.iterdir())}

    def picture(self, point: str) -> Image.Image | None:
        """The picture of a code point, or None."""
        path = self.paths.get(point)
        if path is None:
            return None
        if path.suffix == ".svg":
            return common.svg(path.read_text("utf-8"), RENDER)
        return Image.open(path).convert("RGBA")


def known_codes(styles: dict[str, Icons], base: list[dict]) -> dict[str, str]:
    """Name as a slug → code point, from the packages that give both."""
    codes: dict[str, str] = {}
    for style in CODED:
        icons = styles[style]
        back: dict[str, str] = {}
        for point, name in icons.names.items():
            codes.setdefault(name, point)
            back.setdefault(name, point)
        for alias, target in icons.aliases.items():
            turned = {"rotate", "hFlip", "vFlip"} & target.keys()
            if target["parent"] in back and not turned:
                codes.setdefault(alias, back[target["parent"]])
    for entry in base:
        codes.setdefault(slug(entry["label"]), code(entry["hexcode"]))
    return codes


def concepts(package: common.Package) -> Iterator[dict]:
    """Every base emoji but flags, components and man/woman variants, with names and tags."""
    tables = {}
    for language in LANGUAGES:
        entries = json.loads((package.folder / language / "data.json").read_text("utf-8"))
        tables[language] = {code(entry["hexcode"]): entry for entry in entries}
    meta = json.loads((package.folder / "meta/groups.json").read_text("utf-8"))
    for point, entry in tables["en"].items():
        if entry.get("group") is None or entry["group"] in LEFT_OUT:
            continue
        group = meta["groups"][str(entry["group"])]
        person = group == "people-body" and re.match(r"(man|woman|men|women) \w", entry["label"])
        if person or not all(
            tables[language].get(point, {}).get("label") for language in LANGUAGES
        ):
            continue
        yield {
            "code": point,
            "group": group,
            "subgroup": meta["subgroups"][str(entry["subgroup"])],
            "names": {language: tables[language][point]["label"] for language in LANGUAGES},
            "tags": {language: tables[language][point].get("tags", []) for language in TAGGED},
        }


def styles(sources: common.Sources) -> tuple[dict[str, Icons | Files], list[common.Package]]:
    """Every style ready to give pictures, and the packages; the last one holds the names."""
    packages = {name: sources.npm(*row[:2]) for name, row in (ICONS | FILES).items()}
    names = sources.npm(*NAMES)
    icons = {name: Icons(packages[name]) for name in ICONS}
    base = json.loads((names.folder / "en/data.json").read_text("utf-8"))
    codes = known_codes(icons, base)
    for style in icons.values():
        if not style.names:
            style.match(codes)
    files = {
        "fluent-3d": Files(packages["fluent-3d"].folder / "assets"),
        "openmoji-line": Files(packages["openmoji-line"].folder / "black/svg"),
    }
    return icons | files, [*packages.values(), names]


def render(style: Icons | Files, points: list[str]) -> np.ndarray:
    """The pictures of one style, uint8 (N, SIZE, SIZE, 4); all zero where there is none."""
    tiles = np.zeros((len(points), SIZE, SIZE, 4), np.uint8)
    for row, point in enumerate(points):
        if image := style.picture(point):
            tiles[row] = common.square(common.crop(image), SIZE)
    tiles[tiles[..., 3] < 8] = 0
    return tiles


def palette(tiles: np.ndarray) -> np.ndarray:
    """The same tiles in 256 colours."""
    grid = Image.fromarray(common.mosaic(tiles, COLUMNS))
    few = grid.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    return np.asarray(few.convert("RGBA"))


def twins(grids: dict[str, np.ndarray], count: int) -> list[int]:
    """For each concept the first one that it shares a picture with, in any style, or itself."""
    parent = list(range(count))

    def root(k: int) -> int:
        while parent[k] != k:
            k = parent[k]
        return k

    for grid in grids.values():
        seen: dict[bytes, int] = {}
        for k in range(count):
            y, x = k // COLUMNS * SIZE, k % COLUMNS * SIZE
            tile = grid[y : y + SIZE, x : x + SIZE]
            if tile[..., 3].any():
                first, other = sorted((root(k), root(seen.setdefault(tile.tobytes(), k))))
                parent[other] = first
    return [root(k) for k in range(count)]


def split(point: str) -> str:
    """80 / 10 / 10 by the code point of a concept's first twin."""
    at = common.share("emoji " + point)
    return "train" if at < 0.8 else "val" if at < 0.9 else "test"


def build(sources: common.Sources, out: Path) -> None:
    """Writes every file of the pack."""
    drawn, packages = styles(sources)
    rows = [r for r in concepts(packages[-1]) if not GENDERED.match(r["names"]["en"])]
    points = [row["code"] for row in rows]
    tiles = {name: render(style, points) for name, style in drawn.items()}
    there = {name: (tile[..., 3].max((1, 2)) > 60) for name, tile in tiles.items()}
    keep = np.flatnonzero(sum(there.values()) >= LEAST)
    for name in tiles:
        tiles[name][~there[name]] = 0
    grids = {name: palette(tile[keep]) for name, tile in tiles.items()}
    index = [rows[k] | {"styles": [n for n in grids if there[n][k]]} for k in keep]
    for entry, first in zip(index, twins(grids, len(index)), strict=True):
        entry |= {"twin": first, "split": split(index[first]["code"])}
    for name, grid in grids.items():
        image = Image.fromarray(grid)
        image.save(out / f"{name}.webp", lossless=True, quality=100, method=6, exact=True)
    text = json.dumps(index, ensure_ascii=False, indent=0).encode()
    (out / "index.json.xz").write_bytes(lzma.compress(text, preset=9))
    files = [*(f"{name}.webp" for name in grids), "index.json.xz"]
    common.write_card(out, card(packages, index), files)


def card(packages: list[common.Package], index: list[dict]) -> dict:
    """What is known about the pack."""
    splits = [entry["split"] for entry in index]
    described = {}
    for name, (_, _, family, licence) in (ICONS | FILES).items():
        images = sum(name in entry["styles"] for entry in index)
        described[name] = {"family": family, "licence": licence, "images": images}
    return {
        "name": "emoji",
        "title": "Emoji in twelve designs",
        "licence": "per style, see LICENSE",
        "sources": [package.source() for package in packages],
        "built_with": {"Pillow": Image.__version__, "libwebp": features.version("webp")},
        "size": SIZE,
        "columns": COLUMNS,
        "concepts": len(index),
        "images": sum(len(entry["styles"]) for entry in index),
        "styles": described,
        "languages": LANGUAGES,
        "tag_languages": TAGGED,
        "groups": list(dict.fromkeys(entry["group"] for entry in index)),
        "subgroups": list(dict.fromkeys(entry["subgroup"] for entry in index)),
        "families": FAMILIES,
        "concept_splits": {name: splits.count(name) for name in ("train", "val", "test")},
        "split_rule": "by family of designs, or 80 / 10 / 10 of the concepts by a hash of the code "
        "point; concepts that share a picture in any style stay together.",
    }


if __name__ == "__main__":
    common.run(build)
