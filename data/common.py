"""What the build scripts of the packs share: packages by name, cut-outs, mosaics, cards.

Needs the `packs` extra (Pillow, numpy, resvg_py, zstandard) and, unless the packages are already
in a folder, apt-get or npm. Nothing here runs in the course itself.
"""

import argparse
import hashlib
import io
import json
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class Package:
    """An unpacked package: where it lies, and what the card says about it."""

    folder: Path
    name: str
    version: str
    kind: str
    sha256: str

    def source(self) -> dict[str, str]:
        """The entry under "sources" in a card."""
        return {
            "package": self.name,
            "version": self.version,
            "kind": self.kind,
            "sha256": self.sha256,
        }


class Sources:
    """Packages by name: from a folder that already holds them, or fetched by the usual clients."""

    def __init__(self, folder: Path | None, work: Path):
        self.folder, self.work = folder, work

    def debian(self, name: str) -> Package:
        """A Debian package, unpacked."""
        file = self._find(f"{name}_*.deb", ["apt-get", "download", name])
        target = self._target(name)
        subprocess.run(["dpkg-deb", "-x", file, target], check=True)
        ask = ["dpkg-deb", "--field", file, "Version"]
        version = subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip()
        return Package(target, name, version, "Debian", sha256(file.read_bytes()))

    def npm(self, name: str, version: str) -> Package:
        """An npm package of one version, unpacked."""
        flat = name.removeprefix("@").replace("/", "-")
        file = self._find(f"{flat}-{version}.tgz", ["npm", "pack", f"{name}@{version}"])
        target = self._target(flat)
        with tarfile.open(file) as archive:
            archive.extractall(target, filter="data")
        return Package(target / "package", name, version, "npm", sha256(file.read_bytes()))

    def _target(self, name: str) -> Path:
        target = self.work / "unpacked" / name
        target.mkdir(parents=True)
        return target

    def _find(self, pattern: str, fetch: list[str]) -> Path:
        place = self.folder
        if place is None:
            place = self.work
            subprocess.run(fetch, check=True, cwd=place)
        found = sorted(place.glob(pattern))
        if len(found) != 1:
            raise SystemExit(f"{place} holds {len(found)} files like {pattern}; one is needed.")
        return found[0]


def run(build) -> None:
    """Calls build(sources, folder of the pack) as the command line asks. build: a function."""
    script = Path(build.__code__.co_filename).resolve()
    parser = argparse.ArgumentParser(description=f"Builds the pack in {script.parent}.")
    parser.add_argument("--source", type=Path, help="folder with already downloaded packages")
    parser.add_argument("--into", type=Path, default=script.parent, help="folder to write to")
    arguments = parser.parse_args()
    arguments.into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        build(Sources(arguments.source, Path(work)), arguments.into)


def sha256(content: bytes) -> str:
    """Hexadecimal sha256."""
    return hashlib.sha256(content).hexdigest()


def share(text: str) -> float:
    """A number in [0, 1) from a text, by which it is put into a split."""
    return int(sha256(text.encode())[:8], 16) / 2**32


def write_card(folder: Path, card: dict, files: list[str]) -> None:
    """card.json: what is known about the pack, and size and sha256 of every pack file."""
    contents = {name: (folder / name).read_bytes() for name in sorted(files)}
    stated = {name: {"bytes": len(c), "sha256": sha256(c)} for name, c in contents.items()}
    text = json.dumps({**card, "files": stated}, indent=1, ensure_ascii=False)
    (folder / "card.json").write_text(text + "\n", encoding="utf-8")
    print(f"{folder.name}: {len(files)} files, {sum(map(len, contents.values())) / 1e6:.2f} MB")


def crop(image: Image.Image, threshold: int = 8) -> Image.Image:
    """RGBA without its transparent border."""
    rows, columns = np.where(np.asarray(image)[..., 3] > threshold)
    if not len(rows):
        return image
    return image.crop((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))


def square(image: Image.Image, size: int, enlarge: float = 1.0) -> np.ndarray:
    """RGBA fitted into size x size, centred, enlarged at most so much; uint8 (size, size, 4).

    Colours are weighted by alpha while shrinking, so that hidden pixels do not bleed into the edge.
    """
    factor = min(enlarge, size / max(image.size))
    shape = tuple(max(1, round(side * factor)) for side in image.size)  # width, height
    rgba = np.asarray(image, dtype=np.float32) / 255
    rgba = np.dstack([rgba[..., :3] * rgba[..., 3:], rgba[..., 3]])
    planes = [
        Image.fromarray(np.ascontiguousarray(rgba[..., c])).resize(shape, Image.Resampling.LANCZOS)
        for c in range(4)
    ]
    small = np.clip(np.dstack(planes), 0, 1)
    alpha = small[..., 3:]
    colour = np.where(
        alpha > 1 / 255, np.clip(small[..., :3] / np.maximum(alpha, 1 / 255), 0, 1), 0
    )
    out = np.zeros((size, size, 4), np.uint8)
    left, top = (size - shape[0]) // 2, (size - shape[1]) // 2
    out[top : top + shape[1], left : left + shape[0]] = (
        np.concatenate([colour, alpha], 2) * 255 + 0.5
    )
    return out


def mosaic(tiles: np.ndarray, columns: int) -> np.ndarray:
    """Tiles (N, s, s, C) side by side, row by row → (rows * s, columns * s, C)."""
    count, size, _, channels = tiles.shape
    rows = -(-count // columns)
    padded = np.zeros((rows * columns, size, size, channels), tiles.dtype)
    padded[:count] = tiles
    grid = padded.reshape(rows, columns, size, size, channels).swapaxes(1, 2)
    return grid.reshape(rows * size, columns * size, channels)


def svg(text: str, width: int) -> Image.Image:
    """An SVG drawing, rendered at a width in pixels, RGBA."""
    import resvg_py

    data = bytes(resvg_py.svg_to_bytes(svg_string=text, width=width))
    return Image.open(io.BytesIO(data)).convert("RGBA")
