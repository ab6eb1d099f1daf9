"""nbval runs a cell as JupyterLab does, so that a last semicolon hides an output."""

import subprocess
import sys

import nbformat
import pytest

from course_lib.core import paths

pytestmark = pytest.mark.slow

QUIET = nbformat.v4.new_code_cell("'shown without the patch';", execution_count=1)
LOUD = nbformat.v4.new_code_cell(
    "1 + 1",
    execution_count=2,
    outputs=[nbformat.v4.new_output("execute_result", {"text/plain": "3"}, execution_count=2)],
)


def run(folder, cell, *options) -> str:
    """What pytest says of a notebook of one cell."""
    notebook = nbformat.v4.new_notebook(cells=[cell])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "", "language": "python"}
    nbformat.write(notebook, folder / "one.ipynb")
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", "-p", "tests.nbval_patch"]
    command += [*options, "-p", "no:cacheprovider", str(folder / "one.ipynb")]
    return subprocess.run(command, cwd=paths.root(), capture_output=True, text=True).stdout


@pytest.mark.parametrize(("cell", "outcome"), [(QUIET, "1 passed"), (LOUD, "1 failed")])
def test_a_semicolon_hides_and_a_wrong_output_fails(tmp_path, cell, outcome):
    assert outcome in run(tmp_path, cell)
