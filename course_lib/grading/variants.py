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
        said = [value for node in ast.walk(ast.parse(code)) for value in values(node)]
        last = max(said, key=lambda value: (value.lineno, value.col_offset), default=None)
        found = ast.literal_eval(last) if last else None
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return None
    return found if type(found) is int else None


def values(node: ast.AST) -> list[ast.expr]:
    """What a piece of code gives "draw": {"draw": 7}, dict(draw=7) or answer["draw"] = 7."""
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return [value for key, value in pairs if key and ast.unparse(key) == "'draw'"]
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "dict":
        return [word.value for word in node.keywords if word.arg == "draw"]
    if isinstance(node, ast.Assign):
        places = [place.slice for place in node.targets if isinstance(place, ast.Subscript)]
        return [node.value for place in places if ast.unparse(place) == "'draw'"]
    return []


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
