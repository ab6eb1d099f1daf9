"""Builds the fashion pack from Debian's dataset-fashion-mnist; lossless, about a minute.

python data/fashion/build.py [--source FOLDER]
"""

import gzip
import lzma
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import common

CLASSES = ["T-shirt/top", "trouser", "pullover", "dress", "coat"]
CLASSES += ["sandal", "shirt", "sneaker", "bag", "ankle boot"]
PART = 12_500  # images a file: four files of train, unpacked by as many threads
HELD = 10_000  # the last images of the official training set are val


def pixels(folder: Path, name: str) -> np.ndarray:
    """An IDX file of images → uint8 (N, 28, 28)."""
    with gzip.open(folder / f"{name}-images-idx3-ubyte.gz") as file:
        return np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)


def labels(folder: Path, name: str) -> np.ndarray:
    """An IDX file of labels → uint8 (N,)."""
    with gzip.open(folder / f"{name}-labels-idx1-ubyte.gz") as file:
        return np.frombuffer(file.read(), np.uint8, offset=8)


def build(sources: common.Sources, out: Path) -> None:
    """Writes every file of the pack."""
    package = sources.debian("dataset-fashion-mnist")
    folder = package.folder / "usr/share/datasets/fashion-mnist"
    image, label = pixels(folder, "train"), labels(folder, "train")
    test, test_label = pixels(folder, "t10k"), labels(folder, "t10k")
    parts = {f"train-{k}.xz": image[k * PART : (k + 1) * PART] for k in range(4)}
    parts |= {"val.xz": image[-HELD:], "test.xz": test}
    names = {"train": label[:-HELD], "val": label[-HELD:], "test": test_label}
    parts |= {f"label-{split}.xz": name for split, name in names.items()}
    for name, array in parts.items():
        (out / name).write_bytes(lzma.compress(array.tobytes(), preset=9 | lzma.PRESET_EXTREME))
    card = {
        "name": "fashion",
        "title": "Fashion-MNIST",
        "licence": "MIT",
        "sources": [package.source()],
        "shape": [1, 28, 28],
        "classes": CLASSES,
        "splits": {split: len(name) for split, name in names.items()},
        "class_counts": {s: np.bincount(name).tolist() for s, name in names.items()},
        "split_rule": "test is the official one; val is the last 10,000 images of the official "
        "training set, train the 50,000 before them, in the published order.",
        "images": {
            "train": [f"train-{k}.xz" for k in range(4)],
            "val": ["val.xz"],
            "test": ["test.xz"],
        },
    }
    common.write_card(out, card, list(parts))


if __name__ == "__main__":
    common.run(build)
