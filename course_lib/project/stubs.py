"""A step of nbgrader's release, for its configuration and for `labs`; needs nbgrader to import.

nbgrader puts `raise NotImplementedError()` in the place of a solution. Inside a function that is
what a check expects. At the top of a cell, where a value is asked for, it would end Run All, so
there only the comment stays, and the author's line above it, such as `order = None`, holds.
"""

from nbgrader.preprocessors import NbGraderPreprocessor

RAISE = "raise NotImplementedError()"


class Stubs(NbGraderPreprocessor):
    """Comes after ClearSolutions and before ComputeChecksums."""

    def preprocess_cell(self, cell, resources, cell_index):
        """Removes a stub that stands at the top level of a cell."""
        if cell.cell_type == "code":
            cell.source = "\n".join(line for line in cell.source.split("\n") if line != RAISE)
        return cell, resources
