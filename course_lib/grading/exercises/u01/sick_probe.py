"""A diagnosis: which of five linear probes can be trusted, and what is wrong with the others?"""

from collections.abc import Callable, Sequence

from course_lib.core.errors import CourseError, nearest
from course_lib.core.randomness import Rng
from course_lib.grading.exercise import Case, Exercise, Right, Wrong
from course_lib.grading.exercises.u01._probes import CAUSES, CLASSES, NAMES, Probe, probes, show

__all__ = ["EXERCISE", "show"]
CONTRACT = """
Five colleagues report how well linear probes read frozen encoders, and not every score can be
trusted. Read each log and name its cause. Choose a whole number of your own, `draw`: it draws five
logs that nobody has seen. Fill in `diagnosis`, a dict from `"draw"` to your number and from each
run, `"A"` to `"E"`, to one cause:

- `"healthy"`: nothing is wrong.
- `"test statistics"`: the probe's inputs were standardised with mean and std of the test images.
- `"batchnorm"`: the encoder's BatchNorm layers were in train mode while features were read.
- `"projector"`: the probe was trained on the projector's output, not on the encoder's.
- `"chosen on test"`: of all epochs, the one was kept that is best on test.
- `"duplicates"`: some images are in more than one of train, val and test.
- `"not frozen"`: the encoder was trained along with the probe.

A run has at most one of them, and several runs may share one. In the logs, *parameters* and
*buffers* are short hashes of the encoder's weights and of its BatchNorm statistics; *inputs* are
the numbers that the probe was given, after standardising; within one set no image occurs twice.
"""
Diagnosis = dict[str, int | str]
Rule = Callable[[dict[str, Probe]], dict[str, str]]


def truth(runs: dict[str, Probe]) -> dict[str, str]:
    return {name: run.cause for name, run in runs.items()}


def renamed(old: str, new: str) -> Rule:
    """Right but for one cause, which is taken for another."""
    return lambda runs: {n: new if run.cause == old else run.cause for n, run in runs.items()}


def nothing(runs: dict[str, Probe]) -> dict[str, str]:
    return dict.fromkeys(runs, "healthy")


def best_leaks(runs: dict[str, Probe]) -> dict[str, str]:
    best = max(runs, key=lambda name: runs[name].test[runs[name].kept - 1])
    return {name: "test statistics" if name == best else "healthy" for name in runs}


def test_above_val(runs: dict[str, Probe]) -> dict[str, str]:
    above = {name for name, run in runs.items() if run.test[run.kept - 1] > run.val[run.kept - 1]}
    return {name: "chosen on test" if name in above else "healthy" for name in runs}


def smallest_probe(runs: dict[str, Probe]) -> dict[str, str]:
    least = min(run.weights for run in runs.values())
    return {
        name: "projector"
        if run.weights == least
        else run.cause.replace("projector", "healthy")
        for name, run in runs.items()
    }  # fmt: skip


def early_epoch(runs: dict[str, Probe]) -> dict[str, str]:
    return {
        name: "chosen on test" if run.cause == "healthy" and run.kept < 8 else run.cause
        for name, run in runs.items()
    }


def test_must_be_standard(runs: dict[str, Probe]) -> dict[str, str]:
    swap = {"healthy": "test statistics", "test statistics": "healthy"}
    return {name: swap.get(run.cause, run.cause) for name, run in runs.items()}


SHORTCUTS: dict[str, tuple[Rule, str]] = {
    "nothing is wrong": (nothing, "You trust all five; at least three have something wrong."),
    "the best one leaks": (
        best_leaks,
        "You suspect the run with the highest score only. A wider net scores higher honestly, and "
        "a leak need not win: look for traces of the procedure, not at the score.",
    ),
    "test above val": (
        test_above_val,
        "You suspect runs that are better on test than on val. Two different sets of images differ "
        "by chance, either way; what counts is which curve the choice of the epoch followed.",
    ),
    "the smallest probe": (
        smallest_probe,
        "You take the smallest probe for one on a projector. Narrow encoders have small probes "
        "too: compare each probe with the two outputs of its own net.",
    ),
    "early epochs": (
        early_epoch,
        "You suspect runs that did not keep the last epoch. To choose one is allowed, on val.",
    ),
    "test must be standard": (
        test_must_be_standard,
        "You expect test inputs of mean 0 and std 1. They would be that by chance only: a sound "
        "procedure brings its training images to 0 and 1, and uses the same numbers for all.",
    ),
    "batchnorm is training": (
        renamed("batchnorm", "not frozen"),
        "You call it training when only the buffers changed. Training changes parameters; a "
        "forward pass in train mode leaves these alone and still writes somewhere.",
    ),
    "training is batchnorm": (
        renamed("not frozen", "batchnorm"),
        "You blame BatchNorm's train mode where the parameters changed too; no forward pass does "
        "that.",
    ),
    "peaks overlooked": (
        renamed("chosen on test", "healthy"),
        "You pass over how the epoch was chosen: compare the one that was kept with the highest "
        "value of either row.",
    ),
    "copies overlooked": (
        renamed("duplicates", "healthy"),
        "You did not add up the images: compare the sum of the three sets with the distinct ones.",
    ),
}


