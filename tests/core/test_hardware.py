"""Memory that a process keeps, where glibc would give it back."""

import platform
import subprocess
import sys

FAULTS = """
import resource, sys, torch
from course_lib.core.hardware import keep_memory
if "keep" in sys.argv[1:]:
    keep_memory()
if "give back" in sys.argv[1:]:
    from benchmarks.measure import give_back_memory
    give_back_memory()
used = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for turn in range(8):  # until each block finds a place of its size
    before = used()
    parts = [torch.ones(size) for size in (2**24, 3 * 2**20, 2**22, 2**23)]  # 12 to 64 MiB
    del parts
print(used() - before)
"""


def faults(*how: str) -> int:
    """Pages that Linux cleared for blocks like those that were freed a moment before."""
    command = [sys.executable, "-c", FAULTS, *how]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_kept_memory_is_not_cleared_again():
    """With glibc; another C library goes on as it did."""
    glibc = platform.libc_ver()[0] == "glibc"
    assert glibc == (faults("keep") < 100 < 1000 < faults())


def test_memory_can_be_given_back_again():
    assert faults("keep", "give back") + 100 > faults() / 2
