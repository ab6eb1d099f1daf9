"""`course doctor`: what is installed, what this machine has, whether every pack is whole.

Each finding is right, a note, or wrong; a wrong one says what to do and makes the exit code 1. A
library that cannot even be imported is a finding too, so torch is imported inside functions only.
"""

import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from course_lib.core import paths
from course_lib.core.errors import CourseError
from course_lib.project import system

RIGHT, NOTE, WRONG = "ok", "note", "WRONG"
LIBRARIES = ("torch", "torchvision", "timm", "sklearn", "matplotlib", "jupyterlab")
PACKS = ("fashion", "stamps", "photos", "emoji")
SET_UP = "run `make lab` or `python3 -m course_lib lab`, which repairs the installation"


@dataclass(frozen=True)
class Finding:
    """state: RIGHT, NOTE or WRONG. advice: what to do; none when all is well."""

    state: str
    text: str
    advice: str = ""


def packages() -> Iterator[Finding]:
    """What is installed against the lock."""
    root = paths.root()
    here = f"Python {platform.python_version()} in {sys.prefix}"
    if root is None:
        yield Finding(NOTE, f"{here}; no checkout here, so no lock to compare with")
        return
    from course_lib.project import lock

    installed, differing, missing = 0, [], []
    base = lock.closure(lock.declared(root, extras=False), lock.here())
    for name, pin in lock.pins(root).items():
        if pin.marker and not pin.marker.evaluate():
            continue
        known = lock.metadata(name)
        installed += known is not None
        if known and not pin.specifier.contains(known[0], prereleases=True):
            differing.append(f"{pin.name} {known[0]} (lock: {pin.specifier})")
        if known is None and name in base:
            missing.append(pin.name)
    for word, names in (("missing", missing), ("not as in the lock", differing)):
        if names:
            yield Finding(WRONG, f"{here}: {word}: {', '.join(names)}", SET_UP)
    if not missing and not differing:
        yield Finding(RIGHT, f"{here}: {installed} packages, each as in the lock")


def libraries() -> Iterator[Finding]:
    """Whether the large ones load; a package can be listed and still be broken."""
    for name in LIBRARIES:
        try:
            version = __import__(name).__version__
        except Exception as error:  # a broken binary raises OSError, ImportError, RuntimeError …
            yield Finding(WRONG, f"{name} does not load ({type(error).__name__}: {error})", SET_UP)
        else:
            yield Finding(RIGHT, f"{name} {version}")


def machine() -> Iterator[Finding]:
    """Cores, memory and the threads that torch may use."""
    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Finding(RIGHT, f"{platform.system()} {platform.machine()}, {cores} cores")
    if memory := gibibytes_of_memory():
        few = memory < 7
        advice = "close other programs while you train; 8 GiB are enough for every lecture"
        yield Finding(NOTE if few else RIGHT, f"{memory:.1f} GiB of memory", advice if few else "")
    threads, wanted = torch.get_num_threads(), os.environ.get("OMP_NUM_THREADS")
    said = f"torch uses {threads} threads" + (f" (OMP_NUM_THREADS={wanted})" if wanted else "")
    if cores and threads > cores:
        yield Finding(WRONG, f"{said}, more than there are cores", "unset OMP_NUM_THREADS")
    elif cores and wanted and threads < cores // 2:
        yield Finding(NOTE, said, "unset OMP_NUM_THREADS to train faster")
    else:
        yield Finding(RIGHT, said)


