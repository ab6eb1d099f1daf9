"""What goes through the wire comes out the same; what nobody packed is refused."""

import json
import math
from collections import Counter, OrderedDict, defaultdict
from fractions import Fraction

import numpy as np
import pytest
import torch

from course_lib.grading.compare import difference
from course_lib.grading.wire import Foreign, WireError, pack, unpack

VALUES = [
    None, True, 3, -2.5, math.inf, "words", 1 + 2j, ..., [], (), {},
    [1, [2.0, None]], (1, "a"), {"a": (1,), 2: [3]}, {1, 2}, frozenset({"a"}),
    torch.arange(6).view(2, 3), torch.tensor(1.5), torch.ones(0, 3), torch.tensor([True]),
    torch.randn(3, 2).t(), torch.ones(2, dtype=torch.bfloat16), torch.tensor([1 + 2j]),
    torch.zeros(1).expand(2, 2), np.arange(4.0).reshape(2, 2), np.array(3, dtype=np.int16),
    np.float32(1.5), np.int64(4), np.bool_(True), np.zeros((2, 0)),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: f"{type(value).__name__}")
def test_values_come_out_as_they_went_in(value):
    back = unpack(pack({"value": value}))["value"]
    assert type(back) is type(value)
    assert difference(value, back, 0.0, "it") is None


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (OrderedDict(a=1), {"a": 1}),
        (Counter("aab"), {"a": 2, "b": 1}),
        (defaultdict(int, a=1), {"a": 1}),
        (np.str_("shift"), "shift"),
        (Fraction(1, 4), 0.25),
    ],
)
def test_what_means_the_same_comes_out_plain(value, plain):
    back = unpack(pack([value]))[0]
    assert type(back) is type(plain) and back == plain


def test_the_order_of_bytes_is_this_machines():
    back = unpack(pack(np.arange(3, dtype=">i4")))
    assert back.tolist() == [0, 1, 2] and back.dtype == np.int32


def test_what_is_of_another_type_is_only_named():
    class Same(dict):
        def __eq__(self, other):
            return True

    back = unpack(pack([Same(), len, 2**70, torch.nn.Linear(1, 1), "x"]))
    assert [type(one).__name__ for one in back[:4]] == ["Same", "builtin_function_or_method",
                                                         "int", "Linear"]  # fmt: skip
    assert all(isinstance(one, Foreign) for one in back[:4])
    assert callable(back[1]) and not callable(back[0]) and back[4] == "x"


@pytest.mark.parametrize("value", [torch.zeros(1).expand(10**10), "x" * 2**24, [0] * 400_000])
def test_what_is_too_large_is_not_packed(value):
    with pytest.raises(WireError):
        pack(value)


def message(tree, rest=b""):
    text = json.dumps(tree).encode() if not isinstance(tree, bytes) else tree
    return len(text).to_bytes(8, "big") + text + rest


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x80\x04",
        b"\xff" * 20,
        message(b"[" * 100_000),
        message({"tensor": ["float32", [2**40]]}),
        message({"tensor": ["float32", [-1]]}),
        message({"tensor": ["float32", [4]]}, b"123"),
        message({"tensor": ["object", [1]]}, b"12345678"),
        message({"array": ["bfloat16", [1]]}, b"12"),
        message({"pickle": "gASVAAAA"}),
        message({"eval": ["float32", [1]]}, b"1234"),
        message({"dict": [[1, 2, 3]]}),
        message({"dict": [[[], 1]]}),
        message({"set": [[1]]}),
        message({}),
        message(1, b"more than was said"),
        message(json.loads("[" * 60 + "]" * 60)),
    ],
    ids=range(17),
)
def test_what_nobody_packed_is_refused(raw):
    with pytest.raises(WireError):
        unpack(raw)


def test_a_name_of_a_type_is_a_name():
    assert type(unpack(message({"other": "<script>"}))).__name__ == "object"
    assert type(unpack(message({"function": 3}))).__name__ == "object"
