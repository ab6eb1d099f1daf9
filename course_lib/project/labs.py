"""Labs for students, made from `solutions/NAME/lab.py` by nbgrader's own steps, byte for byte.

A source names the exercise of a cell in the cell's first line, and nbgrader's metadata follow:

    # %% [markdown] exercise="u01/softmax_ce"    the contract is added below the cell's own text
    # %% answer="u01/softmax_ce"                 holds ### BEGIN SOLUTION … ### END SOLUTION
    # %% check="u01/softmax_ce"                  ends with check("u01/softmax_ce", …)

nbgrader comes with the `instructor` extra; it is imported only here and only when used.
"""

import ast
import copy
import re
from difflib import get_close_matches
from pathlib import Path

from course_lib.core.errors import CourseError

STEPS = (
    *("LockCells", "ClearSolutions", "Stubs", "ClearOutput", "CheckCellMetadata"),
    *("ComputeChecksums", "ClearHiddenTests", "ClearMarkScheme", "ComputeChecksums"),
    "CheckCellMetadata",
)
NAMES = ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")
MARKERS = tuple(f"### {end} {name}" for name in NAMES for end in ("BEGIN", "END"))
ROLES = ("exercise", "answer", "check")
SHORT = 15  # letters; a shorter line may stand in a solution and outside it


def target(source: Path) -> Path | None:
    """Where the lab of a source in `solutions/` belongs; None for any other source."""
    folder = source.resolve().parent
    if folder.parent.name != "solutions":
        return None
    return folder.parent.parent / "labs" / folder.name / f"{source.stem}.ipynb"


def expand(notebook) -> None:
    """Gives cells that name an exercise the metadata that nbgrader knows, and its contract.

    Raises CourseError for an unknown exercise, or a check cell that does not end with its check.
    """
    from course_lib.grading import registry

    for cell in notebook.cells:
        for role in ROLES:
            if role in cell.metadata:
                exercise = registry.find(cell.metadata.pop(role))
                cell.metadata["nbgrader"] = metadata(notebook, exercise.id, role)
                if role == "exercise":
                    worth = f"*{exercise.kind}, {exercise.points} points*"
                    cell.source = f"{cell.source}\n\n{exercise.contract.strip()}\n\n{worth}"
                if role == "check":
                    cell.metadata["nbgrader"]["points"] = exercise.points
                    if checked(cell.source) != exercise.id:
                        raise CourseError(
                            f'The last line of the check cell of {exercise.id} must be check("'
                            f'{exercise.id}", …), or nbgrader would give it full marks.'
                        )


def metadata(notebook, name: str, role: str) -> dict:
    """nbgrader's metadata of a cell; its id is made from the exercise's and counts its cells."""
    stem = f"{name.replace('/', '-')}-{role}"
    used = [cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in notebook.cells]
    number = sum(re.fullmatch(rf"{stem}(-\d+)?", other) is not None for other in used)
    return {
        "grade": role == "check",
        "grade_id": f"{stem}-{number + 1}" if number else stem,
        "locked": role != "answer",
        "schema_version": 3,
        "solution": role == "answer",
        "task": False,
    }


def checked(code: str) -> str | None:
    """The id of the exercise that a cell's last line checks, if it is a check that is shown."""
    try:
        last = ast.parse(code).body[-1:]
    except SyntaxError:
        return None
    if not last or not isinstance(last[0], ast.Expr) or code.rstrip().endswith(";"):
        return None
    call = last[0].value
    if not isinstance(call, ast.Call) or not call.args or ast.unparse(call.func) != "check":
        return None
    return ast.literal_eval(call.args[0]) if isinstance(call.args[0], ast.Constant) else None


def release(notebook):
    """The notebook that students get. Raises CourseError when a solution would show."""
    markers(notebook)
    secret = solution_lines(notebook)
    lab = copy.deepcopy(notebook)
    resources: dict = {"nbgrader": {}}
    for step in steps():
        try:
            lab, resources = step.preprocess(lab, resources)
        except Exception as error:  # nbgrader raises RuntimeError, ValidationError and others
            raise CourseError(
                f"nbgrader refuses the lab ({type(step).__name__}): {error}"
            ) from None
    leaks(lab, secret)
    return lab


