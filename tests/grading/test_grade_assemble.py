"""An answer gets from other cells what it needs, and nothing else of them runs."""

import ast

from course_lib.grading.assemble import needed, parsed

CELLS = [
    "import math, torch.nn.functional as F, missing\nfrom os import path, sep",
    "LIMIT = math.sqrt(4)\nOTHER = explode()",
    "def helper(x):\n    return LIMIT * F.relu(x)\n\nhelper(3)",
    "while True: pass",
    "try:\n    import fast\nexcept ImportError:\n    fast = None",
    "not python at all",
    "%timeit helper(3)\ndef late(): return sep",
]


def chosen(answer):
    others = [(source, f"cell {n}") for n, source in enumerate(CELLS)]
    return [ast.unparse(step).split("\n")[0] for step, _ in needed(others, ast.parse(answer))]


def test_names_are_followed_to_where_they_come_from():
    assert chosen("y = helper(2)") == [
        "import math",
        "import torch.nn.functional as F",
        "LIMIT = math.sqrt(4)",
        "def helper(x):",
    ]


def test_what_is_bound_in_a_block_or_after_a_magic_line_is_found():
    assert chosen("fast.run()") == ["try:"]
    assert chosen("late()") == ["from os import sep", "def late():"]


def test_what_nothing_needs_does_not_run():
    assert chosen("print(1)") == []


def test_a_star_gives_any_name():
    steps = needed([("from math import *", "cell")], ast.parse("pi"))
    assert len(steps) == 1


def test_lines_for_the_notebook_alone_are_passed_over():
    tree = parsed("%matplotlib inline\n!ls\nif 1:\n    %time f()\nhelp?\nx = 5 % 2", "cell")
    assert ast.unparse(tree.body[-1]) == "x = 5 % 2"
    assert len(parsed("x = '''\n%time\n'''", "cell").body[0].value.value) == 7
