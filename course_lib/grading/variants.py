"""Variants by student: the number that draws a student's own logs, made from a seed and a name.

In a lab such a number stands as `draw=1` and `"draw": 1`. What a function is tried on needs no
variant: the grader draws its inputs afresh.
"""

import ast
import hashlib
import re

DRAW = re.compile(r'(\bdraw=|"draw": )1\b')


def number(seed: str, student: str) -> int:
    """The draw that is a student's own, from 1,000 to 999,999. seed: the instructor's word."""
    digest = hashlib.sha256(f"{seed}\n{student}".encode()).digest()
    return 1000 + int.from_bytes(digest[:8], "big") % 999_000


def drawn(code: str, draw: int) -> str:
    """The code of a cell with another draw than the course's own."""
    return DRAW.sub(rf"\g<1>{draw}", code)


def written(code: str) -> int | None:
    """The draw that an answer says it is for, where it is written as a number; the last one counts.

    None for code that cannot be read, or names no draw.
    """
    try:
        dicts = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Dict)]
        pairs = [pair for node in dicts for pair in zip(node.keys, node.values, strict=True)]
        found = [ast.literal_eval(v) for k, v in pairs if k and ast.unparse(k) == "'draw'"]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return found[-1] if found and type(found[-1]) is int else None


def other_draw(code: str, seed: str, student: str) -> str | None:
    """A sentence when an answer is for another draw than the student's, or does not say for which;
    None where it is right, or where nothing is drawn."""
    if "draw" not in code:
        return None
    own, found = number(seed, student), written(code)
    if found == own:
        return None
    which = "a draw that is not written as a number" if found is None else f"draw {found}"
    return f"answers {which}; the student's own is {own}"
