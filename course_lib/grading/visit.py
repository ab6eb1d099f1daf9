"""One submission's answers, from the sandbox: started, watched, and started again if it breaks.

What comes out is bytes of a bounded number and how each exercise ended. An exercise that ends the
sandbox is the one that was running; the others have another one.
"""

import contextlib
import json
import os
import pickle
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from course_lib.core import paths
from course_lib.core.errors import CourseError
from course_lib.grading import sandbox
from course_lib.grading.memory import Group, Watcher, descendants, guard
from course_lib.grading.task import Job, Limits, Task
from course_lib.grading.wire import MOST

GRACE = 10.0  # seconds that the sandbox has to end an exercise that is too slow
PAUSE = 0.1  # seconds between two looks at the memory
ENDS = ("answered", "timeout", "killed", "memory")


class Ended(Exception):
    """The sandbox has ended, or must: the reason is one of `ENDS`."""


@dataclass
class Ending:
    """How an exercise ended in the sandbox, and its message. seconds: by the clock."""

    end: str
    message: bytes = b""
    seconds: float = 0.0


@dataclass
class Visit:
    """One sandbox for some tasks. hidden: folders that must not be seen in it."""

    tasks: Sequence[Task]
    seed: int
    limits: Limits
    hidden: Sequence[Path] = ()
    unsafe: bool = False
    found: dict[str, Ending] = field(default_factory=dict)
    ready: bool = False
    running: str = ""
    since: float = 0.0

    def run(self) -> dict[str, Ending]:
        """How the tasks ended, up to and with one that ended the sandbox. Raises CourseError where
        it did not even start, which is no fault of a submission."""
        watch: Group | Watcher = guard(self.limits.memory)
        with tempfile.TemporaryDirectory(prefix="course-grade-") as home:
            process = self.start(watch, home)
            try:
                self.listen(process, watch)
            except (Ended, OSError) as why:
                if not self.ready:
                    raise CourseError(f"The sandbox did not start: {last(process)}.") from None
                if self.running:
                    end = str(why) if str(why) in ENDS else "killed"
                    end = "memory" if watch.over(process.pid) else end
                    self.found[self.running] = Ending(end, b"", time.monotonic() - self.since)
            finally:
                for pid in list(descendants(process.pid)):
                    with contextlib.suppress(OSError):
                        os.kill(pid, signal.SIGKILL)
                process.wait()
                for stream in (process.stdout, process.stderr):
                    if stream:
                        stream.close()
                watch.close()
        return self.found

    def start(self, watch: Group | Watcher, home: str) -> subprocess.Popen:
        """The process, with its job as its input."""
        job = Job(list(self.tasks), self.seed, self.limits.seconds, self.limits.processor)
        job.namespace = os.readlink("/proc/self/ns/pid") if sys.platform == "linux" else ""
        library, more = sandbox.LIBRARY, sandbox.python()[1]
        words, env = sandbox.command(self.limits, self.hidden), None
        if self.unsafe:
            library, words = str(paths.PACKAGE.parent), sandbox.limited(self.limits, count=False)
            env = sandbox.environment(home, library)
        code = sandbox.START.format(library=library, more=more)
        words = [*watch.wrap, *words, sys.executable, "-I", "-c", code]
        with tempfile.TemporaryFile() as file:
            file.write(pickle.dumps(job))
            file.seek(0)
            return subprocess.Popen(
                words,
                stdin=file,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=env,
                cwd=home,
                start_new_session=True,
            )

    def listen(self, process: subprocess.Popen, watch: Group | Watcher) -> None:
        """Reads all frames. Raises Ended."""
        reader = Reader(process, watch)
        json.loads(reader.frame(self.limits.start, 1000))
        self.ready = True
        for task in self.tasks:
            self.running, self.since = task.id, time.monotonic()
            wait = self.limits.seconds + GRACE
            try:
                json.loads(reader.frame(wait, 1000))
                how = json.loads(reader.frame(wait, 1000))
                message = reader.frame(wait, MOST)
                end = how["end"] if how["end"] in ENDS else "killed"
            except (ValueError, TypeError, KeyError):  # what a student's code wrote there
                raise Ended("killed") from None
            if end != "answered" and watch.over(process.pid):
                end = "memory"
            seconds = time.monotonic() - self.since
            self.found[task.id], self.running = Ending(end, message, seconds), ""


class Reader:
    """Reads frames of a bounded size from a process, in a bounded time."""

    def __init__(self, process: subprocess.Popen, watch: Group | Watcher):
        self.process, self.watch = process, watch
        self.stream = process.stdout.fileno() if process.stdout else -1
        self.poll = select.poll()
        self.poll.register(self.stream, select.POLLIN | select.POLLHUP)

    def frame(self, seconds: float, most: int) -> bytes:
        """The next frame. Raises Ended."""
        deadline = time.monotonic() + seconds
        size = int.from_bytes(self.exactly(8, deadline), "big")
        if size > most:
            raise Ended("killed")
        return self.exactly(size, deadline)

    def exactly(self, size: int, deadline: float) -> bytes:
        """So many bytes."""
        raw = bytearray()
        looked = time.monotonic()
        while len(raw) < size:
            ready = self.poll.poll(1000 * PAUSE)
            now = time.monotonic()
            if now > deadline:
                raise Ended("timeout")
            if now - looked >= PAUSE:
                looked = now
                if self.watch.over(self.process.pid):
                    raise Ended("memory")
            if ready:
                more = os.read(self.stream, min(1 << 16, size - len(raw)))
                if not more:
                    raise Ended("killed")
                raw += more
        return bytes(raw)


def last(process: subprocess.Popen) -> str:
    """The last line of what a process complained about."""
    process.kill()
    text = os.read(process.stderr.fileno(), 1 << 16) if process.stderr else b""
    lines = text.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else "it said nothing"


def answers(
    tasks: Sequence[Task],
    seed: int,
    limits: Limits,
    hidden: Sequence[Path] = (),
    unsafe: bool = False,
) -> dict[str, Ending]:
    """How every task ended, in as many sandboxes as it takes."""
    found: dict[str, Ending] = {}
    while left := [task for task in tasks if task.id not in found]:
        found |= Visit(left, seed, limits, hidden, unsafe).run()
    return found
