"""How things are measured here: in turns, in one process, by the median; memory in a fresh one.

A laptop's clock and its neighbours change from minute to minute, so what is compared takes turns
within seconds, and what is stored is a ratio beside the times it comes from.
"""

import ctypes
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

import torch

from course_lib.claims.record import machine, results, rounded, versions
from course_lib.core.errors import CourseError
from course_lib.core.files import write_whole
from course_lib.core.hardware import MMAP_MAX, TRIM_THRESHOLD

THREADS = 2
MMAP_THRESHOLD = -3  # of glibc's malloc.h


def turns(arms: Mapping[str, Callable[[], object]], rounds: int, warm: int = 2) -> dict[str, float]:
    """Median seconds of a call of each arm: rounds of one call each, the first `warm` uncounted."""
    taken: dict[str, list[float]] = {name: [] for name in arms}
    for number in range(rounds + warm):
        for name, call in arms.items():
            begin = time.perf_counter()
            call()
            if number >= warm:
                taken[name].append(time.perf_counter() - begin)
    return {name: median(seconds) for name, seconds in taken.items()}


def give_back_memory() -> None:
    """Undoes `keep_memory`: glibc as it is by itself once it has seen large blocks come and go."""
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(MMAP_MAX, 2**16)
        libc.mallopt(MMAP_THRESHOLD, 2**25)
        libc.mallopt(TRIM_THRESHOLD, 2**26)
        libc.malloc_trim(0)


def peak_of(code: str, *arguments: str) -> float:
    """Peak memory in MB of a fresh process that runs `code`, its child processes included.

    Pages that processes share are shared out among them (Linux's PSS), looked at ten times a
    second.
    """
    if not Path("/proc/self/smaps_rollup").exists():
        raise CourseError("Memory of a group of processes is read from /proc, which Linux has.")
    command = [sys.executable, "-c", code, *arguments]
    env = {**os.environ, "OMP_NUM_THREADS": str(THREADS)}
    with subprocess.Popen(command, env=env, cwd=results().parent) as process:
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, sum(proportional(pid) for pid in family(process.pid)))
            time.sleep(0.1)
    if process.returncode:
        raise CourseError(f"The process measured for memory ended with {process.returncode}.")
    return peak


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    try:
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [pid, *(one for child in below for one in family(int(child)))]


def proportional(pid: int) -> float:
    """A process's share of memory in MB, 0 if it has just ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def seconds_of(*command: str) -> float:
    """Wall time of a command of the course, from a cold process to its end."""
    begin = time.perf_counter()
    course = [sys.executable, "-m", "course_lib", *command]
    subprocess.run(course, check=True, capture_output=True, cwd=results().parent)
    return time.perf_counter() - begin


def store(name: str, values: Mapping, note: str = "") -> Path:
    """results/bench/NAME.json: where it was measured, and what came out."""
    content = {
        "machine": machine(),
        "versions": versions(),
        "threads": torch.get_num_threads(),
        "note": note,
        "values": values,
    }
    file = results() / "bench" / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, (json.dumps(rounded(content), indent=1) + "\n").encode())
    return file


def stored(name: str) -> dict | None:
    """What `store` wrote, None where nothing was measured yet."""
    file = results() / "bench" / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
