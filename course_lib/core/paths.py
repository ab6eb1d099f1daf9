"""Where things live: the checkout, the student's folder, the data packs. Standard library only."""

import os
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def root() -> Path | None:
    """The checkout that this library runs from, or None when it is installed elsewhere."""
    folder = PACKAGE.parent
    return folder if (folder / "pyproject.toml").is_file() else None


def home() -> Path:
    """The student's own folder: $COURSE_HOME, or `course` in the user's data folder.

    Holds progress and the cache of decoded data; created by whoever writes there first.
    """
    if chosen := os.environ.get("COURSE_HOME"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "course"


def packs() -> list[Path]:
    """Folders that may hold data packs, in the order in which they are searched."""
    folders = []
    if checkout := root():
        folders.append(checkout / "data")
    if chosen := os.environ.get("COURSE_DATA"):
        folders.append(Path(chosen).expanduser())
    folders.append(Path(sys.prefix) / "share" / "course" / "data")
    return folders
