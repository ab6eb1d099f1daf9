"""Where answers run: bubblewrap, with nothing to see but Python and a part of the library.

As root it makes no user namespace, in which limits on processes would not hold: a fresh user id
and no capabilities do it. Others get a user namespace. Both have no network, see no process but
their own, and write to nothing but a small folder in memory.
"""

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

from course_lib.core import paths
from course_lib.grading.task import MIB, Limits

LIBRARY = "/course"
SEEN = ("__init__.py", "core", "data", "views", "nets")  # of course_lib
ALSO = ("assemble.py", "brief.py", "call.py", "exercise.py", "inside.py", "task.py", "wire.py")
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc/ld.so.cache")
MODES = ("bubblewrap", "unsafe")
START = (
    "import sys; sys.path[:0] = [{library!r}]; sys.path += {more!r}; "
    "from course_lib.grading import inside; inside.main()"
)
PROBE = (
    "import os; words = open('/proc/self/status').read().split(); "
    "print('ready' if os.getuid() and not int(words[words.index('CapEff:') + 1], 16) else 'root')"
)
ADVICE = "or grade with --unsafe on a machine whose loss you can bear"


def python() -> tuple[list[str], list[str]]:
    """Folders that the interpreter needs, and those of its packages."""
    packages = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    for name in ("torch", "numpy"):
        spec = find_spec(name)
        if spec and spec.origin:
            packages.add(str(Path(spec.origin).parents[1]))
    folders = {sys.prefix, sys.base_prefix, str(Path(sys.executable).resolve().parents[1])}
    return sorted(folders | packages), sorted(packages)


def inside(path: str | Path, folders: Iterable[str | Path]) -> bool:
    """Whether a path lies in one of these folders."""
    return any(Path(path).is_relative_to(folder) for folder in folders)


def bound() -> list[str]:
    """What is seen of the machine; a folder in another that is seen is not named again."""
    wanted = [*SYSTEM, *python()[0]]
    found: list[str] = []
    for path in wanted:
        if os.path.exists(path) and not inside(path, found):
            found.append(path)
    return found


def view(hidden: Sequence[Path]) -> list[str]:
    """bubblewrap's words for what is seen. hidden: folders that must not be, wherever they lie."""
    seen = bound()
    known = {parent for path in seen for parent in Path(path).parents if str(parent) != "/"}
    words = [w for p in sorted(known) for w in ("--perms", "0755", "--dir", str(p))]
    words += [w for path in seen for w in ("--ro-bind", path, path)]
    secret = [path.resolve() for path in (paths.root() or paths.PACKAGE, *hidden)]
    covered = [path for path in secret if inside(path, seen)]
    words += [w for path in covered for w in ("--tmpfs", str(path))]
    for path in filter(lambda path: inside(path, covered), python()[0]):  # a .venv in the checkout
        words += ["--ro-bind", path, path]
    package, grading = paths.PACKAGE, f"{LIBRARY}/course_lib/grading"
    for folder in (LIBRARY, f"{LIBRARY}/course_lib", grading):
        words += ["--perms", "0755", "--dir", folder]
    for name in SEEN:
        words += ["--ro-bind", str(package / name), f"{LIBRARY}/course_lib/{name}"]
    words += ["--ro-bind", str(package / "grading" / "absent.py"), f"{grading}/__init__.py"]
    for name in ALSO:
        words += ["--ro-bind", str(package / "grading" / name), f"{grading}/{name}"]
    packs = next((folder for folder in paths.packs() if folder.is_dir()), None)
    return words + (["--ro-bind", str(packs), f"{LIBRARY}/data"] if packs else [])


def environment(home: str, library: str) -> dict[str, str]:
    """The variables that an answer sees."""
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS")}
    known = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "USER": "student", "LOGNAME": "student"}
    more = {"COURSE_DATA": f"{library}/data", "COURSE_HOME": f"{home}/course"}
    return {**known, **threads, **more, "HOME": home, "TMPDIR": home}


def command(limits: Limits, hidden: Sequence[Path] = ()) -> list[str]:
    """The words that run a command in a sandbox, which comes after them."""
    words = ["bwrap", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    drop: list[str] = []
    if os.geteuid() == 0:
        for name in ("pid", "net", "ipc", "uts", "cgroup-try"):
            words.append(f"--unshare-{name}")
        for name in ("SETUID", "SETGID", "SETPCAP"):
            words += ["--cap-add", f"CAP_{name}"]
        user = str(fresh())
        drop = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"]
        drop += ["--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]
    else:
        words += ["--unshare-all", "--uid", "65534", "--gid", "65534"]
    words += view(hidden)
    words += ["--proc", "/proc", "--dev", "/dev"]
    for folder, size in (("/tmp", limits.disk), ("/dev/shm", 16 * MIB)):
        words += ["--size", str(size), "--perms", "1777", "--tmpfs", folder]
    words += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp", "--clearenv"]
    for name, value in environment("/tmp", LIBRARY).items():
        words += ["--setenv", name, value]
    return [*words, "--", *drop, *limited(limits)]


def limited(limits: Limits, count: bool = True) -> list[str]:
    """A shell that sets the limits of a process, which those that it starts inherit.

    count: also of the number of processes; an older kernel counts all that the user has.
    """
    words = f"ulimit -c 0; ulimit -v {limits.space >> 10}; ulimit -f {limits.disk >> 10}; "
    if count:
        own = 0 if os.geteuid() == 0 else running(os.geteuid())
        words += f"ulimit -u {limits.processes + own}; ulimit -n 256; "
    return ["bash", "-c", words + 'exec "$@"', "limits"]


def running(user: int) -> int:
    """How many processes and threads a user has."""
    found = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_uid == user:
                found += len(os.listdir(folder / "task"))
    return found


def fresh() -> int:
    """A user id that nobody has, from those that this machine or container knows."""
    try:
        ranges = [line.split() for line in Path("/proc/self/uid_map").read_text().splitlines()]
        end = min(2_000_000_000, max(int(first) + int(count) for first, _, count in ranges))
    except (OSError, ValueError):
        end = 65_536
    begin = min(100_000, end // 2)
    return begin + secrets.randbelow(end - begin)


def refusal() -> str:
    """Why no sandbox can be had here, in a sentence; "" where one can."""
    if not sys.platform.startswith("linux"):
        return f"Student code runs in bubblewrap, which only Linux has: grade there, {ADVICE}."
    lacking = [name for name in ("bwrap", "setpriv", "bash") if not shutil.which(name)]
    if lacking:
        return (
            f"Student code runs in a sandbox, and {' and '.join(lacking)} is missing: install "
            f"bubblewrap and util-linux, {ADVICE}."
        )
    words = [*command(Limits()), sys.executable, "-I", "-c", PROBE]
    try:
        tried = subprocess.run(words, capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"The sandbox does not start ({error}): use bubblewrap 0.7 or newer, {ADVICE}."
    if tried.stdout.strip() == "ready":
        return ""
    why = (tried.stderr.strip() or tried.stdout.strip()).splitlines()[-1:] or ["no message"]
    return f"The sandbox does not start ({why[0]}): use bubblewrap 0.7 or newer, {ADVICE}."
