"""Builds the photos pack from Debian's gcompris-qt-data, mate-backgrounds, lomiri-wallpapers-16.04.

    python data/photos/build.py [--source FOLDER]

`choices.json`, beside this script, lists the photographs with topic and place. Author and licence
are read from the packages: for GCompris from the README files inside its resource files, because
Debian's copyright file still describes older pictures of the same names.
"""

import io
import json
import re
import struct
import sys
import zlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import zstandard
from PIL import Image, features

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import common

SIDE, QUALITY = 256, 70
SPELLING = {  # what the packages write → SPDX
    "public domain": "public domain",
    "cc0-1.0": "CC0-1.0",
    "cc-by-2.0": "CC-BY-2.0",
    "cc-by-3.0": "CC-BY-3.0",
    "cc-by-4.0": "CC-BY-4.0",
    "cc-by-sa-4.0": "CC-BY-SA-4.0",
    "gplv2+": "GPL-2.0-or-later",
    "gpl-2+": "GPL-2.0-or-later",
}
WITH_GPL = {"public domain", "CC0-1.0", "CC-BY-4.0", "GPL-2.0-or-later"}
FIELD = re.compile(r"^\s*(Copyright|Sources?|License|Files?|Comments?)\s*:\s*(.*)$")


def resources(file: bytes) -> Iterator[tuple[str, bytes]]:
    """Path and content of everything in a Qt resource file (.rcc)."""
    version, tree, data, names = struct.unpack(">4I", file[4:20])
    width = 14 if version < 2 else 22

    def walk(number: int, path: str) -> Iterator[tuple[str, bytes]]:
        at = tree + number * width
        name, flags = struct.unpack(">IH", file[at : at + 6])
        if number:
            (length,) = struct.unpack(">H", file[names + name : names + name + 2])
            start = names + name + 6
            path += "/" + file[start : start + 2 * length].decode("utf-16-be")
        if flags & 2:  # a folder
            count, first = struct.unpack(">II", file[at + 6 : at + 14])
            for child in range(first, first + count):
                yield from walk(child, path)
        else:
            (start,) = struct.unpack(">I", file[at + 10 : at + 14])
            yield path, unpack(file, data + start, flags)

    return walk(0, "")


def unpack(file: bytes, at: int, flags: int) -> bytes:
    """One content of a resource file: stored, zlib or zstandard."""
    (length,) = struct.unpack(">I", file[at : at + 4])
    content = file[at + 4 : at + 4 + length]
    if flags & 1:
        return zlib.decompress(content[4:])
    if flags & 4:
        return zstandard.ZstdDecompressor().decompressobj().decompress(content)
    return content


def readme(text: str, folder: str) -> dict[str, dict[str, str]]:
    """GCompris' notes on its pictures: full path → copyright, source, license, comment."""
    stated = {}
    for block in re.split(r"\n\s*\n", text.replace("\r", "")):
        fields, files, field = defaultdict(list), [], ""
        for line in block.splitlines():
            if match := FIELD.match(line):
                field, line = match.group(1).lower().rstrip("s"), match.group(2)
            line = line.strip()
            if re.fullmatch(r"[\w./ -]+\.webp", line):
                files.append(f"{folder}/{line}")
            elif line:
                fields[field].append(line)
        for file in files:
            stated[file] = {name: "; ".join(lines) for name, lines in fields.items()}
    return stated


def gcompris(package: common.Package) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """Id, content and stated facts of every WebP picture that a README names."""
    pictures, stated = {}, {}
    for file in sorted((package.folder / "usr/share/gcompris-qt/rcc").glob("*.rcc")):
        for path, content in resources(file.read_bytes()):
            if path.endswith("/README"):
                stated |= readme(content.decode("utf-8"), path.removesuffix("/README"))
            elif path.endswith(".webp") and "/activities/" in path:
                pictures[path] = content
    for path in sorted(pictures.keys() & stated.keys()):
        name = path.split("/activities/")[1].replace("/resource", "")
        yield f"gcompris/{name}", pictures[path], stated[path]


def debian(package: common.Package, prefix: str) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """The same for pictures that Debian's copyright file names one by one."""
    text = (package.folder / "usr/share/doc" / package.name / "copyright").read_text("utf-8")
    paths = {p.name: p for p in sorted(package.folder.rglob("*.jpg")) if not p.is_symlink()}
    for block in re.split(r"\n\s*\n", text):
        fields, field = defaultdict(list), ""
        for line in block.splitlines():
            if match := re.match(r"([A-Z][A-Za-z-]+):\s*(.*)", line):
                field, line = match.groups()
            fields[field] += [line.strip()] if line.strip() else []
        authors = [re.sub(r"\s*<[^>]*>.*", "", line) for line in fields["Copyright"]]
        for file in " ".join(fields["Files"]).split():
            if path := paths.get(file.split("/")[-1]):
                facts = {"copyright": "; ".join(authors), "license": fields["License"][0]}
                yield f"{prefix}/{path.name}", path.read_bytes(), facts


