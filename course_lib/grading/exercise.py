"""What an exercise is. Each is one file under `exercises/` that defines `EXERCISE`.

An answer is a function. Where a student fills in a value (a prediction, a diagnosis), the check
wraps it as a function without arguments, and so do the reference, the wrong and the right answers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng

KINDS = ("implement", "predict", "diagnose", "design", "judge")
Answer = Callable[..., Any]


@dataclass(frozen=True)
class Case:
    """One input. name: how a student is told about it. args: what the answer is called with.

    gradient: also compare the gradients with respect to the floating-point tensors among args.
    kind: of fresh cases that are graded by kind (see `Exercise.accept`).
    """

    name: str
    args: tuple[Any, ...] = ()
    gradient: bool = False
    kind: str = ""


@dataclass(frozen=True)
class Wrong:
    """A plausible misconception: an answer of the right form, and the sentence that names it.

    The sentence says what this answer does and why it is not what was asked, without the solution.
    """

    name: str
    answer: Answer
    sentence: str


@dataclass(frozen=True)
class Right:
    """A right answer that is written or reasoned otherwise than the reference."""

    name: str
    answer: Answer


@dataclass(frozen=True)
class Exercise:
    """id: "u01/softmax_ce", its file; it never changes. version: raised when the contract changes.

    contract: what is given and what is asked, with shapes, as Markdown. inputs: fresh small cases
    from an rng of one sample. accept: (cases, expected, found) → None, or one sentence that says
    what is wrong; without it every case must agree. tolerance: relative and absolute, of floats.
    value: the answer is a value, not a function; form: (value) → None, or one sentence that says
    how to fill it in, so that a slip of the pen is no first prediction. hints: three, from a nudge
    to almost the answer.
    """

    id: str
    title: str
    kind: str
    contract: str
    reference: Answer
    inputs: Callable[[Rng], Sequence[Case]]
    wrong: tuple[Wrong, ...]
    right: tuple[Right, ...]
    hints: tuple[str, str, str]
    points: int
    version: int = 1
    value: bool = False
    tolerance: float = 1e-4
    accept: Callable[[Sequence[Case], Sequence[Any], Sequence[Any]], str | None] | None = None
    form: Callable[[Any], str | None] | None = None

    def __post_init__(self):
        if self.kind not in KINDS:
            raise CourseError(f"{self.id}: the kind is one of {', '.join(KINDS)}.")
        if len(self.hints) != 3:
            raise CourseError(f"{self.id} needs three hints, from a nudge to almost the answer.")
