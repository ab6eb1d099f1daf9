"""The student's folder `work/`: lectures and labs are copied there and never overwritten.

`work/.copied.json` keeps, for each copy, the hash of the course's version that it came from. A copy
that still has this hash was not touched and follows the course; one that was touched stays, and the
course's newer version is put beside it as `NAME.new.ipynb`.
"""

import hashlib
import json
from itertools import count
from pathlib import Path

from course_lib.core.files import write_whole

RECORD = ".copied.json"


def sources(root: Path) -> dict[str, Path]:
    """Where each notebook goes in `work/` → the course's own file."""
    found = {file.name: file for file in sorted((root / "lectures").glob("*.ipynb"))}
    for file in sorted((root / "labs").glob("*/*.ipynb")):
        found[file.relative_to(root).as_posix()] = file
    return found


def refresh(root: Path, work: Path) -> list[str]:
    """Bring `work` up to date with the course → one sentence for each thing a student must know."""
    work.mkdir(parents=True, exist_ok=True)
    record, told = read_record(work / RECORD)
    for name, source in sources(root).items():
        known = record.get(name, {})
        record[name], sentence = place(source.read_bytes(), work / name, known)
        told += [sentence] if sentence else []
    write_whole(work / RECORD, json.dumps(record, indent=1, sort_keys=True).encode())
    return told


def place(new: bytes, copy: Path, known: dict[str, str]) -> tuple[dict[str, str], str]:
    """Copy one notebook where that loses nothing → its new record and a sentence, or "".

    known: {"from": hash of the version that the copy was made from, "offered": hash of a newer one
    that was put beside it}; empty for a notebook that was never copied.
    """
    version = digest(new)
    have = digest(copy.read_bytes()) if copy.exists() else None
    if have in (None, version, known.get("from")):
        if have != version:
            write_whole(copy, new)
        return {"from": version}, ""
    if version in (known.get("from"), known.get("offered")):
        return known, ""
    beside = free_name(copy, known.get("offered"))
    write_whole(beside, new)
    sentence = f"{copy.name} has a newer version; yours is kept and it lies beside: {beside.name}."
    return known | {"offered": version}, sentence


def free_name(copy: Path, offered: str | None) -> Path:
    """`NAME.new.ipynb`, or `.new2` and so on where a student has worked in the earlier ones."""
    for number in count(1):
        tail = ".new" if number == 1 else f".new{number}"
        path = copy.with_name(f"{copy.stem}{tail}{copy.suffix}")
        if not path.exists() or digest(path.read_bytes()) == offered:
            return path
    raise AssertionError("unreachable: count does not end")


def read_record(file: Path) -> tuple[dict[str, dict[str, str]], list[str]]:
    """The record and a sentence if it was damaged; then every copy counts as the student's own."""
    if not file.exists():
        return {}, []
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        if all(isinstance(row, dict) for row in record.values()):
            return record, []
    except (ValueError, AttributeError):
        pass
    return {}, [f"{file} was damaged, so every notebook in work/ is treated as changed by you."]


def digest(content: bytes) -> str:
    """The hash that stands for a version of a notebook."""
    return hashlib.sha256(content).hexdigest()
