"""Decoded and rendered arrays, kept so that only the first load takes its time.

One .npz file a key in `$COURSE_HOME/cache`. A key changes with the options, with the packs and with
this package's own source, so an entry is never stale; a damaged one fails its CRC and is made anew.
"""

import hashlib
import os
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from course_lib.core import paths, randomness

KEEP_BYTES = 3 * 2**30


@cache
def source() -> str:
    """A hash of every file that decides what a data set looks like."""
    files = [*sorted(Path(__file__).parent.glob("*.py")), Path(randomness.__file__)]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def cached(key: str, make: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
    """`make()`, or what it returned before under this key; a folder that cannot be written to
    costs time and nothing else."""
    name = hashlib.sha256(f"{key}|{source()}".encode()).hexdigest()[:32]
    file = paths.home() / "cache" / f"{name}.npz"
    try:
        with np.load(file) as stored:
            columns = {name: torch.from_numpy(stored[name]) for name in stored.files}
        os.utime(file)
        return columns
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        columns = make()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(f".{os.getpid()}.part")
        with part.open("wb") as stream:
            np.savez(stream, **{name: column.numpy() for name, column in columns.items()})
        part.replace(file)
        prune(file.parent)
    except OSError:
        pass  # a full or read-only disk: the arrays are here, only the next load is slower
    return columns


def prune(folder: Path, keep: int = KEEP_BYTES) -> None:
    """Removes the entries used longest ago until the rest is at most `keep` bytes."""
    total = 0
    for file in sorted(folder.glob("*.npz"), key=lambda f: f.stat().st_mtime, reverse=True):
        total += file.stat().st_size
        if total > keep:
            file.unlink(missing_ok=True)
