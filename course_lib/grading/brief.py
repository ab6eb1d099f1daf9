"""Values in few words, for a student who wants to see on which input an answer went wrong.

A matrix takes a line a row, anything else one line.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

MANY = 32  # elements that are still written out
NAMES: dict[Any, str] = {
    Tensor: "tensor",
    np.ndarray: "numpy array",
    bool: "truth value",
    str: "string",
}


def brief(value: Any, depth: int = 0) -> str:
    """One value: small arrays written out, large ones by shape and range."""
    if type(value) in (Tensor, torch.nn.Parameter, np.ndarray):
        return array(value)
    if type(value) in (bool, int, float, complex, str, bytes, type(None)):
        return f"{value:.4g}" if type(value) is float else shortened(repr(value))
    if depth < 3 and type(value) in (list, tuple, set, frozenset):
        ends = "[]" if type(value) is list else "()" if type(value) is tuple else "{}"
        return ends[0] + several([brief(part, depth + 1) for part in value]) + ends[1]
    if depth < 3 and isinstance(value, Mapping):
        pairs = [f"{key!r}: {brief(part, depth + 1)}" for key, part in value.items()]
        return "{" + several(pairs) + "}"
    if depth < 3 and hasattr(value, "__dataclass_fields__"):
        pairs = [f"{key}={brief(part, depth + 1)}" for key, part in vars(value).items()]
        return f"{type(value).__name__}({several(pairs)})"
    name = getattr(value, "__name__", None)
    return name if isinstance(name, str) else f"{kind(value)}"


def several(parts: list[str]) -> str:
    """Parts with commas between them, the middle left out where there are many."""
    if len(parts) > 12:
        parts = [*parts[:6], f"… {len(parts)} in all …", parts[-1]]
    return ", ".join(parts)


def shortened(text: str, most: int = 120) -> str:
    """At most so many letters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def array(value: Any) -> str:
    """A tensor or array: its values if they are few, its dtype and shape."""
    value = value.detach().cpu() if isinstance(value, Tensor) else value
    dtype = str(value.dtype).removeprefix("torch.")
    about = f"{dtype}, {dimensions(value.shape)}"
    count = int(np.prod(value.shape))
    if count <= MANY:
        rows = value.tolist()
        if value.ndim < 2:
            return f"{nested(rows)} ({about})"
        return "[" + ",\n ".join(map(nested, rows)) + f"] ({about})"
    flat = value.reshape(-1)
    return f"{about}, from {digits(flat.min().item())} to {digits(flat.max().item())}"


def nested(values: Any) -> str:
    """Nested lists of numbers, short."""
    if isinstance(values, list):
        return "[" + ", ".join(map(nested, values)) + "]"
    return digits(values)


def digits(value: Any) -> str:
    """One number with at most four digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def number(expected: Any, found: Any) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to see that they differ."""
    if isinstance(expected, complex) or isinstance(found, complex):
        return str(expected), str(found)
    for count in (4, 7, 12, 17):
        pair = f"{expected:.{count}g}", f"{found:.{count}g}"
        if pair[0] != pair[1]:
            break
    return pair


def dimensions(shape: Any) -> str:
    """A shape as a tuple of numbers."""
    return str(tuple(shape))


def kind(value: Any) -> str:
    """What something is: its type with an article, and what one calls for it."""
    name = NAMES.get(type(value), type(value).__name__)
    if isinstance(value, np.generic | int | float | complex) and type(value) is not bool:
        name = "number"
    if callable(value) and not isinstance(value, type):
        name = "function"
    return f"{'an' if name[0].lower() in 'aeio' else 'a'} {name}"