def gibibytes_of_memory() -> float | None:
    """All of this machine's memory, where the system says."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    except (AttributeError, OSError, ValueError):
        return None


def accelerator() -> Iterator[Finding]:
    """The device, and whether bfloat16 pays on it, by its features and by a short timing."""
    import torch

    from course_lib.core.hardware import bf16_wins

    if torch.cuda.is_available():
        device, name = torch.device("cuda"), torch.cuda.get_device_name()
    elif torch.backends.mps.is_available():
        device, name = torch.device("mps"), "Apple GPU"
    else:
        device, name = torch.device("cpu"), "none; every lecture is made for the CPU"
    yield Finding(RIGHT, f"accelerator: {name}")
    slow, fast = (seconds(device, dtype) for dtype in (torch.float32, torch.bfloat16))
    has = "in hardware" if bf16_wins(device) else "emulated, so training stays in float32"
    timing = f"matrix product {slow * 1e3:.1f} ms in float32, {fast * 1e3:.1f} ms in bfloat16"
    yield Finding(RIGHT, f"bfloat16 {has}; {timing}")


def seconds(device, dtype, size: int = 1024) -> float:
    """The shortest of five matrix products."""
    import torch

    a = torch.ones(size, size, device=device, dtype=dtype)
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        (a @ a)[0, 0].item()  # reading a value waits for the device
        times.append(time.perf_counter() - begin)
    return min(times)


def packs() -> Iterator[Finding]:
    """Every file of every pack against its card."""
    from course_lib.data.pack import Pack

    places = [folder for folder in paths.packs() if folder.is_dir()]
    cards = [card.parent.name for folder in places for card in folder.glob("*/card.json")]
    for name in sorted({*PACKS, *cards}):
        try:
            pack = Pack(name)
            files = pack.card["files"]
        except CourseError as error:
            yield Finding(WRONG, f"pack {name}", str(error))
            continue
        except (KeyError, TypeError):
            yield Finding(WRONG, f"pack {name}: its card lists no files", "restore the pack")
            continue
        bad = list(damaged(pack))
        yield from bad
        if not bad:
            size = sum(stated["bytes"] for stated in files.values()) / 1e6
            yield Finding(RIGHT, f"pack {name}: {len(files)} files, {size:.1f} MB, all whole")


def damaged(pack) -> Iterator[Finding]:
    """The files of one pack that are missing, truncated or altered."""
    for filename in pack.card["files"]:
        try:
            pack.read(filename)
        except CourseError as error:
            yield Finding(WRONG, f"pack {pack.name}", str(error))


def folders() -> Iterator[Finding]:
    """Space, and the student's own folder."""
    home = paths.home()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            yield Finding(RIGHT, f"your progress is kept in {home}")
    except OSError as error:
        advice = "set COURSE_HOME to a folder that you may write to"
        yield Finding(WRONG, f"{home} cannot be written ({error.strerror})", advice)
    where = next(folder for folder in (home, *home.parents) if folder.is_dir())
    for folder in dict.fromkeys(filter(None, (paths.root(), where))):
        free = shutil.disk_usage(folder).free / 2**30
        state, advice = (WRONG, "free some space") if free < 1 else (RIGHT, "")
        yield Finding(state, f"{free:.1f} GiB free at {folder}", advice)


def tools() -> Iterator[Finding]:
    """What only some tests and graders need."""
    for marker, tool in system.TOOLS.items():
        there = tool.there()
        advice = "" if there else f"only needed for tests. {system.advice()}"
        word = "is here" if there else "is missing"
        yield Finding(RIGHT if there else NOTE, f"{tool.what} ({marker}) {word}", advice)


SECTIONS: tuple[Callable[[], Iterator[Finding]], ...] = (
    packages,
    libraries,
    machine,
    accelerator,
    packs,
    folders,
    tools,
)


def main() -> int:
    """Print every finding → 1 when anything is wrong, else 0."""
    wrong = 0
    for section in SECTIONS:
        print(f"\n{section.__name__}")
        try:
            for finding in section():
                wrong += finding.state == WRONG
                print(f"  {finding.state:5s} {finding.text}")
                if finding.advice:
                    print(f"        → {finding.advice.rstrip('.')}.")
        except ImportError as error:
            wrong += 1
            print(f"  {WRONG} {error}\n        → {SET_UP}.")
    print(f"\nWrong: {wrong}; what to do is said at each." if wrong else "\nAll is well.")
    return 1 if wrong else 0
