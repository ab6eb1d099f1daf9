"""A new exercise's file imports and is formatted, and the audit says what is missing."""

import subprocess
import sys

import pytest

from course_lib import cli
from course_lib.core import paths
from course_lib.core.errors import CourseError
from course_lib.grading import exercises, registry, skeleton
from course_lib.grading.audit import audit
from course_lib.grading.exercise import KINDS


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """An empty place for exercises, which comes first; their modules are forgotten afterwards."""
    monkeypatch.setattr(exercises, "__path__", [str(tmp_path), *exercises.__path__])
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith(f"{exercises.__name__}.u97")]:
        del sys.modules[name]


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_file_lacks_only_what_the_audit_names(folder, kind):
    file = skeleton.new(f"u97/{kind}", kind)
    assert file == folder / "u97" / f"{kind}.py"
    exercise = registry.find(f"u97/{kind}")
    assert exercise.kind == kind and exercise.value == (kind in ("predict", "diagnose"))
    found = audit(exercise)
    for what in ("title", "contract", "hint 1", "hint 2", "hint 3"):
        assert f"the {what} is empty" in found
    assert "it has 0 wrong answers, and needs 5" in found
    assert "it has 0 right answers, and needs 2" in found
    assert "the reference raised NotImplementedError" in found[-1]


def test_new_files_are_in_the_courses_style(folder):
    for kind in KINDS:
        skeleton.new(f"u97/{kind}", kind)
    settings = str(paths.root() / "pyproject.toml")
    for command in (["check"], ["format", "--check"]):
        line = [sys.executable, "-m", "ruff", *command, "--config", settings, str(folder)]
        done = subprocess.run(line, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_unit_becomes_a_package(folder):
    skeleton.new("u97/one", "judge")
    (folder / "u97" / "__init__.py").write_text('"""Mine."""\n')
    skeleton.new("u97/two", "judge")
    assert (folder / "u97" / "__init__.py").read_text() == '"""Mine."""\n'


@pytest.mark.parametrize(
    "name, kind, said",
    [
        ("u97/a", "implemnt", "did you mean 'implement'?"),
        ("u97/A", "judge", "is no id"),
        ("rotations", "judge", "such as u03/rotations"),
        ("u98/order", "judge", "exists: choose another name"),
    ],
)
def test_what_cannot_be_written_is_refused(folder, name, kind, said):
    with pytest.raises(CourseError, match=said.replace("?", "[?]")):
        skeleton.new(name, kind)
    assert not list(folder.iterdir())


def test_an_installed_course_is_not_written_to(folder, monkeypatch):
    monkeypatch.setattr(skeleton.paths, "root", lambda: None)
    with pytest.raises(CourseError, match="in the course's folder"):
        skeleton.new("u97/a", "judge")


def test_the_command(folder, capsys):
    assert cli.main(["exercise", "new", "u97/one", "--kind", "judge"]) == 0
    assert "course exercise audit u97/one" in capsys.readouterr().out
    assert cli.main(["exercise", "new", "u97/one", "--kind", "judge"]) == 2
    assert cli.main(["exercise", "audit", "u97/one"]) == 2
    said = capsys.readouterr()
    assert "u97/one: the title is empty" in said.out and "things are wrong" in said.err
    assert cli.main(["exercise", "audit", "u98/order"]) == 0
    assert cli.main(["exercise", "list"]) == 0
    assert "u98/order" in capsys.readouterr().out
    assert cli.main(["exercise", "audit", "u98/ordre"]) == 2
    assert "did you mean 'u98/order'" in capsys.readouterr().err
