"""A step of nbgrader's release, for its configuration and for `labs`; needs nbgrader to import.

nbgrader puts `raise NotImplementedError()` in the place of a solution. Inside a function that is
what a check expects. At the top of a cell, where a value is asked for, it would end Run All, so
there it goes, and the author's lines above it stay, such as `order = None`.
"""

import re

from nbgrader.preprocessors import NbGraderPreprocessor

STUB = re.compile(r"^# YOUR CODE HERE\nraise NotImplementedError\(\)\n?", re.MULTILINE)


class Stubs(NbGraderPreprocessor):
    """Comes after ClearSolutions and before ComputeChecksums."""

    def preprocess_cell(self, cell, resources, cell_index):
        """Removes a stub that stands at the top level of a cell."""
        if cell.cell_type == "code" and STUB.search(cell.source):
            cell.source = STUB.sub("", cell.source).rstrip("\n") or "# YOUR CODE HERE"
        return cell, resources
