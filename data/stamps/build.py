"""Builds the stamps pack from Debian's tuxpaint-stamps-default; half a minute.

    python data/stamps/build.py [--source FOLDER]

`labels.json`, beside this script, holds what was decided by eye: which cut-outs are drawings, which
is left out, and which serve for scenes in what order.
"""

import json
import lzma
import re
import sys
from pathlib import Path

import numpy as np
from PIL import Image, features

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import common

SIZE, COLUMNS, QUALITY = 96, 32, 90
ENLARGE = 2.0  # small originals are enlarged at most so much
LANGUAGES = ["en", "fr", "de", "es", "it", "pt", "ru", "ja", "nl", "ca", "ro", "bg"]
VARIANT = ("_mirror", "_flip", "_mirror_flip")  # files that hold another view of the same stamp
PIXELS = {"pt": 1.25, "mm": 3.543, "cm": 35.43, "in": 90.0}  # of an SVG length, at 90 a inch


def stamps(root: Path) -> list[Path]:
    """Every object, as its path without a suffix; letters, coins and other symbols are left out."""
    files = [f for f in root.rglob("*") if f.suffix in (".png", ".svg")]
    stems = {f.with_suffix("") for f in files if not f.stem.endswith(VARIANT)}
    return sorted(s for s in stems if s.relative_to(root).parts[0] != "symbols")


def picture(stem: Path) -> Image.Image:
    """The stamp as RGBA without its border."""
    png = stem.parent / f"{stem.name}.png"
    if png.exists():
        return common.crop(Image.open(png).convert("RGBA"))
    text = (stem.parent / f"{stem.name}.svg").read_text("utf-8", errors="replace")
    return common.crop(common.svg(with_viewbox(text), 512))


def with_viewbox(text: str) -> str:
    """The SVG with a viewBox made of its width and height, where it has none."""
    head = re.search(r"<svg[^>]*>", text, re.S).group(0)
    if "viewBox" in head:
        return text
    sides = []
    for side in ("width", "height"):
        number, unit = re.search(rf'\s{side}="([\d.]+)([a-z]*)"', head).groups()
        sides.append(float(number) * PIXELS.get(unit, 1.0))
    bare = re.sub(r'\s(width|height)="[^"]*"', "", head)[:-1]
    box = f' viewBox="0 0 {sides[0]} {sides[1]}" width="{sides[0]}" height="{sides[1]}">'
    return text.replace(head, bare + box)


def captions(stem: Path) -> dict[str, str]:
    """Language → description; the first line is English, the others say their language."""
    lines = (stem.parent / f"{stem.name}.txt").read_text("utf-8", errors="replace").splitlines()
    found = {"en": lines[0].strip()}
    for line in lines[1:]:
        language, _, words = line.partition(".utf8=")
        if language.strip() in LANGUAGES and words.strip():
            found[language.strip()] = words.strip()
    return {language: found[language] for language in LANGUAGES if language in found}


def split(caption: str) -> str:
    """70 / 10 / 20 by caption, so that stamps with the same words stay together."""
    at = common.share("stamps " + caption)
    return "train" if at < 0.7 else "val" if at < 0.8 else "test"


def build(sources: common.Sources, out: Path) -> None:
    """Writes every file of the pack."""
    package = sources.debian("tuxpaint-stamps-default")
    root = package.folder / "usr/share/tuxpaint/stamps"
    labels = json.loads((Path(__file__).parent / "labels.json").read_text("utf-8"))
    rank = {stem: k for k, stem in enumerate(labels["scenes"])}
    index, tiles = [], []
    for stem in stamps(root):
        name = stem.relative_to(root).as_posix()
        if name in labels["dropped"]:
            continue
        words = captions(stem)
        entry = {"id": name, "category": name.split("/")[0], "split": split(words["en"])}
        entry["style"] = "drawing" if name in labels["drawing"] else "photo"
        entry["scene_rank"] = rank.get(name, -1)
        index.append(entry | {"captions": words})
        tiles.append(common.square(picture(stem), SIZE, ENLARGE))
    unknown = {*labels["scenes"], *labels["drawing"]} - {entry["id"] for entry in index}
    if unknown:
        raise SystemExit(f"labels.json names stamps that the package has not: {sorted(unknown)}")
    write(package, out, index, np.stack(tiles))


def write(package: common.Package, out: Path, index: list[dict], tiles: np.ndarray) -> None:
    """Mosaic, index, upstream's changelog and copyright file, card."""
    tiles[tiles[..., 3] < 4] = 0
    image = Image.fromarray(common.mosaic(tiles, COLUMNS))
    image.save(out / "stamps.webp", quality=QUALITY, method=6)
    text = json.dumps(index, ensure_ascii=False, indent=0)
    (out / "index.json.xz").write_bytes(lzma.compress(text.encode(), preset=9))
    documents = package.folder / "usr/share/doc/tuxpaint-stamps-default"
    for name in ("changelog.gz", "copyright"):
        (out / name).write_bytes((documents / name).read_bytes())
    files = ["stamps.webp", "index.json.xz", "changelog.gz", "copyright"]
    common.write_card(out, card(package, index), files)


def card(package: common.Package, index: list[dict]) -> dict:
    """What is known about the pack."""

    def count(key: str) -> dict[str, int]:
        values = sorted(entry[key] for entry in index)
        return {value: values.count(value) for value in dict.fromkeys(values)}

    return {
        "name": "stamps",
        "title": "Tux Paint stamps, objects",
        "licence": "GPL-2.0-or-later",
        "sources": [package.source()],
        "built_with": {"Pillow": Image.__version__, "libwebp": features.version("webp")},
        "size": SIZE,
        "columns": COLUMNS,
        "stamps": len(index),
        "captions": {lang: sum(lang in e["captions"] for e in index) for lang in LANGUAGES},
        "distinct_captions": len({entry["captions"]["en"] for entry in index}),
        "categories": count("category"),
        "styles": count("style"),
        "splits": {s: count("split")[s] for s in ("train", "val", "test")},
        "split_rule": "70 / 10 / 20 by hash of the English caption: equal captions stay together.",
        "scene_ranks": sum(entry["scene_rank"] >= 0 for entry in index),
    }


if __name__ == "__main__":
    common.run(build)
