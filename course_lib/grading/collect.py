"""What was handed in: a notebook a student, read as data. Nothing of it is run here.

FOLDER/ann/lab.ipynb, FOLDER/ann/01_representation/lab.ipynb, as nbgrader has it, and
FOLDER/ann.ipynb are all read. What cannot be read says why in one sentence.
"""

import json
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_lib.core.errors import CourseError

MOST = 20 << 20  # bytes of a notebook, with its outputs
CODE = 2 << 20  # letters of all code cells
CELLS = 5000
DEPTH, ENTRIES = 4, 5000  # of a student's folder that is searched
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".7z", ".rar", ".xz", ".bz2")


@dataclass
class Submission:
    """Whose it is and where. trouble: why it cannot be graded, in a sentence; "" if it can."""

    student: str
    file: Path
    trouble: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Cell:
    """kind: code, markdown or raw. grade: nbgrader's id, or "". id: the notebook format's own."""

    kind: str
    source: str
    grade: str = ""
    id: str = ""


def clean(text: str, most: int = 1000) -> str:
    """Text of a student without what a terminal or a page could trip over, and not too long."""
    text = text.encode("utf-8", "replace").decode()
    text = "".join(c if c.isprintable() or c == "\n" else "�" for c in text[: most + 1])
    return text if len(text) <= most else text[: most - 1] + "…"


def submissions(folder: Path, lab: str, leave: Sequence[Path] = ()) -> list[Submission]:
    """All that is in a folder, by student. leave: what is none, such as results.

    Raises CourseError for a folder that cannot be read, or is empty.
    """
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: (entry.is_file(), entry.name))
    except OSError as error:
        raise CourseError(f"{folder} cannot be read: {error.strerror}.") from None
    found: dict[str, Submission] = {}
    known = {path.resolve() for path in leave}
    for entry in entries:
        if entry.name.startswith(".") or Path(entry.path).resolve() in known:
            continue
        if one := submission(entry, lab):
            if one.student in found:  # ann/ and ann.ipynb
                one.student = clean(entry.name)
            found[one.student] = one
    if not found:
        raise CourseError(
            f"There is no notebook in {folder}: put each into a folder named after its student."
        )
    return [found[name] for name in sorted(found)]


def submission(entry: os.DirEntry, lab: str) -> Submission | None:
    """What one entry of the folder is; None for a file that nobody handed in."""
    path = Path(entry.path)
    notebook = path.suffix == ".ipynb"
    student = clean(
        path.stem if not entry.is_dir(follow_symlinks=False) and notebook else path.name
    )
    if entry.is_symlink():
        return Submission(student, path, f"{path.name} is a link: put the file itself there.")
    if entry.is_dir():
        return chosen(student, path, lab)
    if notebook:
        return Submission(student, path)
    if path.suffix.lower() in ARCHIVES:
        text = f"{path.name} is an archive, which is not unpacked here: unpack it into a folder."
        return Submission(clean(path.stem), path, text)
    return None


def chosen(student: str, folder: Path, lab: str) -> Submission:
    """The notebook of a student's folder that counts."""
    files = list(walk(folder, DEPTH))
    books = [file for file in files if file.suffix == ".ipynb"]
    for wanted in (
        [file for file in books if file.parent.name == lab and file.name == "lab.ipynb"],
        [file for file in books if file.name == "lab.ipynb"],
        books,
    ):
        if len(wanted) == 1:
            others = len(books) - 1
            notes = [] if wanted[0].name == "lab.ipynb" else [f"The file is {wanted[0].name!r}."]
            notes += [f"{others} other notebooks in the folder do not count."] * bool(others)
            return Submission(student, wanted[0], "", [clean(note) for note in notes])
    if books:
        text = (
            f"The folder holds {len(books)} notebooks and none is lab.ipynb: leave the right one."
        )
        return Submission(student, folder, text)
    archive = next((file.name for file in files if file.suffix.lower() in ARCHIVES), None)
    text = (
        f"There is no notebook, but {archive}: unpack it." if archive else "There is no notebook."
    )
    return Submission(student, folder, clean(text))


def walk(folder: Path, depth: int) -> Iterator[Path]:
    """Files of a folder and of those in it; links and hidden ones are left out."""
    with os.scandir(folder) as entries:
        for _, entry in zip(range(ENTRIES), entries, strict=False):
            if entry.name.startswith(".") or entry.is_symlink():
                continue
            if entry.is_dir(follow_symlinks=False):
                if depth > 0:
                    yield from walk(Path(entry.path), depth - 1)
            else:
                yield Path(entry.path)


def content(file: Path) -> bytes:
    """The bytes of a file. Raises CourseError for a link, a pipe, or one that is too large."""
    try:
        handle = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | os.O_NONBLOCK)
    except OSError as error:
        raise CourseError(f"{file.name} cannot be opened: {error.strerror}.") from None
    with os.fdopen(handle, "rb") as stream:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise CourseError(f"{file.name} is no plain file.")
        if about.st_size > MOST:
            raise CourseError(
                f"The notebook has {about.st_size / 1e6:.0f} MB, and at most {MOST / 1e6:.0f} are "
                "read. Clear its outputs and hand it in again."
            )
        return stream.read(MOST)


def cells(raw: bytes) -> list[Cell]:
    """The cells of a notebook. Raises CourseError for anything else."""
    try:
        book = json.loads(raw)
        listed = book["cells"]
        if book["nbformat"] != 4 or len(listed) > CELLS:
            raise ValueError("another format, or too many cells")
        found = [cell(one) for one in listed]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise CourseError(
            f"The file is no notebook that can be read ({type(error).__name__}): save it again in "
            "JupyterLab and hand it in once more."
        ) from None
    if sum(len(one.source) for one in found if one.kind == "code") > CODE:
        raise CourseError(f"The code cells have more than {CODE >> 20} million letters.")
    return found


def cell(one: dict[str, Any]) -> Cell:
    """One cell; raises what reading another form raises."""
    source = one["source"]
    text = source if type(source) is str else "".join(source)
    about = one.get("metadata", {}).get("nbgrader", {})
    grade = about.get("grade_id", "") if type(about) is dict else ""
    kind, own = one["cell_type"], one.get("id", "")
    if not all(type(word) is str for word in (kind, grade, own)):
        raise TypeError("a word of a cell is no string")
    return Cell(kind, text, grade, own)
