"""Progress survives new versions of an exercise, a damaged file and a folder that is read-only."""

import pytest

from course_lib.core.errors import CourseError
from course_lib.grading import progress


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))


def test_recorded_states_are_read_back():
    assert progress.load() == {}
    progress.record("u01/softmax_ce", "aaa", "tried")
    progress.record("u01/softmax_ce", "aaa", "passed")
    progress.record("u01/other", "bbb", "not attempted")
    row = progress.load()["u01/softmax_ce"]["aaa"]
    assert (row["state"], row["tries"]) == ("passed", 2)
    assert progress.summary() == {"u01/other": "not attempted", "u01/softmax_ce": "passed"}


def test_a_pass_is_kept_for_its_version(monkeypatch):
    clock = iter(range(10))
    monkeypatch.setattr(progress.time, "time", lambda: next(clock))
    progress.record("u01/a", "old", "passed")
    progress.record("u01/a", "old", "tried")
    assert progress.summary() == {"u01/a": "passed"}
    progress.record("u01/a", "new", "tried")
    assert progress.summary() == {"u01/a": "passed, newer version open"}


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff\xfe", b"[1]", b'{"a": {"b": {"state": 7}}}'])
def test_a_damaged_file_is_kept_under_another_name(damage, capsys):
    progress.record("u01/a", "x", "passed")
    for _ in range(2):
        progress.file().write_bytes(damage)
        assert progress.load() == {}
    kept = sorted(progress.file().parent.glob("progress.damaged-*.json"))
    assert [file.read_bytes() for file in kept] == [damage, damage]
    assert str(kept[0]) in capsys.readouterr().out
    progress.record("u01/a", "x", "tried")
    assert progress.summary() == {"u01/a": "tried"}


def test_unknown_states_and_unwritable_folders_are_refused(tmp_path, monkeypatch):
    with pytest.raises(CourseError, match="not attempted, tried, passed"):
        progress.record("u01/a", "x", "done")
    (tmp_path / "file").touch()
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "file" / "below"))
    with pytest.raises(CourseError, match="set COURSE_HOME"):
        progress.record("u01/a", "x", "tried")
