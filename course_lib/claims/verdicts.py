"""Rules that claims of several files share; each compares arms in the order in which they stand."""

from course_lib.claims.claim import Values


def share_of(values: Values, margin: float) -> bool:
    """In every seed the first arm is at most `margin` times the second."""
    first, second = list(values.values())[:2]
    return all(a <= margin * b for a, b in zip(first, second, strict=True))


def no_worse(values: Values, margin: float) -> bool:
    """The first arm lies at most `margin` below the second, in the mean and in two of three."""
    first, second = list(values.values())[:2]
    gaps = [a - b for a, b in zip(first, second, strict=True)]
    return sum(gaps) / len(gaps) >= -margin and 3 * sum(g >= -margin for g in gaps) >= 2 * len(gaps)


def all_below(values: Values, margin: float) -> bool:
    """Every value of every arm lies below the margin."""
    return all(value < margin for found in values.values() for value in found)
