"""pip, bound by the lock, its failures turned into one sentence. Standard library only."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from course_lib.core.errors import CourseError

# The first row whose pattern occurs in what pip wrote says what went wrong.
CAUSES = (
    (
        r"No space left on device|Errno 28|not enough space",
        "The disk became full during the install: free some space, then run the command again.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLError",
        "The connection to the package index is not trusted (often a proxy or a wrong clock): "
        "set pip's `cert` option or try another network, then run the command again.",
    ),
    (
        r"connection broken by|NewConnectionError|NameResolutionError|ConnectTimeoutError"
        r"|ReadTimeoutError|Read timed out|Max retries exceeded|ProxyError|Network is unreachable"
        r"|IncompleteRead|Connection reset",
        "The package index could not be reached: the first set-up needs the network (everything "
        "after it works offline), so connect, then run the command again.",
    ),
)


def explain(output: str) -> str:
    """One sentence for what pip wrote to stderr when it failed."""
    for pattern, sentence in CAUSES:
        if re.search(pattern, output):
            return sentence
    if missing := re.search(r"No matching distribution found for (\S+)", output):
        return (
            f"The package index has no {missing[1]} for this system and Python "
            f"{sys.version_info[0]}.{sys.version_info[1]}: try another Python from 3.11 to 3.14."
        )
    errors = [line for line in output.strip().splitlines() if line.strip()] or ["no message"]
    wrong = [line for line in errors if line.startswith("ERROR")] or errors
    return f"pip could not finish the install ({wrong[0].strip()}); run the command again."


def probe(python: Path, root: Path) -> None:
    """Ask for one small package, so that a missing network is known in seconds, not minutes."""
    quick = ["--quiet", "--retries", "0", "--timeout", "20", "--no-deps", "--ignore-installed"]
    run(python, root, [*quick, "--dry-run", "einops"], quiet=True)


def install(python: Path, root: Path, extras: Iterable[str], first: bool = True) -> None:
    """Install the course, editable, with these extras, each package at the version of the lock.

    first: show pip's progress, since minutes pass; later installs are short and say little.
    """
    names = ",".join(extras)
    if first:
        print("Installing what requirements.lock names; this once, it takes minutes.", flush=True)
    else:
        print("Updating .venv to requirements.lock.", flush=True)
    target = ["--editable", f"{root}[{names}]" if names else str(root)]
    run(python, root, target if first else ["--quiet", *target])


def run(python: Path, root: Path, args: list[str], quiet: bool = False) -> None:
    """`pip install args` under the lock. Errors: CourseError with the cause."""
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
    command += ["--constraint", str(root / "requirements.lock"), *args]
    # Wheels are unpacked beside the environment: /tmp is often a small disk in memory.
    scratch = root / ".venv" / "tmp"
    scratch.mkdir(exist_ok=True)
    names = ("TMPDIR", "TEMP", "TMP")
    env = os.environ | {name: str(scratch) for name in names} | {"PIP_USER": "0"}
    try:
        shown = subprocess.DEVNULL if quiet else None
        with subprocess.Popen(
            command, env=env, stdout=shown, stderr=subprocess.PIPE, text=True
        ) as process:
            lines = []
            for line in process.stderr or ():
                lines.append(line)
                if not quiet and not line.startswith(("ERROR", "WARNING")):
                    sys.stderr.write(line)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if process.returncode:
        raise CourseError(explain("".join(lines)))
