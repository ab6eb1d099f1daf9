"""Wrong answers that are said in their own docstring, right above the code that goes wrong."""

from collections.abc import Callable
from typing import Any

from course_lib.grading.exercise import Wrong


def named(*answers: Callable[..., Any]) -> tuple[Wrong, ...]:
    """Each answer with its name and, as its sentence, its docstring."""
    return tuple(
        Wrong(answer.__name__.replace("_", " "), answer, " ".join((answer.__doc__ or "").split()))
        for answer in answers
    )
