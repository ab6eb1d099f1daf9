"""A new exercise's file, with its parts in place and empty; `audit` says what is still missing."""

import re
from pathlib import Path

from course_lib.core import paths
from course_lib.core.errors import CourseError, nearest
from course_lib.core.files import write_whole
from course_lib.grading import registry
from course_lib.grading.exercise import KINDS

# kind → the reference's line, whether the answer is a value, what a case is, further fields
SHAPES = {
    "implement": ("(x: Tensor) -> Tensor", False, 'Case("a small matrix", (x,))', ""),
    "predict": ("() -> list[str]", True, 'Case("your prediction")', ""),
    "diagnose": ("() -> str", True, 'Case("your diagnosis")', ""),
    "design": ("(budget: int) -> dict[str, int]", False, 'Case("a budget of 10", (10,))', ""),
    "judge": ("(study: dict) -> str", False, 'Case("a study", ({},), kind="plain")', "accept"),
}
ACCEPT = '''

def accept(cases: Sequence[Case], expected: Sequence, found: Sequence) -> str | None:
    """None for a right answer, or one sentence that says what is wrong with it."""
    for case, wanted, given in zip(cases, expected, found, strict=True):
        if wanted != given:
            return f"Of a study that is {case.kind}, you say {given}."
    return None
'''
TEXT = '''"""Say in one line what is to be learnt here."""
{imports}
from course_lib.core.randomness import Rng
from course_lib.grading.exercise import Case, Exercise

# What is given, what is asked and how it is called, with shapes and dtypes, as Markdown.
CONTRACT = """
"""


def reference{signature}:
    raise NotImplementedError


def inputs(rng: Rng) -> list[Case]:
    """Small cases on which every wrong answer below differs; draw from `rng` alone."""
{draw}    return [{case}]
{accept}

EXERCISE = Exercise(
    id="{name}",
    title="",
    kind="{kind}",
    contract=CONTRACT,
    reference=reference,
    inputs=inputs,
    # Five or more misconceptions, each a function like the reference: import Wrong and write
    # Wrong("its name", the function, "What it does, and why that is not what was asked.").
    wrong=(),
    # Two or more right answers that are written otherwise: Right("its name", the function).
    right=(),
    # From a nudge to almost the answer.
    hints=("", "", ""),
    points=3,{fields}
)
'''


def text(name: str, kind: str) -> str:
    """The file of an exercise that is yet to be filled in."""
    signature, value, case, accept = SHAPES[kind]
    imports = ["from collections.abc import Sequence"] if accept else []
    imports += ["from torch import Tensor"] if "Tensor" in signature else []
    fields = "\n    value=True,  # the answers here are functions without arguments that return it"
    return TEXT.format(
        imports="".join(f"\n{line}\n" for line in imports),
        signature=signature,
        draw='    x = rng.normal("x", 12).view(4, 3)\n' if "(x,)" in case else "",
        case=case,
        accept=ACCEPT if accept else "",
        name=name,
        kind=kind,
        fields=(fields if value else "") + ("\n    accept=accept," if accept else ""),
    )


def new(name: str, kind: str) -> Path:
    """Writes the file of a new exercise → its path.

    name: "u03/rotations". Raises CourseError for an unknown kind, a name that is no id, a file that
    exists, or outside a checkout.
    """
    if kind not in KINDS:
        raise CourseError(f"There is no kind {kind!r}: {nearest(kind, KINDS)}")
    if not re.fullmatch(r"u\d\d/[a-z][a-z0-9_]*", name):
        raise CourseError(f"{name!r} is no id: write a unit and a name, such as u03/rotations.")
    if name in registry.files():
        raise CourseError(f"{registry.files()[name]} exists: choose another name, or edit it.")
    if paths.root() is None:
        raise CourseError("Exercises are written in the course's folder: run this command there.")
    file = registry.folder() / f"{name}.py"
    if not (file.parent / "__init__.py").exists():
        about = f'"""The exercises of unit {int(name[1:3])}."""\n'
        write_whole(file.parent / "__init__.py", about.encode())
    write_whole(file, text(name, kind).encode())
    return file
