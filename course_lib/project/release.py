"""What an instructor hands out: an archive of labs and lectures, never of a solution.

`pack` writes a zip whose bytes depend on its contents alone: names in order, one date, nothing
compressed. Before that every lab must be what its solution gives, and no line of a solution may
stand in any notebook that goes in.
"""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

from course_lib.core import paths
from course_lib.core.errors import CourseError, nearest
from course_lib.core.files import write_whole
from course_lib.grading import variants
from course_lib.project import labs

TOP = "ssl-course"  # the folder that an archive of the whole course unpacks to
FILES = (
    *("README.md", "CHANGELOG.md", "LICENSE", "LICENSE-CC-BY-4.0.txt", "Makefile"),
    *("pyproject.toml", "requirements.lock", "environment.yml"),
)
FOLDERS = ("course_lib", "data", "docs", "results")
NOTE = """{labs}

Unpack this archive in the course's folder, the one with the file README.md; if it asks, let it
replace files: what you worked on lies in work/, which it does not touch. Then

    make lab

(or python3 -m course_lib lab) copies what is new to work/ and opens JupyterLab there. Open
{first}, work in it, save it, and hand in that one file.

Without the course yet: README.md of the course says in two commands how it is set up.
"""


def known(root: Path) -> list[str]:
    """The labs that can be handed out, by folder."""
    return [file.parent.name for file in sorted((root / "labs").glob("*/lab.ipynb"))]


def chosen(root: Path, names: Sequence[str]) -> list[str]:
    """The labs that are asked for, by folder; "01" stands for the lab that begins with it.

    Raises CourseError for an unknown one, naming the nearest.
    """
    have, found = known(root), []
    for name in names:
        fits = [lab for lab in have if lab == name or lab.split("_")[0] == name]
        if not fits:
            raise CourseError(f"There is no lab {name!r}: {nearest(name, have)}")
        found += fits
    return list(dict.fromkeys(found)) or have


def notebooks(root: Path, lab: str) -> dict[str, bytes]:
    """A lab and its unit's lectures: path in the course → content, searched for solutions."""
    import nbformat

    solved = root / "solutions" / lab / "lab.ipynb"
    if not solved.is_file():
        raise CourseError(f"{solved} is missing, so nobody can tell whether the lab shows it.")
    source = nbformat.read(solved, 4)
    if wrong := labs.problems(source, solved.with_suffix(".py")):
        raise CourseError(wrong[0])
    found = {}
    lectures = sorted((root / "lectures").glob(f"{lab}*.ipynb"))
    for file in (root / "labs" / lab / "lab.ipynb", *lectures):
        if file.is_file():
            content = file.read_bytes()
            labs.leaks(nbformat.reads(content.decode(), 4), labs.solution_lines(source))
            found[file.relative_to(root).as_posix()] = content
    return found


def personal(content: bytes, numbers: str, student: str) -> bytes:
    """A lab whose draws are one student's own. numbers: the word that they are made from."""
    import nbformat

    lab = nbformat.reads(content.decode(), 4)
    for cell in lab.cells:
        if cell.cell_type == "code":
            cell.source = variants.drawn(cell.source, variants.number(numbers, student))
    return (nbformat.writes(lab) + "\n").encode()


def whole(root: Path) -> dict[str, bytes]:
    """All that the course needs to run, without notebooks: path → content."""
    files = [root / name for name in FILES]
    for folder in FOLDERS:
        files += (root / folder).rglob("*")
    kept = [file for file in files if file.is_file() and not file.is_symlink()]
    kept = [file for file in kept if not hidden(file.relative_to(root))]
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in kept}


def hidden(path: Path) -> bool:
    """Whether a path is a cache, or a file of the system's or the editor's own."""
    return any(part.startswith((".", "__pycache__")) for part in path.parts)


def pack(
    names: Sequence[str],
    out: Path | None = None,
    course: bool = False,
    seed: str = "",
    students: Sequence[str] = (),
) -> tuple[Path, list[str]]:
    """Writes the archive → its path, and the names in it.

    names: labs, or none for all. course: with library, data and results, as `ssl-course/`. seed and
    students: a folder for each student, with draws that are made from the seed and the name.
    Raises CourseError where a lab is unknown, not up to date, or would show a solution.
    """
    root = paths.root()
    if root is None:
        raise CourseError("The labs are in the course's folder: run this command there.")
    found = chosen(root, names)
    if not found:
        raise CourseError("There is no lab in labs/: `course notebooks solutions` makes them.")
    content = {name: text for lab in found for name, text in notebooks(root, lab).items()}
    if students:
        content = for_each(content, seed, students)
    elif course:
        content = {f"{TOP}/{name}": text for name, text in (content | start(root)).items()}
    else:
        content["HANDOUT.txt"] = note(found)
    file = out or Path(f"{TOP if course else '-'.join(found)}.zip")
    write_whole(file.resolve(), archive(content))
    return file, sorted(content)


def start(root: Path) -> dict[str, bytes]:
    """The course without its labs, and with the lecture that one begins with."""
    first = {file.relative_to(root).as_posix(): file for file in root.glob("lectures/00_*.ipynb")}
    return whole(root) | {name: file.read_bytes() for name, file in first.items()}


def note(found: Sequence[str]) -> bytes:
    """What a student does with the archive."""
    return NOTE.format(labs=", ".join(found), first=f"work/labs/{found[0]}/lab.ipynb").encode()


def for_each(content: dict[str, bytes], seed: str, students: Sequence[str]) -> dict[str, bytes]:
    """The notebooks once for each student, with draws of their own."""
    if not seed:
        raise CourseError("Variants are made from a word that only you know: add `--seed WORD`.")
    found = {name: text for name, text in content.items() if name.startswith("labs/")}
    made = {f"{who}/{n}": personal(t, seed, who) for who in students for n, t in found.items()}
    if made[f"{students[0]}/{next(iter(found))}"] == next(iter(found.values())):
        raise CourseError("Nothing in this lab is drawn by number: hand out one for all.")
    return made


def archive(content: dict[str, bytes]) -> bytes:
    """A zip with nothing in it that changes from run to run."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archived:
        for name in sorted(content):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archived.writestr(entry, content[name])
    return file.getvalue()
