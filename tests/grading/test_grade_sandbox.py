"""The sandbox: what is seen in it, what it refuses, and what its limits hold."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from course_lib.core import paths
from course_lib.grading import inside, memory, sandbox, visit
from course_lib.grading.task import Job, Limits, Task

LOOK = """
import os, json
seen = {}
for path in ("/", "/tmp", "/dev", "/root", "/dev/shm", "/course"):
    try:
        open(os.path.join(path, "x"), "wb").write(b"0" * 100)
        seen[path] = "written"
    except OSError as error:
        seen[path] = type(error).__name__
try:
    open("/tmp/big", "wb").write(b"0" * 40_000_000)
    seen["big"] = "written"
except OSError as error:
    seen["big"] = type(error).__name__
children = 0
try:
    while children < 200:
        if os.fork() == 0:
            import time
            time.sleep(100)
        children += 1
except OSError:
    pass
seen["children"] = children
seen["pid"], seen["uid"] = os.getpid(), os.getuid()
seen["library"] = sorted(os.listdir("/course/course_lib"))
seen["grading"] = sorted(os.listdir("/course/course_lib/grading"))
print(json.dumps(seen))
"""
LIMITS = Limits(processes=30, disk=32 << 20)


def looked(limits=LIMITS, hidden=()):
    """What a program sees that looks around in the sandbox."""
    import json

    words = [*sandbox.command(limits, hidden), sys.executable, "-I", "-c", LOOK]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.sandbox
@pytest.mark.parametrize("root", [True, False] if os.geteuid() == 0 else [False])
def test_little_is_seen_and_less_can_be_written(root, monkeypatch):
    pretended = os.geteuid() == 0 and not root  # limits on processes do not hold for root
    if pretended:
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        monkeypatch.setattr(sandbox, "running", lambda user: 0)
    seen = looked()
    assert (seen["/tmp"], seen["/dev/shm"]) == ("written", "written")
    assert all(seen[path] in ("OSError", "FileNotFoundError", "PermissionError")
               for path in ("/", "/dev", "/root", "/course"))  # fmt: skip
    assert seen["big"] == "OSError" and (seen["children"] <= 30 or pretended)
    assert seen["pid"] < 10 and seen["uid"] != 0
    assert seen["library"] == sorted([*sandbox.SEEN, "grading"])
    assert seen["grading"] == sorted([*sandbox.ALSO, "__init__.py"])


@pytest.mark.sandbox
def test_a_sandbox_can_be_had_where_its_tests_run():
    assert sandbox.refusal() == ""


def test_where_none_can_be_had_the_reason_is_said(monkeypatch):
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None if name == "bwrap" else name)
    monkeypatch.setattr(sys, "platform", "linux")
    assert "bwrap is missing" in sandbox.refusal() and "--unsafe" in sandbox.refusal()
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: name)
    for words, said in ((["/nowhere/bwrap"], "No such file"), (["sh", "-c", "echo no >&2"], "no")):
        monkeypatch.setattr(sandbox, "command", lambda *a, words=words: words)
        assert said in sandbox.refusal() and "0.7" in sandbox.refusal()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "only Linux" in sandbox.refusal()


def pairs(words, flag):
    return [words[n + 1] for n, word in enumerate(words) if word == flag]


def test_what_must_not_be_seen_is_covered_where_it_lies_in_what_is(tmp_path, monkeypatch):
    package = tmp_path / "site-packages" / "course_lib"
    (tmp_path / "submissions").mkdir()
    monkeypatch.setattr(sandbox, "bound", lambda: ["/usr", str(tmp_path)])
    assert str(tmp_path / "submissions") in pairs(
        sandbox.view([tmp_path / "submissions", Path("/elsewhere")]), "--tmpfs"
    )
    monkeypatch.setattr(paths, "PACKAGE", package)
    monkeypatch.setattr(sandbox, "python", lambda: ([str(tmp_path / ".venv"), "/usr"], []))
    words = sandbox.view([])
    assert pairs(words, "--tmpfs") == [str(package)]
    assert str(package / "core") in pairs(words, "--ro-bind")
    monkeypatch.setattr(paths, "root", lambda: tmp_path)
    words = sandbox.view([])
    assert pairs(words, "--tmpfs") == [str(tmp_path)]
    assert pairs(words, "--ro-bind").count(str(tmp_path / ".venv")) == 1


def test_no_part_with_answers_is_among_what_is_seen():
    for name in ("methods", "evaluate", "train", "claims", "grading"):
        assert name not in sandbox.SEEN
    for name in sandbox.ALSO:
        text = (paths.PACKAGE / "grading" / name).read_text()
        assert "import exercises" not in text and "grading.exercises" not in text, name
    assert not sandbox.inside(paths.PACKAGE, sandbox.bound())


def test_a_user_id_is_one_of_those_that_there_are():
    ranges = Path("/proc/self/uid_map").read_text().splitlines()
    last = max(int(f) + int(n) for f, _, n in map(str.split, ranges))
    assert all(0 < sandbox.fresh() < last for _ in range(20))
    assert sandbox.running(os.geteuid()) > 0


def test_the_watcher_adds_up_a_family():
    with subprocess.Popen(["sleep", "100"]) as child:
        assert child.pid in memory.descendants(os.getpid())
        assert memory.Watcher(1).over(os.getpid())
        assert not memory.Watcher(1 << 50).over(os.getpid())
        assert memory.resident(child.pid) >= memory.proportional(child.pid) > 0
        child.kill()
    assert memory.resident(child.pid) == 0
    assert not memory.Watcher(1).over(child.pid)


def test_the_guard_is_a_cgroup_or_a_watcher(tmp_path, monkeypatch):
    held = memory.guard(1 << 30)
    held.close()
    assert isinstance(held, memory.Group | memory.Watcher)
    monkeypatch.setattr(memory, "places", lambda: [(tmp_path / "none", "a", "b")])
    assert isinstance(memory.guard(1), memory.Watcher)
    folder = tmp_path / "group"
    folder.mkdir()
    group = memory.Group(folder, folder / "events")
    assert not group.over(1)
    (folder / "events").write_text("low 0\noom_kill 2\n")
    assert group.over(1) and not group.over(1)


def test_no_signal_reaches_the_graders_own_processes(monkeypatch):
    sent = []
    monkeypatch.setattr(inside.os, "kill", lambda *a: sent.append(a))
    monkeypatch.setattr(inside.os, "killpg", lambda *a: sent.append(("group", *a)))
    here = os.readlink("/proc/self/ns/pid")
    inside.sweep(77, here)
    assert sent == [("group", 77, 9), (77, 9)]
    sent.clear()
    inside.sweep(77, "pid:[1]")
    assert sent == [(-1, 9), (77, 9)]


def tasks(*sources):
    return [Task(f"u98/{n}", source, (), "order", True) for n, source in enumerate(sources)]


@pytest.mark.sandbox
@pytest.mark.slow
def test_memory_is_limited_where_there_is_no_cgroup(monkeypatch):
    monkeypatch.setattr(memory, "places", lambda: [])
    limits = Limits(seconds=60, memory=1 << 30)
    bomb = "hold = bytearray(b'x') * (2 << 30)\nimport time\ntime.sleep(100)"
    found = visit.answers(tasks("order = 1", bomb, "order = 2"), 0, limits)
    assert [found[f"u98/{n}"].end for n in range(3)] == ["answered", "memory", "answered"]


@pytest.mark.slow
def test_without_a_sandbox_an_answer_still_has_its_limits():
    limits = Limits(seconds=20, processor=1)
    begin = time.monotonic()
    found = visit.answers(tasks("while True: pass", "order = 3"), 0, limits, unsafe=True)
    assert [found[f"u98/{n}"].end for n in range(2)] == ["timeout", "answered"]
    assert time.monotonic() - begin < 300


def test_a_sandbox_that_does_not_start_is_no_fault_of_the_answer(monkeypatch):
    monkeypatch.setattr(sandbox, "command", lambda *a: ["sh", "-c", "echo broken >&2"])
    with pytest.raises(visit.CourseError, match="did not start: broken"):
        visit.answers(tasks("order = 1"), 0, Limits())


def test_a_job_names_what_it_needs():
    assert Job().tasks == [] and Limits().space > Limits().memory
