"""From what came out of the sandbox to a score: the same engine and sentences as a check's.

Expected values are only out here. What was found is read as data, bounded in size, and believed in
nothing but the values of the answer itself.
"""

from typing import Any

import torch

from course_lib.grading import engine, feedback
from course_lib.grading.assignment import Answer
from course_lib.grading.call import Outcome, Trouble, copied
from course_lib.grading.collect import clean
from course_lib.grading.engine import Result
from course_lib.grading.exam import Exam
from course_lib.grading.exercise import Case
from course_lib.grading.records import Score
from course_lib.grading.task import Limits
from course_lib.grading.visit import Ending
from course_lib.grading.watch import Watch, quiet
from course_lib.grading.wire import Foreign, WireError, pack, unpack

LONGEST = 60.0  # seconds to compare one answer
BROKEN = "What your code wrote is not the form of an answer."


def score(exam: Exam, answer: Answer, ending: Ending | None, limits: Limits) -> Score:
    """The score of an answer. ending: None where nothing was run."""
    seconds = ending.seconds if ending else 0.0
    exercise = exam.exercise
    made = Score(exercise.version, "error", 0.0, float(exercise.points), seconds=round(seconds, 3))
    made.notes = [clean(note) for note in answer.notes]
    if answer.missing:
        made.status, made.sentences = "not attempted", [answer.missing]
    elif exam.by_hand or ending is None:
        made.status, made.sentences = "manual", ["Your instructor looks at this answer."]
        made.notes.append("Answers of this kind are not compared here: give marks by hand.")
    elif ending.end != "answered":
        made.status, text = ended(ending.end, limits)
        made.sentences, made.notes = [text], [*made.notes, text]
    else:
        compare(exam, made, ending)
    return made


def compare(exam: Exam, made: Score, ending: Ending) -> None:
    """Compares an answer, in a bounded time."""
    watch = Watch(LONGEST)
    try:
        with watch:
            found = result(exam, unpack(ending.message), ending.seconds)
    except WireError:
        found = Result("error", BROKEN)
        made.notes.append("It wrote something else than an answer: look at the notebook.")
    except (Exception, KeyboardInterrupt) as error:
        if isinstance(error, KeyboardInterrupt) and not watch.late:
            raise
        made.status = "manual"
        what = "took too long" if watch.late else f"raised {type(error).__name__}"
        made.sentences = ["This answer could not be compared; your instructor looks at it."]
        made.notes.append(f"Comparing it {what}: look at the answer and give marks by hand.")
        return
    made.status, made.points = found.state, float(found.points)
    made.wrong = found.wrong or None
    made.sentences = said(found)


def result(exam: Exam, found: Any, seconds: float) -> Result:
    """What the engine says of a message of the sandbox. Raises WireError for a forged one."""
    if type(found) is not dict or type(found.get("printed")) is not str:
        raise WireError(BROKEN)
    state, printed = found.get("state"), found["printed"][:1000]
    if state == "missing":
        return Result("wrong", f"The answer cell does not define `{exam.asked.name}`.")
    if state == "large":
        return Result("error", "The answer is too large, or nested too deeply, to be compared.")
    if state == "raised":
        return engine.troubled(trouble(found.get("trouble")), False, Case("the answer cell itself"))
    if state == "value":
        value = found.get("value")
        if not exam.exercise.value and callable(value):
            raise WireError(BROKEN)
        return engine.examine(exam.exercise, value, exam.seed)
    if state != "cases":
        raise WireError(BROKEN)
    gave = outcomes(exam, found, seconds)
    with quiet():
        judged = engine.judged(exam.trial, gave, False)
    return Result(**{**vars(judged), "printed": printed})


def outcomes(exam: Exam, found: dict, seconds: float) -> list[Outcome]:
    """The outcomes of a message: one for each case, up to one that is trouble."""
    rows, last = found.get("rows"), found.get("trouble")
    cases, expected = exam.trial.cases, exam.expected
    if type(rows) is not list or not 0 < len(rows) <= len(cases):
        raise WireError(BROKEN)
    if last is None and len(rows) < len(cases):  # an answer to some of the cases only
        raise WireError(BROKEN)
    whole = rows if last is None else rows[:-1]
    triples = zip(whole, cases, expected, strict=False)
    made = [outcome(*triple, seconds) for triple in triples]
    return made if last is None else [*made, Outcome(trouble=trouble(last))]


def outcome(row: Any, case: Case, expected: Outcome, seconds: float) -> Outcome:
    """One outcome. Arguments that cannot be sent count as they were."""
    if type(row) is not dict or type(row.get("arguments")) is not tuple:
        raise WireError(BROKEN)
    given, slopes, spent = row["arguments"], row.get("gradients"), row.get("seconds")
    if len(given) != len(case.args):
        raise WireError(BROKEN)
    pairs = zip(copied(case.args), given, strict=True)
    kept = [mine if foreign(mine) else theirs for mine, theirs in pairs]
    if slopes is not None:
        wanted = expected.gradients or []
        tensors = type(slopes) is list and all(type(one) is torch.Tensor for one in slopes)
        if not tensors or len(slopes) != len(wanted):
            raise WireError(BROKEN)
    spent = min(max(spent, 0.0), seconds) if type(spent) is float else 0.0
    return Outcome(row.get("result"), slopes, tuple(kept), None, spent)


def foreign(value: Any) -> bool:
    """Whether an argument cannot be sent back as it is."""
    try:
        return holds(unpack(pack(value)))
    except WireError:
        return True


def holds(tree: Any) -> bool:
    """Whether a tree holds something that only stands for what could not be sent."""
    parts = tree.values() if type(tree) is dict else tree
    if type(tree) in (dict, list, tuple, set, frozenset):
        return any(map(holds, parts))
    return isinstance(tree, Foreign)


def trouble(found: Any) -> Trouble:
    """What an answer raised, as far as it has the form of that."""
    if type(found) is not dict:
        raise WireError(BROKEN)
    words = {key: found.get(key) for key in ("error", "message", "code", "function")}
    if not all(type(word) is str for word in words.values()) or type(found.get("line")) is not int:
        raise WireError(BROKEN)
    return Trouble(
        line=found["line"], **{key: clean(str(word), 400) for key, word in words.items()}
    )


def ended(end: str, limits: Limits) -> tuple[str, str]:
    """Status and sentence of an answer that did not end by itself."""
    if end == "timeout":
        return "timeout", (
            f"Stopped after {limits.processor} seconds of computing, or {limits.seconds:.0f} by "
            "the clock: does a loop never end?"
        )
    if end == "memory":
        size = limits.memory / (1 << 30)
        return "killed", f"Stopped: it used more than {size:g} GiB of memory."
    return "killed", (
        "The process of this answer ended before it gave one: did the code leave Python, kill a "
        "process, or write without end?"
    )


def said(result: Result) -> list[str]:
    """A result in words: its sentence, then what a check shows below it."""
    first = f"{feedback.where(result)}{result.sentence}"
    more = "\n".join(feedback.details(result))
    return [clean(first), *([clean(more, 3000)] if more else [])]
