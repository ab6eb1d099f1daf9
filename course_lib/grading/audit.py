"""What is wrong with an exercise, for its author: every misconception must be caught by name."""

from collections import Counter
from collections.abc import Sequence
from time import process_time
from typing import Any

from course_lib.grading.call import call, floating
from course_lib.grading.engine import Result, examine
from course_lib.grading.exercise import Answer, Exercise, Right, Wrong
from course_lib.grading.trial import Trial

SEEDS = (0, 1, 2)
WRONG, RIGHT, SECONDS = 5, 2, 1.0


def audit(exercise: Exercise, seeds: Sequence[int] = SEEDS) -> list[str]:
    """A sentence for each thing that is wrong; empty for a good exercise. seeds: of the cases."""
    found = words(exercise)
    for seed in seeds:
        try:
            more = broken(exercise, seed) or on(exercise, seed)
        except Exception as error:
            more = [f"its inputs raised {type(error).__name__}: {error}"]
        found += [f"{text} (cases of seed {seed})" for text in more]
        if more:
            break  # other seeds would mostly repeat it
    return found


def words(exercise: Exercise) -> list[str]:
    """What is wrong with the texts and the numbers of answers."""
    found = []
    texts = {"title": exercise.title, "contract": exercise.contract}
    texts |= {f"hint {n}": hint for n, hint in enumerate(exercise.hints, 1)}
    texts |= {f"sentence of {wrong.name!r}": wrong.sentence for wrong in exercise.wrong}
    found += [f"the {what} is empty" for what, text in texts.items() if not text.strip()]
    filled = [what for what, text in texts.items() if text.strip()]
    same = Counter(texts[what].strip() for what in filled)
    found += [f"the {what} is said twice" for what in filled if same[texts[what].strip()] > 1]
    found += several("wrong", exercise.wrong, WRONG) + several("right", exercise.right, RIGHT)
    if type(exercise.points) is not int or exercise.points < 1:
        found.append(f"the points are a whole number from 1, not {exercise.points!r}")
    return found


def several(kind: str, answers: Sequence[Wrong | Right], fewest: int) -> list[str]:
    """What is wrong with the number and the names of answers."""
    names = Counter(answer.name for answer in answers)
    found = [f"two {kind} answers are called {name!r}" for name, n in names.items() if n > 1]
    if len(answers) < fewest:
        found.append(f"it has {len(answers)} {kind} answers, and needs {fewest}")
    return found


def broken(exercise: Exercise, seed: int) -> list[str]:
    """What is wrong with the cases and the reference, before any answer is judged."""
    trial, again = Trial(exercise, seed), Trial(exercise, seed)
    if not trial.cases:
        return ["there is no case"]
    names = Counter(case.name for case in trial.cases)
    found = [f"two cases are called {name!r}" for name, count in names.items() if count > 1]
    expected = trial.run(exercise.reference)
    if trouble := expected[-1].trouble:
        return [*found, f"the reference raised {trouble.error}: {trouble.message}"]
    if again.differences(expected, again.run(exercise.reference)):
        return [*found, "the same seed gives other cases: draw from the rng that is handed over"]
    drawn = [call(exercise.reference, case, seed + 1) for case in trial.cases]
    if trial.differences(expected, drawn):
        found.append("the reference draws from a global generator")
    for case, outcome in zip(trial.cases, expected, strict=True):
        if case.gradient and (outcome.gradients is None or not floating(case.args)):
            found.append(f"case {case.name!r} asks for gradients that the reference does not give")
    return found


def value_of(exercise: Exercise, answer: Answer) -> Any:
    """What a student would hand over."""
    return answer() if exercise.value else answer


def on(exercise: Exercise, seed: int) -> list[str]:
    """Which answers are judged other than they should be, or too slowly, on the cases of a seed."""
    found = []
    rights = {"the reference": exercise.reference} | {
        repr(r.name): r.answer for r in exercise.right
    }
    for name, answer in rights.items():
        result, late = timed(exercise, answer, seed)
        found += [f"the check of {name} {late}"] * bool(late)
        if result.state != "right":
            found.append(f"{name} should be right, and is {result.state}: {result.sentence}")
    for wrong in exercise.wrong:
        result, late = timed(exercise, wrong.answer, seed)
        found += [f"the check of {wrong.name!r} {late}"] * bool(late)
        if result.state == "right":
            found.append(f"{wrong.name!r} is wrong, and is accepted")
        elif result.state != "wrong":
            found.append(
                f"{wrong.name!r} should be wrong, and is {result.state}: {result.sentence}"
            )
        elif result.wrong != wrong.name:
            instead = f"that of {result.wrong!r}" if result.wrong else f"“{result.sentence}”"
            found.append(f"the sentence of {wrong.name!r} does not come up, but {instead}")
    return found


def timed(exercise: Exercise, answer: Answer, seed: int) -> tuple[Result, str]:
    """How an answer is judged, and a complaint when even a second time takes too long.

    The processor's seconds count, so that other programs do not.
    """
    for _ in range(2):
        begin = process_time()
        result = examine(exercise, value_of(exercise, answer), seed)
        if (seconds := process_time() - begin) <= SECONDS:
            return result, ""
    return result, f"takes {seconds:.1f} s"
