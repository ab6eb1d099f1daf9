"""The lock, written from what is installed: `.venv/bin/python -m course_lib.project.lock`.

Follows the dependencies of pyproject.toml, extras included, through the metadata of the installed
packages, for every system and Python that the course supports. A package that only some systems
need gets a marker. One that this system lacks keeps the version it had in the lock, or is asked of
the package index.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course_lib.core.errors import CourseError

SYSTEMS = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "darwin": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    "win32": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
}
MACHINES = {"linux": "x86_64", "darwin": "arm64", "win32": "AMD64"}
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
HEADER = """\
# Every package of the course and its extras at the version that was tested.
# Used as constraints: pip install -e . -c requirements.lock
# Written by course_lib/project/lock.py; CONTRIBUTING.md says how to renew it.
"""


def declared(root: Path, extras: bool = True) -> list[Requirement]:
    """The requirements of pyproject.toml: dependencies, and with extras those and the build's."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    lines = list(project["project"]["dependencies"])
    if extras:
        lines += sum(project["project"]["optional-dependencies"].values(), [])
        lines += project["build-system"]["requires"]
    return [Requirement(line) for line in lines]


def pins(root: Path) -> dict[str, Requirement]:
    """The lock as it is: canonical name → requirement, `==` and marker included."""
    text = (root / "requirements.lock").read_text(encoding="utf-8")
    rows = [Requirement(row) for row in text.splitlines() if row and not row.startswith("#")]
    return {canonicalize_name(row.name): row for row in rows}


@cache
def metadata(name: str) -> tuple[str, list[Requirement]] | None:
    """An installed package's version, without a local suffix, and its requirements."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return None
    return found.version.partition("+")[0], [Requirement(row) for row in found.requires or []]


def closure(wanted: list[Requirement], environment: dict[str, str]) -> set[str]:
    """Canonical names of all that `wanted` brings in on one system."""
    seen: set[tuple[str, str]] = set()
    todo = [(row, "") for row in wanted]
    while todo:
        row, parent_extra = todo.pop()
        if row.marker and not row.marker.evaluate(environment | {"extra": parent_extra}):
            continue
        name = canonicalize_name(row.name)
        for extra in ("", *row.extras):
            if (name, extra) not in seen:
                seen.add((name, extra))
                known = metadata(name)
                todo += [(needs, extra) for needs in (known[1] if known else [])]
    return {name for name, _ in seen}


def here() -> dict[str, str]:
    """The running system and Python as markers see them."""
    return {name: str(value) for name, value in default_environment().items()}


def needed() -> Iterator[tuple[str, dict[str, str]]]:
    """Each supported system and Python as markers see it."""
    for system, values in SYSTEMS.items():
        for python in PYTHONS:
            version = {"python_version": python, "python_full_version": f"{python}.0"}
            machine = {"platform_machine": MACHINES[system]}
            yield system, here() | values | version | machine


def latest(name: str) -> str:
    """The newest version of a package that this system does not need."""
    command = [sys.executable, "-m", "pip", "index", "versions", name]
    said = subprocess.run(command, capture_output=True, text=True)
    if not (found := re.search(r"\(([\d.]+)\)", said.stdout)):
        raise CourseError(f"No version of {name} is known: pin it in requirements.lock by hand.")
    return found[1]


def write(root: Path) -> str:
    """The text of a new lock."""
    wanted, old = declared(root), pins(root) if (root / "requirements.lock").exists() else {}
    systems: dict[str, set[str]] = {}
    for system, environment in needed():
        for name in closure(wanted, environment):
            systems.setdefault(name, set()).add(system)
    rows = []
    for name, on in sorted(systems.items()):
        known = metadata(name)
        version = known[0] if known else str(old[name].specifier)[2:] if name in old else ""
        marker = " or ".join(f'sys_platform == "{system}"' for system in sorted(on))
        if len(on) == 2:
            marker = f'sys_platform != "{min(SYSTEMS.keys() - on)}"'
        tail = f"; {marker}" if len(on) < len(SYSTEMS) else ""
        rows.append(f"{name}=={version or latest(name)}{tail}")
    return HEADER + "\n".join(rows) + "\n"


def main() -> None:
    """Write requirements.lock and say what changed."""
    root = Path(__file__).resolve().parents[2]
    file = root / "requirements.lock"
    before = set(file.read_text(encoding="utf-8").splitlines()) if file.exists() else set()
    text = write(root)
    file.write_text(text, encoding="utf-8")
    after = set(text.splitlines())
    print(
        "\n".join([f"- {row}" for row in before - after] + [f"+ {row}" for row in after - before])
    )


if __name__ == "__main__":
    main()
