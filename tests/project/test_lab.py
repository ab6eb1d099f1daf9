"""The lab: on this machine only, behind a token, at the student's copies, asking no network."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from course_lib.core import paths
from course_lib.core.errors import CourseError
from course_lib.project import lab


def test_a_free_port_is_found_and_a_taken_one_refused():
    with socket.socket() as other:
        other.bind((lab.HOST, 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(CourseError, match=f"Port {taken} is not free"):
            lab.free_port(taken)
        assert lab.free_port(None) != taken
    assert lab.free_port(0) > 0
    with pytest.raises(CourseError, match="not free"):
        lab.free_port(99999)


def test_a_server_that_ends_at_once_is_a_sentence():
    ended = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(CourseError, match="ended at once .code 3."):
        lab.wait(ended, lab.free_port(0), "token", seconds=20)


@pytest.mark.slow
def test_a_server_that_never_answers_is_a_sentence():
    mute = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with pytest.raises(CourseError, match="did not answer within 1 s"):
        lab.wait(mute, lab.free_port(0), "token", seconds=1)
    mute.communicate(timeout=20)


def test_without_a_checkout_the_lab_says_where_the_notebooks_are(monkeypatch):
    monkeypatch.setattr(lab.paths, "root", lambda: None)
    with pytest.raises(CourseError, match="in the course's folder"):
        lab.start()


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A running lab over one small lecture → (process, address with token, seconds to it)."""
    (tmp_path / "lectures").mkdir()
    book = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "lectures" / "00_start.ipynb").write_text(json.dumps(book))
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # as in a shell
        f"import sys; sys.path.insert(0, {str(paths.root())!r})\n"
        "from pathlib import Path\nfrom course_lib.project import lab\n"
        f"lab.paths.root = lambda: Path({str(tmp_path)!r})\n"
        "lab.stop_on_terminate()\nraise SystemExit(lab.start(0, browser=False))"
    )
    begin = time.monotonic()
    command = [sys.executable, "-c", code]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    found = None
    while found is None and (line := process.stdout.readline()):
        found = re.match(r"http://\S+", line)
    assert found, "no address was printed"
    yield process, found[0], time.monotonic() - begin
    process.terminate()
    process.communicate(timeout=20)


@pytest.mark.slow
def test_the_lab_opens_at_the_start_behind_its_token(served, tmp_path):
    process, address, seconds = served
    base, token = re.match(
        r"(http://127\.0\.0\.1:\d+)/lab/tree/00_start\.ipynb\?token=(.+)", address
    ).groups()
    assert seconds < 10
    with urllib.request.urlopen(address, timeout=20) as page:
        text = page.read().decode()
    config = json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', text, re.S)[1])
    assert config["news"] == {"disabled": True}
    assert config["disabledExtensions"] == ["@jupyter/nbgrader"]
    assert config["extensionManager"]["can_install"] is False
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{base}/api/contents", timeout=20)
    settings = f"{base}/lab/api/settings/@jupyterlab/apputils-extension:notification?token={token}"
    with urllib.request.urlopen(settings, timeout=20) as answer:
        schema = json.load(answer)["schema"]["properties"]
    assert schema["fetchNews"]["default"] == "false"
    assert schema["checkForUpdates"]["default"] is False
    process.send_signal(signal.SIGINT)
    assert "Stopping; your notebooks are in work/" in process.stdout.read()
    assert process.wait(20) == 0
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(base, timeout=5)
