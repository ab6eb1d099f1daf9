"""Variants by student: the number that draws a student's own logs, made from a seed and a name.

In a lab such a number stands as `draw=1` and `"draw": 1`. What a function is tried on needs no
variant: the grader draws its inputs afresh.
"""

import hashlib
import re
from typing import Any

DRAW = re.compile(r'(\bdraw=|"draw": )1\b')


def number(seed: str, student: str) -> int:
    """The draw that is a student's own, from 1,000 to 999,999. seed: the instructor's word."""
    digest = hashlib.sha256(f"{seed}\n{student}".encode()).digest()
    return 1000 + int.from_bytes(digest[:8], "big") % 999_000


def drawn(code: str, draw: int) -> str:
    """The code of a cell with another draw than the course's own."""
    return DRAW.sub(rf"\g<1>{draw}", code)


def other_draw(answer: Any, seed: str, student: str) -> str | None:
    """A sentence when an answer belongs to another draw than the student's; None for any that
    names its own draw, or none."""
    if type(answer) is not dict or "draw" not in answer:
        return None
    own = number(seed, student)
    if answer["draw"] == own:
        return None
    return f"This answer is for another draw than yours, which is {own}."
