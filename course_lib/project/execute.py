"""Runs a notebook's cells and keeps their outputs, the same way each time.

A plain nbclient stands in for the Output widget of a browser, and then hangs in about one run of
ten on cells that use it (jupyter/nbclient, thread 312). Without its handlers nothing hangs, and a
picture drawn into an Output widget is stored like any other, so that it shows without a kernel.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from course_lib.core import paths
from course_lib.core.errors import CourseError

SKIP = "nbval-skip"  # cells that neither the builder nor the tests run: "train it yourself"
THREADS = "2"


@contextmanager
def environment() -> Iterator[dict[str, str]]:
    """Variables for a kernel that sees neither the author's progress nor their thread settings."""
    with tempfile.TemporaryDirectory(prefix="course-home-") as home:
        chosen = dict(os.environ)
        chosen |= {"COURSE_HOME": home, "OMP_NUM_THREADS": THREADS, "MKL_NUM_THREADS": THREADS}
        chosen |= {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}  # kind to other processes
        chosen["PYTHONHASHSEED"] = "0"
        chosen["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
        here = str(paths.PACKAGE.parent)
        chosen["PYTHONPATH"] = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
        yield chosen


def execute(notebook, folder: Path, timeout: int) -> None:
    """Fills in the outputs of `notebook`, run in `folder`; timeout: seconds a cell.

    Raises CourseError, which names the cell, when one fails or takes too long.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    client = NotebookClient(
        notebook,
        timeout=timeout,
        startup_timeout=120,
        record_timing=False,
        store_widget_state=False,
        skip_cells_with_tag=SKIP,
        resources={"metadata": {"path": str(folder)}},
    )
    client.comm_open_handlers.clear()
    with environment() as variables:
        try:
            client.execute(env=variables)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            text = str(error).strip()
            raise CourseError(f"A cell of a notebook in {folder} failed:\n{text}") from error
        except RuntimeError as error:  # what jupyter_client raises when a kernel does not answer
            raise CourseError(f"No kernel could be started ({error}): try again.") from error
