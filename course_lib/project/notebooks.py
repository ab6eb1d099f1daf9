"""Notebooks from their sources: `python -m course_lib.project.notebooks build` or `... check`.

Each notebook is written as a `.py` file in jupytext's percent format, which one can review and
format, and stored beside it with its outputs, which one can read without running anything. `build`
makes the second from the first; `check` says, without running anything, whether they still agree.
A source in `solutions/` also makes a lab for students, which `labs` describes.
Needs the `test` extra (jupytext and nbclient), which is imported only here and only when used.
"""

import hashlib
import sys
from collections import Counter
from pathlib import Path

from course_lib.core import paths
from course_lib.core.errors import CourseError
from course_lib.project import labs
from course_lib.project.execute import SKIP, execute

FOLDERS = {"lectures": "*.py", "solutions": "*/lab.py"}
LIMIT_BYTES = 400_000
VIEW = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def sources(chosen: list[str] | None = None) -> list[Path]:
    """The sources asked for (files or folders; a notebook stands for its source), or all."""
    if not chosen:
        top = paths.root()
        if top is None:
            raise CourseError("There is no checkout here: name the notebooks or folders to build.")
        return [file for name, glob in FOLDERS.items() for file in sorted((top / name).glob(glob))]
    found = []
    for name in map(Path, chosen):
        files = sorted(name.rglob("*.py")) if name.is_dir() else [name.with_suffix(".py")]
        if not files or not all(file.is_file() for file in files):
            raise CourseError(f"{name} is no notebook source: name a .py file or a folder of them.")
        found += files
    return found


def read_source(source: Path):
    """The notebook that a source describes: cells with stable ids, no outputs."""
    import jupytext

    notebook = jupytext.read(source, fmt="py:percent")
    notebook.metadata.clear()
    notebook.metadata.update(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    labs.expand(notebook)
    seen: Counter = Counter()
    for cell in notebook.cells:
        # An id made from the text stays when another cell is inserted before it: small diffs.
        name = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:10]
        seen[name] += 1
        cell.id = name if seen[name] == 1 else f"{name}-{seen[name]}"
    return notebook


def build(source: Path, timeout: int = 120) -> Path:
    """Runs a source and stores the notebook beside it, whole or not at all; returns its path."""
    import nbformat

    notebook = read_source(source)
    if labs.target(source):
        labs.release(notebook)  # refused before anything is run or stored
    execute(notebook, source.parent, timeout)
    tidy(notebook)
    nbformat.validate(notebook)
    target = source.with_suffix(".ipynb")
    part = target.with_suffix(".part")
    nbformat.write(notebook, part)
    size = part.stat().st_size
    part.replace(target)
    labs.write(notebook, source)
    if size > LIMIT_BYTES:
        raise CourseError(
            f"{target} has {size / 1e3:.0f} kB, more than {LIMIT_BYTES / 1e3:.0f}: draw its "
            "pictures smaller or fewer."
        )
    return target


def tidy(notebook) -> None:
    """Removes what differs from run to run: timings, and views of widgets that are gone."""
    notebook.metadata.clear()
    notebook.metadata.update(METADATA)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(VIEW, None)
        if "outputs" in cell:
            cell.outputs = [o for o in cell.outputs if "data" not in o or o["data"]]


def problems(source: Path) -> list[str]:
    """What is wrong with the notebook stored beside a source; empty when they agree."""
    import nbformat

    target = source.with_suffix(".ipynb")
    again = f"run `python -m course_lib.project.notebooks build {source}`."
    if not target.is_file():
        return [f"{target} is missing: {again}"]
    try:
        stored = nbformat.read(target, 4)
    except (ValueError, nbformat.ValidationError):
        return [f"{target} cannot be read as a notebook: {again}"]
    notebook = read_source(source)
    fresh, found = notebook.cells, labs.problems(notebook, source)
    for number, (new, old) in enumerate(zip(fresh, stored.cells, strict=False), 1):
        if (new.cell_type, new.source, new.metadata) != (old.cell_type, old.source, old.metadata):
            first = (new.source or old.source).strip().split("\n")[0][:60]
            return [f"{target}, cell {number} ({first}) is not what its source says: {again}"]
        if new.id != old.get("id"):
            return [f"{target}, cell {number} has another id than its source gives: {again}"]
        if not was_run(old):
            found.append(f"{target}, cell {number} was never run: {again}")
    if len(fresh) != len(stored.cells):
        found.append(f"{target} has {len(stored.cells)} cells, its source {len(fresh)}: {again}")
    if target.stat().st_size > LIMIT_BYTES:
        found.append(f"{target} is larger than {LIMIT_BYTES / 1e3:.0f} kB: draw smaller pictures.")
    return found


def was_run(cell) -> bool:
    """Whether a cell holds a run's outputs, where it should."""
    if cell.cell_type != "code" or not cell.source.strip():
        return True
    return SKIP in cell.metadata.get("tags", []) or cell.get("execution_count") is not None


def main(arguments: list[str]) -> int:
    """build|check [paths] → exit status."""
    if not arguments or arguments[0] not in ("build", "check"):
        print("usage: python -m course_lib.project.notebooks build|check [paths]")
        return 2
    try:
        chosen = sources(arguments[1:])
        if arguments[0] == "build":
            for source in chosen:
                target = build(source)
                print(f"{target}: {target.stat().st_size / 1e3:.0f} kB", flush=True)
            return 0
        found = [problem for source in chosen for problem in problems(source)]
    except CourseError as error:
        found = [str(error)]
    print("\n".join(found) if found else f"{len(chosen)} notebooks agree with their sources.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