def steps() -> list:
    """nbgrader's preprocessors, in the order of `STEPS`."""
    try:
        from nbgrader import preprocessors

        from course_lib.project.stubs import Stubs
    except ImportError:
        raise CourseError(
            "Labs are made by nbgrader: run `pip install -e '.[instructor]' -c requirements.lock`."
        ) from None
    return [Stubs() if name == "Stubs" else getattr(preprocessors, name)() for name in STEPS]


def like_a_marker(line: str, kind: str) -> str | None:
    """The marker that a line is, or was meant to be; None for any other line. kind: of its cell."""
    bare = re.sub(r"[^A-Z ]", "", line.upper()).strip()
    first = (bare.split() or [""])[0]
    if kind == "code" and not line.lstrip().startswith("#"):
        return None
    near = first.startswith(("BEGIN", "END"))
    near = near or bool(get_close_matches(first, ("BEGIN", "END"), n=1, cutoff=0.65))
    # In code, three # open nothing but a marker; in text they open a heading.
    loud = kind == "code" and line.lstrip().startswith("###")
    known = {marker.removeprefix("### "): marker for marker in MARKERS}
    close = get_close_matches(bare, known, n=1, cutoff=0 if loud else 0.75 if near else 1)
    return known[close[0]] if close else None


def markers(notebook) -> None:
    """Refuses a misspelt or unpaired marker, which nbgrader would pass over or misread."""
    for cell in notebook.cells:
        open_ = ""
        for line in cell.source.split("\n"):
            marker = like_a_marker(line, cell.cell_type)
            if marker is None:
                continue
            if line.strip() != marker:
                raise CourseError(f"{line.strip()!r} is no marker of nbgrader: write {marker!r}.")
            begins, name = marker.startswith("### BEGIN"), marker.split(" ", 2)[2]
            if begins == bool(open_) or not begins and name != open_:
                raise CourseError(f"{marker!r} has no partner in its cell:\n{cell.source}")
            open_ = name if begins else ""
        if cell.metadata.get("nbgrader", {}).get("solution") and MARKERS[0] not in cell.source:
            raise CourseError(f"An answer cell holds no {MARKERS[0]!r}:\n{cell.source}")
        if open_:
            raise CourseError(f"'### BEGIN {open_}' has no end in its cell:\n{cell.source}")


def solution_lines(notebook) -> set[str]:
    """The lines of code that students must not see, but for short ones and imports."""
    found, inside = set(), False
    for cell in notebook.cells:
        for line in map(str.strip, cell.source.split("\n")):
            if line in MARKERS:
                inside = line.startswith("### BEGIN")
            elif inside and len(line) >= SHORT and not line.startswith(("import ", "from ", "#")):
                found.add(line)
    return found


def leaks(lab, secret: set[str]) -> None:
    """Refuses a lab in which a marker or a line of a solution can be read."""
    for cell in lab.cells:
        for line in cell.source.split("\n"):
            if marker := like_a_marker(line, cell.cell_type):
                raise CourseError(f"The lab would show the marker {marker!r}: {line.strip()!r}.")
        if shown := sorted(line for line in secret if line in cell.source):
            raise CourseError(f"The lab would show a line of a solution: {shown[0]!r}.")


def write(notebook, source: Path) -> Path | None:
    """Writes the lab of a solved notebook, if its source is one of `solutions/` → its path."""
    import nbformat

    from course_lib.core.files import write_whole

    file = target(source)
    if file:
        write_whole(file, (nbformat.writes(release(notebook)) + "\n").encode())
    return file


def problems(notebook, source: Path) -> list[str]:
    """What is wrong with the stored lab of a source; empty when it is what a build would write."""
    import nbformat

    file = target(source)
    if file is None:
        return []
    try:
        fresh = (nbformat.writes(release(notebook)) + "\n").encode()
    except CourseError as error:
        return [f"{source}: {error}"]
    if file.is_file() and file.read_bytes() == fresh:
        return []
    state = "is not what its source says" if file.is_file() else "is missing"
    return [f"{file} {state}: run `python -m course_lib.project.notebooks build {source}`."]
