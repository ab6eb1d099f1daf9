"""A diagnosis: what is wrong with the augmentation of five runs?"""

from collections.abc import Callable, Sequence

from course_lib.core.errors import CourseError, nearest
from course_lib.core.randomness import Rng
from course_lib.grading.exercise import Case, Exercise, Right, Wrong
from course_lib.grading.exercises.u02._sick import CAUSES, NAMES, Run, runs, show
from course_lib.grading.exercises.u02._sick_rules import SHORTCUTS, Rule, truth

__all__ = ["EXERCISE", "show"]
CONTRACT = """
Five colleagues trained nets with CutMix and Cutout, and an augmentation that is wrong raises no
error: training goes on, a little worse or a little too well. Read each log and name its cause.
Choose a whole number of your own, `draw`: it draws five logs that nobody has seen. Fill in
`diagnosis`, a dict from `"draw"` to your number and from each run, `"A"` to `"E"`, to one cause:

- `"healthy"`: nothing is wrong.
- `"jitter late"`: the light was jittered, and clipped to [0, 1], after normalising instead of
  before.
- `"hole of the mean"`: Cutout's holes were filled with 0 after normalising; black was meant, 0
  before it.
- `"nominal weights"`: CutMix's labels were weighed by the area that was drawn, not by what was
  pasted.
- `"one draw a batch"`: all images of a batch have the same box.
- `"same draws"`: an image gets the same view in every epoch.
- `"read on mixtures"`: training accuracy was read on mixed images, against their own labels.
- `"augmented val"`: the validation images were augmented too.

A run has at most one of them, and several runs may share one. All are meant to be normalised with
(value − mean) / std after all augmentation of values, and black and white both occur in every run.
In the logs *view* is a short hash of image 0 as the net got it, and *val measured again* repeats
the measurement of the last epoch with the same weights.
"""
Diagnosis = dict[str, int | str]


def told(rule: Rule) -> Diagnosis:
    """What a rule says of the first draw on which it is wrong, and wrong in its own way."""
    for draw in range(1, 1000):
        made = runs(draw)
        said = rule(made)
        others = [other(made) for other, _ in SHORTCUTS.values() if other is not rule]
        if said not in (truth(made), *others):
            return {"draw": draw, **said}
    raise AssertionError("unreachable: every rule is wrong somewhere")


def against(one: Run, said: str) -> str:
    """The trace in a log that speaks against a cause."""
    return {
        "healthy": "Something in this log cannot be so in a sound run: go through what must be "
        "equal, and what black and white must become.",
        "jitter late": f"The net's input would then be clipped to 0 and 1; here it goes from "
        f"{one.ends[0]:.3f} to {one.ends[1]:.3f}.",
        "hole of the mean": f"The holes would then hold 0 while black is {one.black:.3f} "
        f"elsewhere; here they hold {one.hole:.3f}, and the smallest input is {one.ends[0]:.3f}.",
        "nominal weights": f"The label's weight would then differ from the pasted area; here they "
        f"are {one.weight:.3f} and {one.pasted:.3f}.",
        "one draw a batch": f"There would then be one box; here {one.boxes} are distinct.",
        "same draws": f"Image 0 would then have one view; here they are {', '.join(one.views)}.",
        "read on mixtures": f"The labels would then be mixed where it is read; here the largest "
        f"weight is {one.own:.3f}.",
        "augmented val": f"A second measurement would then differ; here it is {one.twice:.3f} "
        f"after {one.val[-1]:.3f}.",
    }[said]


def accept(cases: Sequence[Case], expected: Sequence, found: Sequence) -> str | None:
    """Judges a diagnosis by the logs of its own draw."""
    (given,) = found
    if type(given) is not dict or set(given) != {"draw", *NAMES}:
        return f'Give a dict with "draw" and the runs {", ".join(NAMES)}.'
    try:
        made = runs(given["draw"])
    except CourseError as error:
        return str(error)
    said = {n: given[n].strip().lower() if isinstance(given[n], str) else "" for n in NAMES}
    for name, cause in said.items():
        if cause not in CAUSES:
            return f"Run {name}: there is no cause {given[name]!r}; {nearest(cause, CAUSES)}"
    if said == truth(made):
        return None
    for rule, sentence in SHORTCUTS.values():
        if said == rule(made):
            return sentence
    wrong = [name for name in NAMES if said[name] != made[name].cause]
    first = wrong[0]
    right = f"{len(NAMES) - len(wrong)} of {len(NAMES)} are right"
    clue = against(made[first], said[first])
    return f"Of draw {given['draw']}, {right}. Run {first} is not: {clue}"


def answer(draw: int, write: Callable[[str], str] = str) -> Callable[[], Diagnosis]:
    """The right diagnosis of a draw."""
    return lambda: {"draw": draw} | {name: write(c) for name, c in truth(runs(draw)).items()}


def inputs(rng: Rng) -> list[Case]:
    return [Case("your diagnosis")]


EXERCISE = Exercise(
    id="u02/sick_run",
    title="Augmentation that went wrong",
    kind="diagnose",
    contract=CONTRACT,
    reference=answer(1),
    inputs=inputs,
    accept=accept,
    value=True,
    wrong=tuple(
        Wrong(name, lambda rule=rule: told(rule), text) for name, (rule, text) in SHORTCUTS.items()
    ),
    right=(
        Right("another draw", answer(20_262)),
        Right("a negative draw, in capitals", answer(-7, str.upper)),
    ),
    hints=(
        "Write down for each line of a log what it must look like in a sound run. The curves are "
        "no evidence: none of these causes has a typical score.",
        "Compute −mean / std and (1 − mean) / std: these are black and white at the net's input, "
        "and the holes are black. The partner's weight equals the pasted area. Labels of clean "
        "images have a weight of 1.",
        "Input exactly 0 to 1: jitter late. Only the holes at 0: hole of the mean. Weight and area "
        "differ: nominal weights. One box: one draw a batch. One hash three times: same draws. A "
        "largest weight below 1: read on mixtures. Two values of val: augmented val.",
    ),
    points=3,
)
