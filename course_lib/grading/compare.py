"""How a result differs from the expected one: the first thing that is off, in one sentence.

Expected decides what is looked at. Found is read with exact types only, never with its own `==`,
since an answer may return an object that claims to equal everything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Number
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_lib.grading.brief import brief, dimensions, kind, number

ARRAYS = (Tensor, torch.nn.Parameter, np.ndarray)
ORDERED = (list, tuple)
PLAIN = (bool, int, float)


@dataclass(frozen=True)
class Difference:
    """what: type, number, keys, shape, dtype, value, gradient or argument. sentence: for a student.

    expected, found: the two, briefly; "" where the sentence says all.
    """

    what: str
    sentence: str
    expected: str = ""
    found: str = ""


def difference(expected: Any, found: Any, tolerance: float, place: str) -> Difference | None:
    """The first difference, or None. tolerance: relative and absolute, of floats; NaN equals NaN.

    place: what the two are, as a sentence's subject: "the result". A list may stand for a tuple,
    and a tensor or array of no dimension for a number.
    """
    if isinstance(expected, Tensor | np.ndarray):
        return arrays(expected, found, tolerance, place)
    if isinstance(expected, Number | np.generic):
        return numbers(expected, found, tolerance, place)
    if isinstance(expected, Mapping) and type(found) in (dict, type(expected)):
        return mappings(expected, found, tolerance, place)
    if isinstance(expected, ORDERED) and type(found) in (*ORDERED, type(expected)):
        return sequences(expected, found, tolerance, place)
    if type(found) is not type(expected):
        return unlike(expected, found, place)
    if hasattr(expected, "__dict__") and not isinstance(expected, type) and not callable(expected):
        return mappings(vars(expected), vars(found), tolerance, place, ".{}")
    if isinstance(expected, torch.nn.Module):
        return mappings(state(expected), state(found), tolerance, place)
    same = expected is found or callable(expected) or repr(expected) == repr(found)
    return None if same else off(expected, found, place)


def state(module: torch.nn.Module) -> dict[str, Any]:
    """What a module keeps: parameters, buffers and its mode."""
    return {**module.state_dict(), "training": module.training}


def off(expected: Any, found: Any, place: str) -> Difference:
    """Two values that can only be shown."""
    return Difference("value", f"{place} is not as expected.", brief(expected), brief(found))


def unlike(expected: Any, found: Any, place: str) -> Difference:
    """Two things of different types."""
    if found is None:
        text = f"{place} is None: is a `return` missing?"
    else:
        text = f"{place} should be {kind(expected)}, and is {kind(found)}."
    return Difference("type", text)


def arrays(expected: Any, found: Any, tolerance: float, place: str) -> Difference | None:
    """Two tensors or two arrays: type, shape, dtype, then values."""
    wanted = np.ndarray if isinstance(expected, np.ndarray) else Tensor
    if type(found) not in ARRAYS or not isinstance(found, wanted):
        return unlike(expected, found, place)
    if tuple(found.shape) != tuple(expected.shape):
        shapes = dimensions(expected.shape), dimensions(found.shape)
        return Difference("shape", f"{place} has another shape than expected.", *shapes)
    if found.dtype != expected.dtype:
        types = (str(array.dtype).removeprefix("torch.") for array in (expected, found))
        return Difference("dtype", f"{place} has another dtype than expected.", *types)
    if isinstance(expected, np.ndarray) and expected.dtype.kind not in "biufc":
        same = expected.tolist() == found.tolist()
        return None if same else off(expected, found, place)
    return values(torch.as_tensor(expected), torch.as_tensor(found), tolerance, place)


def numbers(expected: Any, found: Any, tolerance: float, place: str) -> Difference | None:
    """Two numbers; whether a number is written 2 or 2.0 does not matter, but True is no 1."""
    if type(found) is type(expected) and type(found) in PLAIN and found == expected:
        return None  # most are, and this is a hundred times quicker
    if type(found) in ARRAYS and not found.shape or type(found).__module__ == "numpy":
        found = found.item()
    flags = isinstance(expected, bool | np.bool_), type(found) is bool
    if type(found) not in (*PLAIN, complex) or flags[0] != flags[1]:
        return unlike(expected, found, place)
    if type(found) is int and isinstance(expected, int):  # of any size
        return None if found == int(expected) else off(expected, found, place)
    return values(scalar(expected), scalar(found), tolerance, place)


def scalar(value: Any) -> Tensor:
    """A number as a tensor of no dimension, in double precision."""
    tensor = torch.as_tensor(value)
    return torch.as_tensor(value, dtype=torch.float64) if tensor.is_floating_point() else tensor


def values(expected: Tensor, found: Tensor, tolerance: float, place: str) -> Difference | None:
    """Two tensors of one shape; says where they differ most."""
    wide = torch.complex128 if expected.is_complex() or found.is_complex() else torch.float64
    exact = not (expected.is_floating_point() or expected.is_complex())
    a, b = (t.detach().cpu().to(wide) for t in (expected, found))
    same = (a == b) | (a.isnan() & b.isnan())
    gap = (a - b).abs().nan_to_num(torch.inf, torch.inf)
    allowed = torch.where(a.abs() < torch.inf, tolerance * (1 + a.abs()), 0.0)
    bad = ~same & (gap > (0 if exact else allowed))
    if not bad.any():
        return None
    flat = torch.where(bad, gap, -1.0).flatten().argmax().item()
    at = [int(i) for i in np.unravel_index(flat, a.shape)]
    pair = number(a.flatten()[flat].item(), b.flatten()[flat].item())
    if not at:
        return Difference("value", f"{place} has another value than expected.", *pair)
    count = f"{int(bad.sum())} of {bad.numel()} values"
    text = f"{place} differs in {count}, most at {at}: expected {pair[0]}, found {pair[1]}."
    return Difference("value", text, brief(expected), brief(found))


def sequences(
    expected: Sequence, found: Sequence, tolerance: float, place: str
) -> Difference | None:
    """Two lists or tuples."""
    if len(found) != len(expected):
        text = f"{place} should hold {len(expected)} things, and holds {len(found)}."
        return Difference("number", text, brief(expected), brief(found))
    for n, (wanted, given) in enumerate(zip(expected, found, strict=True)):
        if it := difference(wanted, given, tolerance, f"{place}[{n}]"):
            return it
    return None


def mappings(
    expected: Mapping, found: Mapping, tolerance: float, place: str, mark: str = "[{!r}]"
) -> Difference | None:
    """Two dicts; the order of keys does not matter. mark: how a key is written after the place."""
    missing = [key for key in expected if key not in found]
    extra = [key for key in found if key not in expected]
    if missing or extra:
        parts = [f"{word} {brief(keys)}" for word, keys in (("lacks", missing), ("has", extra))]
        chosen = [part for part, keys in zip(parts, (missing, extra), strict=True) if keys]
        return Difference("keys", f"{place}: of the expected keys it {' and '.join(chosen)}.")
    for key in expected:
        if it := difference(expected[key], found[key], tolerance, f"{place}{mark.format(key)}"):
            return it
    return None
