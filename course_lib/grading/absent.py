"""What `course_lib.grading` is in the sandbox: the names that labs use, and nothing behind them.

Cells that check, or go on with a checked answer, then do nothing while an answer is graded.
"""

from typing import Any


def check(name: str, answer: Any = None) -> None:
    """Nothing is checked here; the score is found outside."""


def hint(name: str) -> None:
    """No hint is shown."""


def solved(name: str) -> bool:
    """Cells that go on with an answer do not."""
    return False


def prediction(name: str) -> str:
    """No prediction is known."""
    return ""


def show_progress(unit: str) -> None:
    """Nothing is shown."""
