"""For the tests: an exercise whose answer is a value."""

from course_lib.grading.exercise import Case, Exercise, Right, Wrong

ORDER = {"fruit": ["apple", "pear"], "number": 3.0}


def saying(fruit: list[str], number: float):
    """An answer that gives this value."""
    return lambda: {"fruit": fruit, "number": number}


def form(answer) -> str | None:
    """Names that are none are a slip of the pen."""
    fruit = answer.get("fruit", ()) if type(answer) is dict else ()
    return None if {"apple", "pear"}.issuperset(fruit) else "The fruit are apple and pear."


def inputs(rng):
    return [Case("your order")]


EXERCISE = Exercise(
    id="u98/order",
    title="Order the fruit",
    kind="predict",
    contract="A dict: `fruit`, a list of two names, and `number`.",
    reference=lambda: ORDER,
    inputs=inputs,
    wrong=(
        Wrong("turned", saying(["pear", "apple"], 3), "You count from the end."),
        Wrong("one less", saying(["apple", "pear"], 2), "You count from 0."),
        Wrong("one more", saying(["apple", "pear"], 4), "You count the basket."),
        Wrong("apples", saying(["apple", "apple"], 3), "The second is no apple."),
        Wrong("pears", saying(["pear", "pear"], 3), "The first is no pear."),
    ),
    right=(
        Right("a whole number", saying(["apple", "pear"], 3)),
        Right("nearly", saying(["apple", "pear"], 3.00001)),
    ),
    hints=("Look.", "Look again.", "Count."),
    points=2,
    value=True,
    form=form,
)
