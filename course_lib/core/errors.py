"""Errors that are one sentence: what was wrong and what to do. Standard library only."""

from collections.abc import Iterable
from difflib import get_close_matches


class CourseError(ValueError):
    """Bad input, a damaged file or a missing piece, said in one sentence without a traceback."""


def nearest(word: str, options: Iterable[str]) -> str:
    """A hint for a word that is not among `options`: the nearest right one, or all of them."""
    known = sorted(options)
    close = get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else "known: " + ", ".join(known) + "."
