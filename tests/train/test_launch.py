"""The lines of docs/engine.md that this machine can run."""

import os
import shlex
import subprocess
import sys

import pytest
import torch
from typer.testing import CliRunner

from course_lib.cli import app
from course_lib.core.paths import root
from course_lib.train import recipe_from, train
from tests.pair import Pair

pytestmark = pytest.mark.slow
SMALL = {"data": "fashion", "steps": "3", "batch": "64", "width": "8", "precision": "fp32"}


def page_line(words: str) -> str:
    """The one line of the page that holds these words."""
    text = (root() / "docs" / "engine.md").read_text(encoding="utf-8")
    (line,) = [line.strip() for line in text.splitlines() if words in line]
    return line


def trained(folder: str) -> dict[str, torch.Tensor]:
    return train(recipe_from("simclr", SMALL), folder, say=None).state_dict()


def test_two_processes_by_torchrun_do_what_the_page_says(tmp_path):
    """The page's line with small settings ends as two processes of the tests do."""
    words = shlex.split(page_line("ACCELERATE_USE_CPU=true"))
    at = words.index("torchrun")
    variables, words, settings = words[:at], words[at + 1 : -2], words[-2:]
    assert settings == ["data=scenes", "out=runs/a"]
    settings = [f"{key}={value}" for key, value in SMALL.items()] + [f"out={tmp_path / 'run'}"]
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", *words, *settings],
        env=os.environ | dict(v.split("=") for v in variables),
        cwd=root(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    stored = torch.load(tmp_path / "run" / "last.pt", weights_only=True)["method"]
    pair = Pair()
    try:
        both = pair.run(trained, str(tmp_path / "pair"))
    finally:
        pair.close()
    for key, value in both[0].items():
        assert torch.equal(value, stored[key]), key


def test_the_laptops_line_trains(tmp_path):
    course, *words, data, out = shlex.split(page_line("course train simclr"))
    assert (course, data, out) == ("course", "data=scenes", "out=runs/a")
    settings = [f"{key}={value}" for key, value in SMALL.items()]
    done = CliRunner().invoke(app, [*words, *settings, f"out={tmp_path / 'run'}"])
    assert done.exit_code == 0, done.output
    assert torch.load(tmp_path / "run" / "last.pt", weights_only=True)["step"] == 3
