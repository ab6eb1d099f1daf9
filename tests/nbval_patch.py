"""A pytest plugin for the stored notebooks, used as `pytest --nbval-lax -p tests.nbval_patch`.

nbval runs cells without storing their history, and then IPython echoes a last line that ends in a
semicolon, which a notebook never shows. Here cells run as JupyterLab runs them. The kernels get a
student's folder of their own, and never see or change the progress of whoever runs the tests.
"""

import os
import shutil
import tempfile
from pathlib import Path

import nbval.kernel
import pytest

home_key = pytest.StashKey[str]()


def execute_cell_input(self, cell_input, allow_stdin=None):
    """As nbval's, with the history stored."""
    return self.kc.execute(
        cell_input, store_history=True, allow_stdin=allow_stdin, stop_on_error=False
    )


nbval.kernel.RunningKernel.execute_cell_input = execute_cell_input


def pytest_configure(config):
    """A fresh student's folder; the course on the kernels' path; one thread a kernel."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return  # workers inherit what their parent has set
    config.stash[home_key] = tempfile.mkdtemp(prefix="course-home-")
    os.environ["COURSE_HOME"] = config.stash[home_key]
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    places = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, places))


def pytest_unconfigure(config):
    """Remove the folder again."""
    if home := config.stash.get(home_key, None):
        shutil.rmtree(home, ignore_errors=True)
