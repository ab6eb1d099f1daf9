"""The parts of the test suite, and what runs them: `check` the fast ones, `test` all that CI runs.

A part is a function that runs one tool and returns its result. When one fails the others still run.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from course_lib.core import paths
from course_lib.core.errors import CourseError
from course_lib.project import system

COUNTS = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed)\b")
NO_TESTS = 5  # pytest's exit code when nothing was selected


@dataclass
class Result:
    """How a part ended; tests are counted where the tool counts them."""

    name: str
    code: int
    seconds: float = 0.0
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    last: str = ""  # the last line that counts something

    @property
    def good(self) -> bool:
        """A skipped test is a hole that nobody sees, so it fails the part."""
        return self.code == 0 and not self.skipped


def run(name: str, *command: str) -> Result:
    """Run one tool of this environment in the checkout, showing what it prints."""
    root = paths.root()
    if root is None:
        raise CourseError("The tests are in the course's folder: run this command there.")
    print(f"\n== {name}", flush=True)
    begin, last = time.monotonic(), ""
    with tempfile.TemporaryDirectory(prefix="course-home-") as home:
        threads = {f"{lib}_NUM_THREADS": "1" for lib in ("OMP", "MKL", "OPENBLAS")}
        env = {**threads, **os.environ, "COURSE_HOME": home, "PYTHONUNBUFFERED": "1"}
        with subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=root,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as process:
            for line in process.stdout or ():
                sys.stdout.write(line)
                sys.stdout.flush()
                last = line if COUNTS.search(line) else last
    return Result(name, process.returncode, time.monotonic() - begin, last=last)


def pytest(name: str, *args: str) -> Result:
    """A part that pytest runs; on two processes, a file on one of them. No test is no failure."""
    result = run(name, "pytest", "-q", "--no-header", "-n", "2", "--dist", "loadfile", *args)
    counts = {word.rstrip("s"): int(number) for number, word in COUNTS.findall(result.last)}
    result.passed = counts.get("passed", 0)
    result.failed = counts.get("failed", 0) + counts.get("error", 0)
    result.skipped = sum(counts.get(word, 0) for word in ("skipped", "xfailed", "xpassed"))
    result.code = 0 if result.code == NO_TESTS else result.code
    return result


def lint() -> Result:
    return run("lint", "ruff", "check", "--quiet", ".")


def layout() -> Result:
    return run("layout", "ruff", "format", "--check", "--quiet", ".")


def types() -> Result:
    return run("types", "mypy")


def fast(without: Sequence[str] = ()) -> Result:
    return pytest("fast tests", "-m", marked("not slow", "not browser", without=without))


def slow(without: Sequence[str] = ()) -> Result:
    return pytest("slow tests", "-m", marked("slow", "not browser", without=without))


def browser(without: Sequence[str] = ()) -> Result:
    return pytest("browser tests", "-n", "0", "-m", marked("browser", without=without))


def notebooks(_: Sequence[str] = ()) -> Result:
    """Run every cell of lectures and solved labs; compare the outputs that are tagged for it."""
    folders = [name for name in ("lectures", "solutions") if any(Path(name).rglob("*.ipynb"))]
    if not folders:
        return Result("notebooks", 0)
    limit = "--nbval-cell-timeout=120"
    return pytest("notebooks", "--nbval-lax", limit, "-p", "tests.nbval_patch", *folders)


def marked(*terms: str, without: Sequence[str]) -> str:
    """A pytest marker expression that leaves out what this machine lacks."""
    return " and ".join([*terms, *(f"not {marker}" for marker in without)])


def left_out(markers: Sequence[str]) -> list[str]:
    """The tests that carry one of these markers."""
    if not markers:
        return []
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", " or ".join(markers)]
    listed = subprocess.run(command, cwd=paths.root(), capture_output=True, text=True)
    return [line for line in listed.stdout.splitlines() if "::" in line]


def check() -> int:
    """Lint, types and fast tests, without what this machine lacks → exit code."""
    missing = system.missing()
    results = [lint(), layout(), types(), fast(missing)]
    return report(results, left_out([marker for marker in missing if marker != "browser"]))


def test() -> int:
    """All parts, after installing what they need where that is allowed → exit code."""
    begin = time.monotonic()
    missing = system.provide()
    if missing and os.environ.get("CI"):
        needs = " and ".join(system.TOOLS[marker].what for marker in missing)
        raise CourseError(f"CI runs every test and this machine lacks {needs}: install it there.")
    ready = Result("set-up", 0, time.monotonic() - begin)
    results = [ready, lint(), layout(), types()]
    results += [part(missing) for part in (fast, slow, notebooks, browser)]
    return report(results, left_out(missing))


def report(results: Sequence[Result], omitted: Sequence[str]) -> int:
    """Print the ledger and what failed → 0, or 1 when any part did."""
    print("\nminutes  part")
    for result in results:
        verdict = "" if result.good else "  FAILED"
        if result.skipped:
            verdict += f" ({result.skipped} skipped)"
        print(f"{result.seconds / 60:7.2f}  {result.name}{verdict}")
    print(f"{sum(result.seconds for result in results) / 60:7.2f}  in all")
    if omitted:
        print(f"\nLeft out, since this machine lacks what they need: {len(omitted)} tests")
        print(*omitted, sep="\n")
        print(system.advice())
    bad = [result.name for result in results if not result.good]
    print("Failed: " + ", ".join(bad) + "." if bad else "Everything passed.")
    print(f"{sum(r.passed for r in results)} passed, {sum(r.failed for r in results)} failed")
    return 1 if bad else 0
