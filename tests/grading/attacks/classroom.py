"""A class whose submissions attack the grader, in every way of `code` and in what they hand in."""

import json
import os
import sqlite3
import zipfile
from collections.abc import Sequence
from pathlib import Path

from course_lib.grading import records
from course_lib.grading.grade import grade
from course_lib.grading.task import Limits
from course_lib.project import labs, notebooks
from tests.grading.attacks.code import ATTACKS, DAEMON, GOOD, Attack

SAMPLE = Path(__file__).parents[1] / "solutions" / "98_sample" / "lab.py"
# more processor than it takes to fill the memory, which on a busy machine is slow
LIMITS = Limits(seconds=20, processor=4, memory=1 << 30, disk=64 << 20, processes=40)
WARNS = "import sys, warnings\nwarnings.warn('careful')\nprint('half way', file=sys.stderr)\n"


def released() -> dict:
    """The sample lab as students get it, as JSON."""
    return json.loads(json.dumps(labs.release(notebooks.read_source(SAMPLE))))


def place(name: str) -> str:
    return f"u98-{name}-answer"


def find(book: dict, grade: str) -> dict:
    """The cell of a notebook with nbgrader's id."""
    return next(
        c for c in book["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade
    )


def filled(lab: dict, answers: dict[str, str]) -> dict:
    """A copy of a lab with these answers."""
    book = json.loads(json.dumps(lab))
    for name, source in answers.items():
        find(book, place(name))["source"] = source
    return book


def put(folder: Path, student: str, book: dict, name: str = "lab.ipynb") -> Path:
    file = folder / student / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(book))
    return file


def packed(attacks: Sequence[Attack]) -> list[dict[str, Attack]]:
    """Attacks by exercise, as few submissions as hold them all; each answer is one attack."""
    packs: list[dict[str, Attack]] = []
    for attack in attacks:
        room = next((one for one in packs if attack.task not in one), None)
        if room is None:
            packs.append(room := {})
        room[attack.task] = attack
    return packs


class Classroom:
    """Submissions, and the records of one grading of them all."""

    def __init__(self, top: Path, port: int):
        self.folder, self.out, self.lab = top / "submissions", top / "out", released()
        self.book = top / "gradebook.db"
        with sqlite3.connect(self.book) as book:
            book.execute("create table grade (manual_score)")
            book.execute("insert into grade values (1)")
        book.close()
        self.file = top / "98_sample" / "lab.ipynb"
        self.file.parent.mkdir()
        self.file.write_text(json.dumps(self.lab))
        put(self.folder, "good", filled(self.lab, GOOD))
        put(self.folder, "untouched", self.lab)
        self.secret = [
            self.folder,
            self.folder / "good" / "lab.ipynb",
            self.book,
            self.file,
            SAMPLE,
        ]
        self.port, self.where = port, dict[str, tuple[str, str]]()
        for number, pack in enumerate(packed(ATTACKS)):
            self.attack(f"attack-{number:02}", pack)
        self.handed_in()
        self.lines: list[str] = []

    def attack(self, student: str, pack: dict[str, Attack]) -> None:
        """One submission with several attacks; the other answers are right."""
        answers = dict(GOOD)
        for task, attack in pack.items():
            text = attack.source.replace("PLACES", repr(list(map(str, self.secret))))
            answers[task] = text.replace("PORT", str(self.port))
            self.where[attack.name] = (student, f"u98/{task}")
        put(self.folder, student, filled(self.lab, answers))

    def handed_in(self) -> None:
        """Submissions that are odd as files; the name says how."""
        good, folder = filled(self.lab, GOOD), self.folder
        put(folder, "no-json", good).write_text('{"cells": [')
        put(folder, "deep-json", good).write_text("[" * 200_000)
        put(folder, "no-notebook", {"cells": "none", "nbformat": 4})
        os.truncate(put(folder, "huge", good), 200_000_000)
        put(folder, "wrong-name", good, "Lab 1 final (2).ipynb")
        put(folder, "nested", good, "98_sample/lab.ipynb")
        put(folder, "two-books", good, "a.ipynb")
        put(folder, "two-books", good, "b.ipynb")
        (folder / "link").symlink_to(folder / "good")
        (folder / "link-inside").mkdir()
        (folder / "link-inside" / "lab.ipynb").symlink_to(folder / "good" / "lab.ipynb")
        (folder / "pipe").mkdir()
        os.mkfifo(folder / "pipe" / "lab.ipynb")
        with zipfile.ZipFile(folder / "zipped.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("lab.ipynb", bytes(2**24))
        other = json.dumps(self.lab).replace("u98-", "u42-")
        put(folder, "other-lab", json.loads(other))
        self.edited(good)

    def edited(self, good: dict) -> None:
        """Submissions whose cells were changed, deleted, copied or turned into text."""
        book = json.loads(json.dumps(good))
        book["cells"].remove(find(book, place("standardise")))
        put(self.folder, "deleted", book)
        book = json.loads(json.dumps(good))
        for part in ("answer", "check"):
            find(book, f"u98-standardise-{part}")["cell_type"] = "markdown"
        put(self.folder, "markdown", book)
        book = json.loads(json.dumps(good))
        check = find(book, "u98-standardise-check")
        check["source"] = "99"
        check["metadata"]["nbgrader"]["points"] = 100
        find(book, place("standardise"))["source"] = "def standardise(x):\n    return x\n"
        put(self.folder, "raised-points", book)
        for student, sources in (
            ("copied", ("pass", GOOD["order"])),
            ("spoilt", (GOOD["order"], "pass")),
        ):
            book = json.loads(json.dumps(good))
            first = find(book, place("order"))
            first["source"] = sources[0]
            book["cells"].append({**first, "id": "copy", "source": sources[1]})
            put(self.folder, student, book)
        book = json.loads(json.dumps(good))
        for cell in book["cells"]:
            cell["metadata"] = {}
        put(self.folder, "no-metadata", book)
        book = filled(self.lab, {**GOOD, "order": WARNS + GOOD["order"], "standardise": (
            "%matplotlib inline\n!ls\ndef standardise(x):\n    return helper(x) / deviation(x)\n"
        )})  # fmt: skip
        find(book, place("verdict"))["source"] = WARNS + GOOD["verdict"]
        for source in (
            "import missing_module, math\nwhile False: pass\nraise ValueError('elsewhere')",
            "def helper(x):\n    return x - x.mean(0)\n%time helper(1)",
            "def deviation(x, power=math.sqrt(0.25)):\n"
            "    return helper(x).square().mean(0) ** power",
        ):
            own = {"cell_type": "code", "metadata": {}, "source": source, "outputs": []}
            book["cells"].append(own)
        put(self.folder, "own-helpers", book)
        daemon = {"standardise": DAEMON.source, "order": GOOD["order"], "verdict": GOOD["verdict"]}
        put(self.folder, "daemon", filled(self.lab, daemon))

    def grade(self, **options) -> list[records.Record]:
        settings = {"limits": LIMITS, "say": self.lines.append, **options}
        return grade(self.folder, self.out, str(self.file), **settings)
