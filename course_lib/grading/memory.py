"""How much memory all processes of a sandbox have together: a cgroup's limit, else a watcher.

A cgroup is the kernel's own limit, and needs one that may be written to: root's, or one that was
delegated. The watcher looks again and again, so it lets a little more pass.
"""

import contextlib
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

TOP = Path("/sys/fs/cgroup")


def guard(limit: int) -> "Group | Watcher":
    """What holds a sandbox to `limit` bytes; a cgroup where that is possible."""
    for parent, setting, events in places():
        folder = parent / f"course-grade-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            (folder / setting).write_text(str(limit))
            return Group(folder, folder / events)
        except OSError:
            folder.rmdir()
    return Watcher(limit)


def places() -> Iterator[tuple[Path, str, str]]:
    """Where a cgroup may be made, the file of its limit, and that which counts processes killed."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers == "memory":
                yield TOP / "memory" / path[1:], "memory.limit_in_bytes", "memory.oom_control"
            if not controllers:
                yield TOP / path[1:], "memory.max", "memory.events"


class Group:
    """A cgroup of its own. wrap: words before a command, which then runs in it."""

    def __init__(self, folder: Path, events: Path):
        self.folder, self.events, self.killed = folder, events, 0
        words = 'echo $$ > "$0" && exec "$@"'
        self.wrap: Sequence[str] = ("bash", "-c", words, str(folder / "cgroup.procs"))

    def over(self, pid: int) -> bool:
        """Whether the kernel ended a process for its memory since this was last asked."""
        before = self.killed
        with contextlib.suppress(OSError, ValueError):
            lines = dict(line.split(" ", 1) for line in self.events.read_text().splitlines())
            self.killed = int(lines.get("oom_kill", 0))
        return self.killed > before

    def close(self) -> None:
        """Removes it, once its processes have gone."""
        for _ in range(100):
            try:
                return self.folder.rmdir()
            except OSError:
                time.sleep(0.02)


class Watcher:
    """Adds up the memory of a process and all below it."""

    wrap: Sequence[str] = ()

    def __init__(self, limit: int):
        self.limit = limit

    def over(self, pid: int) -> bool:
        """Whether they have more than the limit; shared pages count once."""
        family = list(descendants(pid))
        if sum(resident(one) for one in family) <= self.limit:
            return False
        return sum(proportional(one) for one in family) > self.limit

    def close(self) -> None:
        """Nothing is left behind."""


def descendants(pid: int) -> Iterator[int]:
    """A process and all that it has started, as far as they still run."""
    yield pid
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            children = Path(f"/proc/{pid}/task/{task}/children").read_text().split()
            for child in children:
                yield from descendants(int(child))


def resident(pid: int) -> int:
    """Bytes in memory, among them those that others share; 0 for a process that has gone."""
    with contextlib.suppress(OSError, IndexError):
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    return 0


def proportional(pid: int) -> int:
    """Bytes in memory, shared ones divided by how many share them."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return 1024 * int(next(line.split()[1] for line in lines if line.startswith("Pss:")))
    return resident(pid)
