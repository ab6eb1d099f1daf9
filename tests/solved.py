"""A lab's cells, run in one namespace of this process: quick, and any answer can be put in."""

import ast
import linecache
from dataclasses import dataclass, field

from course_lib.grading.student import Mark
from course_lib.project.labs import checked


@dataclass
class Lab:
    """A notebook that was run. marks: exercise id → what its check returned."""

    names: dict = field(default_factory=lambda: {"__name__": "__main__"})
    marks: dict[str, Mark] = field(default_factory=dict)
    checks: dict[str, str] = field(default_factory=dict)  # id → the check cell

    def points(self) -> tuple[int, int]:
        """(reached, out of) over all checks."""
        marks = self.marks.values()
        return sum(mark.points for mark in marks), sum(mark.out_of for mark in marks)

    def cell(self, source: str, name: str):
        """Runs one cell → the value of its last line, if that is an expression."""
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        tree = ast.parse(source)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, name, "exec"), self.names)
        return eval(compile(ast.Expression(last.value), name, "eval"), self.names) if last else None

    def answered(self, name: str, answer) -> Mark:
        """The mark of an exercise's check cell when this is the answer."""
        tree = ast.parse(self.checks[name])
        tree.body[-1].value.args[1] = ast.Name("_answer", ast.Load())
        self.names["_answer"] = answer
        return self.cell(ast.unparse(ast.fix_missing_locations(tree)), f"<{name}>")


def run(notebook) -> Lab:
    """Runs every code cell in order."""
    lab = Lab()
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "code":
            value = lab.cell(cell.source, f"<cell {number}>")
            if name := checked(cell.source):
                lab.marks[name], lab.checks[name] = value, cell.source
    return lab
