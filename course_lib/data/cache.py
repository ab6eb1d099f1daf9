"""Decoded and rendered arrays, kept so that only the first load takes its time.

One file a key in `$COURSE_HOME/cache`, mapped into memory when it is read. A key changes with the
options, with the packs and with this package's own source, so an entry is never stale; one that
cannot be read is made anew.
"""

import contextlib
import hashlib
import os
import pickle
from collections.abc import Callable
from functools import cache
from pathlib import Path

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
    file = paths.home() / "cache" / f"{name}.pt"
    try:
        columns = torch.load(file, mmap=True, weights_only=True)
        os.utime(file)
        return columns
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError):
        columns = make()
    part = file.with_suffix(f".{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        torch.save(columns, part)
        part.replace(file)
        prune(file.parent)
    except (OSError, RuntimeError):  # a full or read-only disk: only the next load is slower
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return columns


def prune(folder: Path, keep: int = KEEP_BYTES) -> None:
    """Removes the entries used longest ago until the rest is at most `keep` bytes."""
    total = 0
    newest_first = sorted(folder.glob("*.pt"), key=lambda f: f.stat().st_mtime, reverse=True)
    for file in newest_first:
        total += file.stat().st_size
        if total > keep:
            file.unlink(missing_ok=True)
