"""The course's own environment: made from the lock, trusted only when its stamp says it is whole.

Standard library only: this runs on a bare Python before anything is installed. A marker is written
before pip starts and turned into a stamp after it ends, so an interrupted install is redone.
"""

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from course_lib.core import paths
from course_lib.core.errors import CourseError
from course_lib.project.installer import install, probe

NAME = "ssl-course"
STAMP, MARKER = "course.json", "course-installing"
ALL_EXTRAS = ("test", "instructor", "compare", "stream", "packs")
BUILD = ("test", "instructor")  # notebooks, and labs from their solutions
NEEDS = {
    "lab": (),
    "release": ("instructor",),
    "check": BUILD,
    "notebooks": BUILD,
    "bench": ("compare",),
    "test": ALL_EXTRAS,
}

# GiB free before a first install. Linux was measured: 6.0 stay in .venv, 8.5 at the worst moment;
# pip's cache may keep the 2.5 that were downloaded. Elsewhere torch comes without CUDA.
DISK = {"linux": 11.0, "other": 4.0}


def interpreter(folder: Path) -> Path:
    """The Python of a virtual environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def fingerprint(root: Path) -> str:
    """A hash of all that decides what is installed: the lock, the dependencies and the folder."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    parts = [project["project"], project["build-system"], project["tool"].get("setuptools"), ""]
    parts[-1] = (root / "requirements.lock").read_text(encoding="utf-8")
    text = json.dumps([*parts, str(root)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def stamp(folder: Path) -> dict:
    """What a finished install wrote: {"key": fingerprint, "extras": [...]}; empty when unknown."""
    try:
        read = json.loads((folder / STAMP).read_text(encoding="utf-8"))
        return read if isinstance(read, dict) else {}
    except (OSError, ValueError):
        return {}


def installed_here() -> bool:
    """Whether the running Python has the course installed (conda, or an environment of one's own).

    Looks in this Python's own packages only, since a checkout may hold metadata of another one.
    """
    own = [sysconfig.get_path("purelib")]
    return any(True for _ in importlib.metadata.distributions(name=NAME, path=own))


def inside(folder: Path) -> bool:
    """Whether the running Python is that of the virtual environment in `folder`."""
    return Path(sys.prefix).resolve() == folder.resolve()


def enter(args: list[str]) -> None:
    """Return when this Python can run the command, else continue in one that can.

    Errors: CourseError when the environment is missing and cannot be made.
    """
    root = paths.root()
    folder = root / ".venv" if root else None
    command = args[0] if args else "help"
    if folder is None or (installed_here() and not inside(folder)):
        need_tools(NEEDS.get(command, ()))
        return
    if command in NEEDS:
        ensure(folder.parent, NEEDS[command])
    elif not stamp(folder):
        raise CourseError(
            "The course is not set up yet: run `make lab` or `python3 -m course_lib lab` once."
        )
    if not inside(folder):
        relaunch(interpreter(folder), args)


def need_tools(extras: Iterable[str]) -> None:
    """In an environment that is not ours to change, say what to install instead of doing it."""
    tools = {"test": "pytest", "instructor": "nbgrader", "compare": "lightly"}
    tools |= {"stream": "webdataset", "packs": "resvg_py"}
    missing = [e for e in extras if e in tools and not importlib.util.find_spec(tools[e])]
    if missing:
        wanted = ",".join(missing)
        raise CourseError(
            "This command needs more than your environment holds: run "
            f"`pip install -e '.[{wanted}]' -c requirements.lock` in it."
        )


def relaunch(python: Path, args: list[str]) -> NoReturn:
    """Continue the same command in another Python; does not return."""
    os.environ["PYTHONUTF8"] = "1"
    command = [str(python), "-m", "course_lib", *args]
    if os.name != "nt":
        os.execv(python, command)
    try:
        sys.exit(subprocess.call(command))  # Windows' execv returns to the shell at once
    except KeyboardInterrupt:
        sys.exit(130)


def ensure(root: Path, extras: Iterable[str] = ()) -> Path:
    """Make `.venv` match the lock, with these extras and those it already had → its Python.

    Costs milliseconds when it already does. Errors: CourseError, one sentence a cause.
    """
    folder = root / ".venv"
    if whole(root, extras):
        return interpreter(folder)
    try:
        with alone(root / ".venv.lock"):
            if not whole(root, extras):  # another command may have finished it meanwhile
                build(root, extras)
    except PermissionError as error:
        raise CourseError(
            f"Cannot write {error.filename}: copy the course to a folder of your own."
        ) from None
    return interpreter(folder)


def whole(root: Path, extras: Iterable[str]) -> bool:
    """Whether `.venv` was finished for this lock and holds these extras."""
    known = stamp(root / ".venv")
    fresh = known.get("key") == fingerprint(root) and interpreter(root / ".venv").exists()
    return fresh and set(extras) <= set(known["extras"])


def build(root: Path, extras: Iterable[str]) -> None:
    """Create or update `.venv`; anything but a finished one is first removed."""
    folder, python = root / ".venv", interpreter(root / ".venv")
    known = stamp(folder)
    if not known or not python.exists():
        start_afresh(folder)
    extras = sorted(set(extras) | set(known.get("extras", [])))
    probe(python, root)  # before the stamp goes: without a network the old one stays as it is
    (folder / MARKER).touch()
    (folder / STAMP).unlink(missing_ok=True)
    install(python, root, extras, first=not known)
    text = json.dumps({"key": fingerprint(root), "extras": extras})
    (folder / MARKER).write_text(text, encoding="utf-8")
    os.replace(folder / MARKER, folder / STAMP)


def start_afresh(folder: Path) -> None:
    """An empty virtual environment in `folder`, in place of an unfinished one of ours."""
    ours = any((folder / name).exists() for name in (STAMP, MARKER))
    if folder.exists() and any(folder.iterdir()) and not ours:
        raise CourseError(
            f"{folder} was not made by this command: move it away or delete it, then run it again."
        )
    if not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        raise CourseError(
            "This Python cannot make virtual environments: install its venv module (on Debian and "
            "Ubuntu: `sudo apt install python3-venv`), then run the command again."
        )
    shutil.rmtree(folder, ignore_errors=True)
    need_disk(folder.parent)
    folder.mkdir(exist_ok=True)
    (folder / MARKER).touch()
    print(f"Making {folder}.", flush=True)
    command = [sys.executable, "-m", "venv", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines() or ["no message"]
        raise CourseError(f"Could not make a virtual environment in {folder}: {said[-1]}")


def need_disk(folder: Path) -> None:
    """Refuse to start a first install that the disk cannot hold."""
    need = DISK.get(sys.platform, DISK["other"])
    free = shutil.disk_usage(folder).free / 2**30
    if free < need:
        raise CourseError(
            f"The first set-up needs about {need:.0f} GiB free and {folder} has {free:.1f}: free "
            "some space or move the course to another disk, then run the command again."
        )


@contextmanager
def alone(path: Path):
    """Hold a lock file, so that two commands started at once do not build the same folder."""
    with path.open("a+") as handle:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("Another command is setting up the course; waiting for it.", flush=True)
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield
