"""The `course` command: help that is clear, errors that are one sentence, exit codes that tell."""

import re

import pytest

from course_lib import cli
from course_lib.core import paths
from course_lib.core.errors import CourseError
from course_lib.project import doctor, lab, suite


def test_help_names_every_command(capsys):
    assert cli.main(["--help"]) == 0
    said = capsys.readouterr().out
    for name in ("lab", "test", "check", "doctor", "notebooks", "claims"):
        assert re.search(rf"\b{name}\b", said)


def test_the_labs_options_reach_it(monkeypatch):
    calls = []
    monkeypatch.setattr(lab, "stop_on_terminate", lambda: None)
    monkeypatch.setattr(lab, "start", lambda port, browser: calls.append((port, browser)) or 0)
    assert cli.main(["lab"]) == 0
    assert cli.main(["lab", "--no-browser", "--port", "9000"]) == 0
    assert calls == [(None, True), (9000, False)]


@pytest.mark.parametrize("name, module, function", [("test", suite, "test"),
                         ("check", suite, "check"), ("doctor", doctor, "main")])  # fmt: skip
@pytest.mark.parametrize("code", [0, 1])
def test_exit_codes_are_passed_on(monkeypatch, name, module, function, code):
    monkeypatch.setattr(module, function, lambda: code)
    assert cli.main([name]) == code


def test_a_course_error_is_one_sentence(monkeypatch, capsys):
    def refuse():
        raise CourseError("This is wrong: do that.")

    monkeypatch.setattr(suite, "check", refuse)
    assert cli.main(["check"]) == 2
    assert capsys.readouterr().err == "This is wrong: do that.\n"


def test_stopping_is_no_traceback(monkeypatch, capsys):
    def stop():
        raise KeyboardInterrupt

    monkeypatch.setattr(suite, "check", stop)
    assert cli.main(["check"]) in (1, 130)
    assert "Traceback" not in capsys.readouterr().err


def test_claims_have_commands_of_their_own(capsys):
    assert cli.main(["claims", "list"]) == 0
    assert "R0" in capsys.readouterr().out
    assert cli.main(["claims", "--help"]) == 0
    assert "check" in capsys.readouterr().out
    assert cli.main(["claims", "rum"]) == 2


def test_the_benchmarks_are_a_checkouts(capsys, monkeypatch):
    assert cli.main(["bench", "--help"]) == 0
    assert "lightly" in capsys.readouterr().out
    monkeypatch.setattr(paths, "root", lambda: None)
    assert cli.main(["bench"]) == 2
    assert "in the course's folder" in capsys.readouterr().err


def test_an_unknown_command_or_option_is_refused(capsys):
    assert cli.main(["labs"]) == 2
    assert cli.main(["lab", "--prot", "3"]) == 2
    assert "--port" in capsys.readouterr().err
