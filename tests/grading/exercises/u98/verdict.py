"""For the tests: an exercise that is judged by a predicate on cases of several kinds."""

from course_lib.grading.exercise import Case, Exercise, Right, Wrong


def accept(cases, expected, found):
    """Nine of ten of each kind."""
    for kind in ("even", "odd"):
        rows = [n for n, case in enumerate(cases) if case.kind == kind]
        hits = sum(expected[n] == found[n].lower() for n in rows)
        if hits < 0.9 * len(rows):
            return f"Of the {kind} numbers, {hits} of {len(rows)} are named so."
    return None


def inputs(rng):
    numbers = (1000 * rng.uniform("n", 40)[0]).long().tolist()
    return [Case(f"number {n}", (x,), kind=["even", "odd"][x % 2]) for n, x in enumerate(numbers)]


def reference(number: int) -> str:
    return ["even", "odd"][number % 2]


EXERCISE = Exercise(
    id="u98/verdict",
    title="Even or odd",
    kind="judge",
    contract="`verdict(number)` → `even` or `odd`.",
    reference=reference,
    inputs=inputs,
    accept=accept,
    wrong=(
        Wrong("even", lambda n: "even", "You never say odd."),
        Wrong("odd", lambda n: "odd", "You never say even."),
        Wrong("turned", lambda n: reference(n + 1), "You have them the wrong way round."),
        Wrong("large", lambda n: "even" if n > 500 else "odd", "Size plays no part."),
        Wrong("halves", lambda n: reference(n // 2), "You look at the half."),
    ),
    right=(
        Right("by the last digit", lambda n: "even" if str(n)[-1] in "02468" else "odd"),
        Right("in capitals", lambda n: reference(n).upper()),
    ),
    hints=("Divide.", "By two.", "What is left?"),
    points=4,
)
