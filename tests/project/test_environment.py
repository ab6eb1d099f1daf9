"""The environment: built once, redone after an interruption, refused early in one sentence."""

import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from course_lib import __main__ as entry
from course_lib.core import paths
from course_lib.core.errors import CourseError
from course_lib.project import environment

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A checkout whose installs are only noted: (root, list of the extras of each install)."""
    for name in ("pyproject.toml", "requirements.lock"):
        shutil.copy(paths.root() / name, tmp_path / name)
    installs = []

    def install(python, root, extras, first):
        installs.append((list(extras), first))

    def virtual(command, **options):
        python = environment.interpreter(Path(command[-1]))
        python.parent.mkdir(parents=True)
        python.touch()
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(environment, "install", install)
    monkeypatch.setattr(environment, "probe", lambda python, root: None)
    monkeypatch.setattr(environment.subprocess, "run", virtual)
    return tmp_path, installs


def test_second_time_installs_nothing(course):
    root, installs = course
    environment.ensure(root)
    environment.ensure(root)
    assert installs == [([], True)]


def test_extras_are_added_and_kept(course):
    root, installs = course
    environment.ensure(root)
    environment.ensure(root, ["test"])
    environment.ensure(root, ["packs"])
    environment.ensure(root)
    assert installs == [([], True), (["test"], False), (["packs", "test"], False)]


def test_a_changed_lock_updates_and_a_changed_lint_rule_does_not(course):
    root, installs = course
    environment.ensure(root)
    project = root / "pyproject.toml"
    project.write_text(project.read_text().replace("line-length = 100", "line-length = 90"))
    environment.ensure(root)
    assert len(installs) == 1
    lock = root / "requirements.lock"
    lock.write_text(lock.read_text() + "extra-package==1.0\n")
    environment.ensure(root)
    assert installs[1:] == [([], False)]


@pytest.mark.parametrize("cause", [KeyboardInterrupt, CourseError("the disk became full")])
def test_an_interrupted_install_is_redone_from_nothing(course, monkeypatch, cause):
    root, installs = course
    whole = environment.install

    def broken(*args, **options):
        (root / ".venv" / "half-installed").touch()
        raise cause

    monkeypatch.setattr(environment, "install", broken)
    with pytest.raises(type(cause) if isinstance(cause, Exception) else cause):
        environment.ensure(root)
    assert not environment.whole(root, [])
    monkeypatch.setattr(environment, "install", whole)
    environment.ensure(root)
    assert installs == [([], True)]
    assert not (root / ".venv" / "half-installed").exists()


def test_an_interrupted_update_is_redone_from_nothing(course, monkeypatch):
    root, installs = course
    environment.ensure(root)
    whole = environment.install

    def broken(*args, **options):
        (root / ".venv" / "half-installed").touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(environment, "install", broken)
    with pytest.raises(KeyboardInterrupt):
        environment.ensure(root, ["test"])
    monkeypatch.setattr(environment, "install", whole)
    environment.ensure(root)
    assert installs[1:] == [([], True)]
    assert not (root / ".venv" / "half-installed").exists()


def test_without_network_a_finished_environment_stays_as_it_was(course, monkeypatch):
    root, _ = course
    environment.ensure(root)

    def offline(python, root):
        raise CourseError("no network")

    monkeypatch.setattr(environment, "probe", offline)
    with pytest.raises(CourseError, match="no network"):
        environment.ensure(root, ["test"])
    assert environment.whole(root, [])


def test_an_environment_of_someone_else_is_not_deleted(course):
    root, _ = course
    (root / ".venv").mkdir()
    (root / ".venv" / "pyvenv.cfg").touch()
    with pytest.raises(CourseError, match="was not made by this command"):
        environment.ensure(root)
    assert (root / ".venv" / "pyvenv.cfg").exists()


def test_too_little_disk_is_refused_before_anything_is_made(course, monkeypatch):
    root, _ = course
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda _: Usage(0, 0, 2 * 2**30))
    with pytest.raises(CourseError, match=r"needs about \d+ GiB free and .* has 2.0"):
        environment.ensure(root)
    assert not (root / ".venv").exists()


def test_a_python_without_venv_is_told_what_to_install(course, monkeypatch):
    root, _ = course
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CourseError, match="python3-venv"):
        environment.ensure(root)


def test_a_folder_that_cannot_be_written_is_one_sentence(course, monkeypatch):
    root, _ = course

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(environment, "alone", refuse)
    with pytest.raises(CourseError, match="copy the course to a folder of your own"):
        environment.ensure(root)


@pytest.mark.parametrize("version, good", [((3, 10), False), ((3, 11), True), ((3, 14), True),
                                           ((3, 15), False), ((2, 7), False)])  # fmt: skip
def test_unsupported_pythons(version, good):
    sentence = entry.unsupported((*version, 0))
    assert (sentence is None) == good
    assert good or f"this is {version[0]}.{version[1]}" in sentence


def test_an_old_python_gets_a_sentence_and_nothing_else(monkeypatch, capsys):
    monkeypatch.setattr(entry.sys, "version_info", (3, 9, 2))
    assert entry.main(["lab"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_supported_range_is_the_projects(course):
    root, _ = course
    text = (root / "pyproject.toml").read_text()
    assert 'requires-python = ">=3.11,<3.15"' in text


@pytest.mark.parametrize("module", ["course_lib.__main__", "course_lib.project.environment"])
def test_bare_python_needs_the_standard_library_only(module):
    """-I -S leave no site-packages; the import must still work from the checkout."""
    code = f"import sys; sys.path.insert(0, {str(paths.root())!r}); import {module}"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_in_an_environment_of_ones_own_nothing_is_built(monkeypatch):
    monkeypatch.setattr(environment, "installed_here", lambda: True)
    monkeypatch.setattr(environment, "inside", lambda folder: False)
    built = []
    monkeypatch.setattr(environment, "ensure", lambda *args: built.append(args))
    environment.enter(["lab"])
    assert built == []
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    command = r"pip install -e '.\[test,instructor\]' -c requirements.lock"
    with pytest.raises(CourseError, match=command):
        environment.enter(["check"])


def test_another_command_waits_for_the_first(tmp_path):
    """While one process holds the lock, a second does not get it."""
    code = (
        f"import sys; sys.path.insert(0, {str(paths.root())!r})\n"
        "from pathlib import Path\nfrom course_lib.project.environment import alone\n"
        f"with alone(Path({str(tmp_path / 'lock')!r})): print('in', flush=True)"
    )
    with environment.alone(tmp_path / "lock"):
        second = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert "waiting" in second.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(timeout=0.5)
    assert second.communicate(timeout=20)[0].strip() == "in"
