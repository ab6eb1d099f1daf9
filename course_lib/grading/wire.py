"""Answers as bytes: JSON with the numbers of arrays beside it. Never pickles, and nothing unpacks.

`pack` runs in the sandbox, where a student's code can change it; `unpack` outside believes nothing.
Only exact types are written as what they are, or as the plain type that means the same (a Counter
as a dict, a fraction as a float). Of anything else only the name of its type is sent,
so that a comparison can say that it is another one, and an object with its own `==` is never met.
"""

import json
import math
from collections import Counter, OrderedDict, defaultdict
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from torch import Tensor

MOST = 16 << 20  # bytes of one message
DEPTH, PARTS = 40, 300_000  # of nested containers; of everything in them
DICTS = (dict, OrderedDict, defaultdict, Counter)  # all of them written as dict
TYPES = {
    name: getattr(torch, name)
    for name in "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64".split()
} | {"complex64": torch.complex64, "complex128": torch.complex128}
ARRAYS = {n: np.dtype(n) for n in TYPES if n != "bfloat16"}
ARRAYS |= {n: np.dtype(n) for n in ("uint16", "uint32", "uint64")}


class WireError(ValueError):
    """A message that is too large, or none of ours."""


class Foreign:
    """Stands for a value that cannot be sent; its class has the name of the value's type."""


class ForeignFunction(Foreign):
    """The same for what can be called."""

    def __call__(self, *_: Any) -> None:
        return None


def pack(tree: Any, most: int = MOST) -> bytes:
    """A tree of numbers, strings, containers and arrays. Raises WireError above `most` bytes."""
    blobs: list[bytes] = []
    text = json.dumps(Packer(blobs, most).tree(tree, 0), separators=(",", ":")).encode()
    whole = b"".join([len(text).to_bytes(8, "big"), text, *blobs])
    if len(whole) > most:
        raise WireError(f"The answer has more than {most >> 20} MiB.")
    return whole


class Packer:
    """Writes a tree; arrays go into `blobs`."""

    def __init__(self, blobs: list[bytes], most: int):
        self.blobs, self.left, self.parts = blobs, most, PARTS

    def tree(self, value: Any, depth: int) -> Any:
        self.parts -= 1
        if depth > DEPTH or self.parts < 0:
            raise WireError("The answer is nested too deeply, or holds too many parts.")
        if value is None or type(value) in (bool, float, str):
            return value
        if type(value) is int:
            return value if abs(value) < 2**63 else self.other(value)
        if type(value) is list:
            return [self.tree(part, depth + 1) for part in value]
        if type(value) in (tuple, set, frozenset):
            return {type(value).__name__: [self.tree(part, depth + 1) for part in value]}
        if type(value) in DICTS:
            return {"dict": [self.tree(list(pair), depth + 1) for pair in value.items()]}
        if type(value) is np.str_:
            return str(value)
        if type(value) is Fraction:
            return float(value)
        if type(value) is complex:
            return {"complex": [value.real, value.imag]}
        if value is Ellipsis:
            return {"ellipsis": 0}
        return self.array(value)

    def array(self, value: Any) -> Any:
        """A tensor, an array or a number of numpy; else the name of its type."""
        if type(value) in (Tensor, torch.nn.Parameter) and value.layout is torch.strided:
            name = str(value.dtype).removeprefix("torch.")
            self.room(value.numel() * value.element_size())
            flat = value.detach().cpu().resolve_conj().resolve_neg().contiguous().reshape(-1)
            raw = flat.view(torch.uint8).numpy().tobytes() if name in TYPES else None
            return self.blob("tensor", name, value.shape, raw) or self.other(value)
        if type(value) is np.ndarray or isinstance(value, np.generic):
            self.room(value.nbytes)
            kind = "array" if type(value) is np.ndarray else "number"
            known = ARRAYS.get(value.dtype.name)
            raw = np.ascontiguousarray(value, known).tobytes() if known else None
            return self.blob(kind, value.dtype.name, value.shape, raw) or self.other(value)
        return self.other(value)

    def room(self, size: int) -> None:
        """Refuses before the bytes are made."""
        self.left -= size
        if self.left < 0:
            raise WireError("The answer is too large.")

    def blob(self, kind: str, dtype: str, shape: Any, raw: bytes | None) -> Any:
        if raw is None:
            return None
        self.blobs.append(raw)
        return {kind: [dtype, list(shape)]}

    def other(self, value: Any) -> Any:
        return {"function" if callable(value) else "other": type(value).__name__}


def unpack(whole: bytes, most: int = MOST) -> Any:
    """The tree that a message holds. Raises WireError for anything that `pack` does not write."""
    try:
        size = int.from_bytes(whole[:8], "big")
        if not 8 <= len(whole) <= most or size > len(whole) - 8:
            raise WireError("a message of another size")
        reader = Unpacker(memoryview(whole)[8 + size :])
        tree = reader.tree(json.loads(whole[8 : 8 + size]), 0)
        if len(reader.rest):
            raise WireError("bytes that nothing refers to")
        return tree
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError, RuntimeError) as error:
        raise WireError(f"not the form of an answer ({type(error).__name__}: {error})") from None


class Unpacker:
    """Reads a tree; `rest` holds the arrays that are still to come, in the order of the tree."""

    def __init__(self, rest: memoryview):
        self.rest, self.parts = rest, PARTS

    def tree(self, node: Any, depth: int) -> Any:
        self.parts -= 1
        if depth > DEPTH or self.parts < 0:
            raise WireError("too deep, or too many parts")
        if type(node) is list:
            return [self.tree(part, depth + 1) for part in node]
        if type(node) is not dict:
            return node
        ((kind, inner),) = node.items()
        if kind in ("tuple", "set", "frozenset"):
            make = {"tuple": tuple, "set": set, "frozenset": frozenset}[kind]
            return make(self.tree(part, depth + 1) for part in inner)
        if kind == "dict":
            return dict(self.tree(pair, depth + 1) for pair in inner)
        if kind == "complex":
            return complex(*map(float, inner))
        if kind == "ellipsis":
            return Ellipsis
        if kind in ("other", "function"):
            name = inner if type(inner) is str and inner.isidentifier() else "object"
            return type(name[:60], (ForeignFunction if kind == "function" else Foreign,), {})()
        return self.array(kind, *inner)

    def array(self, kind: str, dtype: str, shape: list[int]) -> Any:
        """The next array, copied, with its stated size checked before anything is made."""
        if not all(type(n) is int and 0 <= n <= MOST for n in shape) or len(shape) > 16:
            raise WireError("an impossible shape")
        known = TYPES[dtype] if kind == "tensor" else ARRAYS[dtype]
        size = math.prod(shape) * known.itemsize
        raw, self.rest = bytearray(self.rest[:size]), self.rest[size:]
        if len(raw) != size:
            raise WireError("an array without its numbers")
        if kind == "tensor":
            empty = torch.empty(shape, dtype=known)
            return torch.frombuffer(raw, dtype=known).reshape(shape) if size else empty
        array = np.frombuffer(raw, known).reshape(shape)
        if kind == "number":
            return array[()]
        if kind != "array":
            raise WireError(f"unknown: {kind[:20]}")
        return array
