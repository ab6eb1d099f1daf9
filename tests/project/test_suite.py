"""The suite: one part's failure does not hide the others, and nothing is left out unseen."""

import re
import subprocess

import pytest

from course_lib.core import paths
from course_lib.core.errors import CourseError
from course_lib.project import suite, system


@pytest.fixture
def parts(monkeypatch):
    """All parts replaced by results; returns the names of those that ran, and the failing ones."""
    ran, failing = [], set()

    def stand_in(name):
        def part(*_):
            ran.append(name)
            return suite.Result(name, int(name in failing), 60.0, passed=2)

        return part

    for name in ("lint", "layout", "types", "fast", "slow", "notebooks", "browser"):
        monkeypatch.setattr(suite, name, stand_in(name))
    monkeypatch.setattr(suite, "left_out", lambda markers: [f"tests/x.py::{m}" for m in markers])
    monkeypatch.setattr(suite.system, "missing", lambda: [])
    monkeypatch.setattr(suite.system, "provide", lambda: [])
    monkeypatch.delenv("CI", raising=False)
    return ran, failing


def test_all_parts_run_and_are_timed(parts, capsys):
    ran, _ = parts
    assert suite.test() == 0
    assert ran == ["lint", "layout", "types", "fast", "slow", "notebooks", "browser"]
    said = capsys.readouterr().out
    assert re.search(r"1\.00  notebooks\n", said) and re.search(r"7\.\d\d  in all", said)
    assert said.endswith("14 passed, 0 failed\n")


def test_a_failing_part_fails_the_whole_and_stops_nothing(parts, capsys):
    ran, failing = parts
    failing |= {"lint", "slow"}
    assert suite.test() == 1
    assert len(ran) == 7
    assert "Failed: lint, slow." in capsys.readouterr().out


def test_check_is_the_fast_part(parts):
    ran, _ = parts
    assert suite.check() == 0
    assert ran == ["lint", "layout", "types", "fast"]


def test_what_a_machine_lacks_is_named_and_in_ci_refused(parts, monkeypatch, capsys):
    monkeypatch.setattr(suite.system, "provide", lambda: ["browser"])
    monkeypatch.setattr(suite.system, "missing", lambda: ["browser"])
    assert suite.test() == 0
    said = capsys.readouterr().out
    assert "1 tests\ntests/x.py::browser" in said and "To include them" in said
    monkeypatch.setenv("CI", "1")
    with pytest.raises(CourseError, match="lacks chromium with a font"):
        suite.test()


def test_a_skipped_test_fails_its_part():
    assert suite.Result("x", 0, passed=3).good
    assert not suite.Result("x", 0, passed=3, skipped=1).good


@pytest.mark.slow
@pytest.mark.parametrize(
    "body, code, counts",
    [
        ("def test_a(): assert False\ndef test_b(): assert True", 1, (1, 1, 0)),
        ("import pytest\ndef test_a(): pytest.skip('no')", 0, (0, 0, 1)),
        ("raise ValueError('broken file')", 1, (0, 1, 0)),
        ("", 0, (0, 0, 0)),
    ],
)
def test_counts_are_read_from_pytest(tmp_path, monkeypatch, body, code, counts):
    (tmp_path / "test_it.py").write_text(body)
    monkeypatch.setattr(suite.paths, "root", lambda: tmp_path)
    result = suite.pytest("part", "-n", "0", "-p", "no:cacheprovider", str(tmp_path))
    assert (bool(result.code), result.passed, result.failed, result.skipped) == (code, *counts)
    assert result.seconds > 0


def test_a_linters_count_of_errors_is_no_count_of_tests(tmp_path, monkeypatch):
    (tmp_path / "noisy.py").write_text("print('Found 6 errors in 5 files')")
    monkeypatch.setattr(suite.paths, "root", lambda: tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    result = suite.run("types", "noisy")
    assert (result.code, result.passed, result.failed) == (0, 0, 0)


def test_marker_expressions_leave_out_what_is_missing():
    assert suite.marked("not slow", without=["sandbox"]) == "not slow and not sandbox"


def test_packages_are_installed_only_where_that_is_allowed(monkeypatch):
    commands = []

    def run(command, **options):
        commands.append(command)
        return subprocess.CompletedProcess(command, 1 if command[0] == "sudo" else 0, "", "")

    monkeypatch.setattr(system, "missing", lambda: ["sandbox"])
    monkeypatch.setattr(system, "found", lambda *names: f"/usr/bin/{names[0]}")
    monkeypatch.setattr(system.subprocess, "run", run)
    monkeypatch.setattr(system.os, "geteuid", lambda: 1000, raising=False)
    assert system.provide() == ["sandbox"]
    assert commands == [["sudo", "-n", "true"]]  # asked, refused, and nothing was run
    assert system.advice().startswith("To include them: sudo apt-get install")
    commands.clear()
    monkeypatch.setattr(system.os, "geteuid", lambda: 0, raising=False)
    system.provide()
    assert commands[-1][-1] == "bubblewrap" and "--no-install-recommends" in commands[-1]


def test_ci_runs_what_make_test_runs():
    script = (paths.root() / ".ci" / "run").read_text()
    assert "export CI=1" in script and "python3 -m course_lib test" in script
    assert len(script.splitlines()) < 10