def told(rule: Rule) -> Diagnosis:
    """What a rule says of the first draw on which it is wrong, and wrong in its own way."""
    for draw in range(1, 1000):
        runs = probes(draw)
        said = rule(runs)
        others = [other(runs) for other, _ in SHORTCUTS.values() if other is not rule]
        if said not in (truth(runs), *others):
            return {"draw": draw, **said}
    raise AssertionError("unreachable: every rule is wrong somewhere")


def against(name: str, run: Probe, said: str) -> str:
    """The trace in a log that speaks against a cause."""
    val, test = run.best
    mean, std = run.moments["test"]
    return {
        "healthy": "Something in this log cannot be so in a sound probe: go through what must be "
        "equal, what must add up, and what the choice must follow.",
        "test statistics": f"The test inputs would then have mean 0 and std 1; here they have "
        f"{mean:.3f} and {std:.3f}.",
        "batchnorm": "Train mode would change the buffers and nothing else; compare both hashes.",
        "projector": f"A probe on {run.projected} numbers for {CLASSES} classes has "
        f"{CLASSES * (run.projected + 1)} weights and biases; this one has {run.weights}.",
        "chosen on test": f"Test is highest at epoch {test} and val at {val}; {run.kept} was kept.",
        "duplicates": f"The three sets have {sum(run.images)} images, and {run.distinct} distinct "
        "ones.",
        "not frozen": "Training would change the parameters; their hash is the same.",
    }[said]


def accept(cases: Sequence[Case], expected: Sequence, found: Sequence) -> str | None:
    """Judges a diagnosis by the logs of its own draw."""
    (given,) = found
    if type(given) is not dict or set(given) != {"draw", *NAMES}:
        return f'Give a dict with "draw" and the runs {", ".join(NAMES)}.'
    try:
        runs = probes(given["draw"])
    except CourseError as error:
        return str(error)
    said = {n: given[n].strip().lower() if type(given[n]) is str else "" for n in NAMES}
    for name, cause in said.items():
        if cause not in CAUSES:
            return f"Run {name}: there is no cause {given[name]!r}; {nearest(cause, CAUSES)}"
    if said == truth(runs):
        return None
    for rule, sentence in SHORTCUTS.values():
        if said == rule(runs):
            return sentence
    wrong = [name for name in NAMES if said[name] != runs[name].cause]
    first = wrong[0]
    clue = against(first, runs[first], said[first])
    return f"{len(NAMES) - len(wrong)} of {len(NAMES)} are right. Run {first} is not: {clue}"


def answer(draw: int, write: Callable[[str], str] = str) -> Callable[[], Diagnosis]:
    """The right diagnosis of a draw."""
    return lambda: {"draw": draw} | {name: write(c) for name, c in truth(probes(draw)).items()}


def inputs(rng: Rng) -> list[Case]:
    return [Case("your diagnosis")]


EXERCISE = Exercise(
    id="u01/sick_probe",
    title="Which probes to trust",
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
        Right("another draw", answer(20_261)),
        Right("a negative draw, in capitals", answer(-7, str.upper)),
    ),
    hints=(
        "Write down for each line of a log what it must look like in a sound run. Scores are no "
        "evidence: none of these causes has a typical score.",
        "Hashes before and after must be equal, both. A probe on d numbers for 10 classes has "
        "10 · (d + 1) weights and biases. The mean is 0.000 and the std 1.000 exactly where the "
        "statistics come from. Images must add up.",
        "Only buffers changed: batchnorm. Parameters changed: not frozen. Test inputs exactly 0 "
        "and 1: test statistics. The size of the probe fits the projector: projector. Fewer "
        "distinct images than the three sets have: duplicates. The kept epoch is the peak of test "
        "and not that of val: chosen on test.",
    ),
    points=3,
)