def shrink(content: bytes) -> bytes:
    """A picture as WebP whose shorter side has at most SIDE pixels."""
    image = Image.open(io.BytesIO(content)).convert("RGB")
    factor = min(1.0, SIDE / min(image.size))
    if factor < 1:
        size = tuple(round(side * factor) for side in image.size)
        image = image.resize(size, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "WEBP", quality=QUALITY, method=6)
    return out.getvalue()


def entry(name: str, facts: dict[str, str], choice: dict, taken: dict) -> dict:
    """What the card says about one photograph. taken: file names in use."""
    stem = re.sub(r"(_background)?\.\w+$", "", name.split("/")[-1])
    stem = re.sub(r"[^a-z0-9]+", "-", re.sub(r"([a-z])([A-Z])", r"\1-\2", stem).lower()).strip("-")
    free = f"images/{choice['topic']}-{stem}"
    number = next(n for n in range(1, 99) if f"{free}{-n if n > 1 else ''}.webp" not in taken)
    licence = SPELLING[facts["license"].lower().replace("cc-by ", "cc-by-").replace("sa ", "sa-")]
    return {
        "file": f"{free}{-number if number > 1 else ''}.webp",
        "topic": choice["topic"],
        "place": choice.get("place", name),
        "author": facts["copyright"],
        "licence": licence,
        "scene_ok": licence in WITH_GPL,
        "background_ok": not choice.get("plain", False),
        "original": name,
        "url": facts.get("source", ""),
        "note": facts.get("comment", ""),
    }


def assign(photos: list[dict]) -> None:
    """Adds a split: 65 / 15 / 20 of each topic's places, in the order of a hash, so that no place
    is in two splits and every topic is in all three."""
    for topic in {photo["topic"] for photo in photos}:
        members = [photo for photo in photos if photo["topic"] == topic]
        places = sorted({photo["place"] for photo in members}, key=common.share)
        for photo in members:
            at = (places.index(photo["place"]) + 0.5) / len(places)
            photo["split"] = "train" if at < 0.65 else "val" if at < 0.8 else "test"


def attribution(photos: list[dict]) -> str:
    """ATTRIBUTION.md: a row a photograph."""
    lines = [
        "# Attribution",
        "",
        "Made by `build.py` from what the source packages state. Every photograph was scaled to a",
        "shorter side of at most 256 pixels and saved as WebP; changes made before are under note.",
        "",
        "| file | author | licence | source | note |",
        "|---|---|---|---|---|",
    ]
    for photo in photos:
        cells = [photo["file"].split("/")[1], photo["author"], photo["licence"]]
        cells += [photo["url"] or photo["original"], photo["note"]]
        lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def build(sources: common.Sources, out: Path) -> None:
    """Writes every file of the pack."""
    choices = json.loads((Path(__file__).parent / "choices.json").read_text("utf-8"))["photos"]
    packages = ["gcompris-qt-data", "mate-backgrounds", "lomiri-wallpapers-16.04"]
    packages = [sources.debian(name) for name in packages]
    found = [*gcompris(packages[0]), *debian(packages[1], "mate"), *debian(packages[2], "lomiri")]
    photos, contents = [], {}
    for name, content, facts in found:
        if name in choices:
            photo = entry(name, facts, choices[name], contents)
            photos.append(photo)
            contents[photo["file"]] = shrink(content)
    if len(choices) != len(photos):
        raise SystemExit(f"{len(choices)} photographs are chosen, but {len(photos)} were found.")
    (out / "images").mkdir(exist_ok=True)
    for old in (out / "images").glob("*.webp"):
        old.unlink()
    for file, content in contents.items():
        (out / file).write_bytes(content)
    photos.sort(key=lambda photo: photo["file"])
    assign(photos)
    (out / "ATTRIBUTION.md").write_text(attribution(photos), encoding="utf-8")
    common.write_card(out, card(packages, photos), [*contents, "ATTRIBUTION.md"])


def card(packages: list[common.Package], photos: list[dict]) -> dict:
    """What is known about the pack."""

    def count(key: str) -> dict[str, int]:
        values = sorted(photo[key] for photo in photos)
        return {value: values.count(value) for value in dict.fromkeys(values)}

    return {
        "name": "photos",
        "title": "Photographs with a licence each",
        "licence": "per photograph, see ATTRIBUTION.md",
        "sources": [package.source() for package in packages],
        "built_with": {"Pillow": Image.__version__, "libwebp": features.version("webp")},
        "splits": {name: count("split")[name] for name in ("train", "val", "test")},
        "split_rule": "65 / 15 / 20 of each topic by hash of the place; no place is in two splits.",
        "topics": count("topic"),
        "licences": count("licence"),
        "scene_ok": sum(photo["scene_ok"] for photo in photos),
        "backgrounds": sum(photo["scene_ok"] and photo["background_ok"] for photo in photos),
        "photos": photos,
    }


if __name__ == "__main__":
    common.run(build)
