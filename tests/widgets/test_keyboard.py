"""What every widget must keep to, so that it works by keyboard inside JupyterLab."""

import re
from pathlib import Path

from course_lib import widgets

FILES = sorted(Path(widgets.__file__).parent.glob("*.py"))
LISTS = re.compile(r"\b(Dropdown|Select|SelectMultiple|Combobox|RadioButtons)\(")


def test_no_list_takes_letters_that_jupyterlab_reads_as_commands():
    # With the focus in a list, JupyterLab obeys letters: x cuts the cell, d d deletes it.
    assert not [file.name for file in FILES if LISTS.search(file.read_text(encoding="utf-8"))]


def test_sliders_answer_when_they_rest():
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        assert text.count("Slider(") == text.count("continuous_update=False"), file.name
