"""Stored notebooks are what their sources say, were run, and are light; fast, nothing is run."""

import re

import nbformat
import pytest

from course_lib.project import notebooks
from course_lib.project.execute import SKIP

SOURCES = notebooks.sources()
NAMES = [source.stem if source.stem != "lab" else source.parent.name for source in SOURCES]
everywhere = pytest.mark.parametrize("source", SOURCES, ids=NAMES)


def test_there_are_sources():
    assert "00_start" in NAMES


@everywhere
def test_stored_notebook_agrees_with_its_source(source):
    assert notebooks.problems(source) == []


@everywhere
def test_every_code_cell_was_run_in_order(source):
    cells = nbformat.read(source.with_suffix(".ipynb"), 4).cells
    counts = [
        cell.execution_count
        for cell in cells
        if cell.cell_type == "code" and SKIP not in cell.metadata.get("tags", [])
    ]
    assert counts == list(range(1, len(counts) + 1))


@everywhere
def test_every_picture_has_words_and_no_output_is_an_error(source):
    for cell in nbformat.read(source.with_suffix(".ipynb"), 4).cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            assert notebooks.VIEW not in output.get("data", {})
            if "image/png" in output.get("data", {}):
                assert len(output.metadata["image/png"]["alt"]) > 20, cell.source


@everywhere
def test_nothing_of_the_authors_machine_is_stored(source):
    text = source.with_suffix(".ipynb").read_text(encoding="utf-8")
    found = re.search(r'"[^"]*(/tmp/|/home/|/root/|/work/main|/Users/)[^"]*"', text)
    assert found is None, found
