"""One call of an answer: on copies, watched, with every global generator as it was before.

A student's code may do anything: print, raise, leave with sys.exit, never end, draw from or seed a
global generator, change what it was given. What comes of it is an `Outcome`; nothing is raised.
"""

import contextlib
import copy
import linecache
import random
import sysconfig
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_lib.core.paths import PACKAGE
from course_lib.grading.brief import shortened
from course_lib.grading.exercise import Answer, Case

LIBRARIES = (str(PACKAGE), "<frozen", *set(sysconfig.get_paths().values()))
LEAF = "a tensor that requires a gradient"  # stands for an argument that an answer has made one


@dataclass(frozen=True)
class Trouble:
    """What an answer raised, and the line of the student's own code that it came from."""

    error: str
    message: str
    line: int = 0
    code: str = ""
    function: str = ""


@dataclass
class Outcome:
    """What a call gave. gradients: of each floating-point tensor among the arguments, where they
    were asked for; None when the result carries none. arguments: as they were after the call, with
    LEAF for a tensor that requires a gradient though none was asked for."""

    result: Any = None
    gradients: list[Tensor] | None = None
    arguments: tuple = ()
    trouble: Trouble | None = None
    seconds: float = 0.0


def copied(tree: Any) -> Any:
    """A copy that shares no memory; what cannot be copied is passed on as it is."""
    if type(tree) in (list, tuple):
        return type(tree)(map(copied, tree))
    if type(tree) is dict:
        return {key: copied(value) for key, value in tree.items()}
    if type(tree) in (bool, int, float, str):
        return tree
    if type(tree) in (Tensor, torch.nn.Parameter):
        return tree.detach().clone()
    try:
        return copy.deepcopy(tree)
    except Exception:
        return tree


def returned(tree: Any) -> Any:
    """Arguments after a call: copies, with LEAF for a tensor that autograd has followed since.

    Its gradient adds up from call to call, so the next user of that tensor gets another answer.
    """
    if type(tree) in (list, tuple):
        return type(tree)(map(returned, tree))
    if type(tree) is dict:
        return {key: returned(value) for key, value in tree.items()}
    if type(tree) in (Tensor, torch.nn.Parameter) and tree.is_leaf:
        followed = tree.requires_grad or tree.grad is not None
        return LEAF if followed else copied(tree)
    return copied(tree)


def floating(tree: Any) -> list[Tensor]:
    """The floating-point tensors of a tree, in order."""
    if isinstance(tree, Tensor):
        return [tree] if tree.is_floating_point() else []
    parts = tree.values() if type(tree) is dict else tree if type(tree) in (list, tuple) else ()
    return [tensor for part in parts for tensor in floating(part)]


def traced(tree: Any) -> Any:
    """The tree with floating-point tensors that carry a gradient and may be changed in place."""
    if type(tree) in (list, tuple):
        return type(tree)(map(traced, tree))
    if type(tree) is dict:
        return {key: traced(value) for key, value in tree.items()}
    if isinstance(tree, Tensor) and tree.is_floating_point():
        return tree.requires_grad_().clone()
    return tree


def gradients(result: Any, inputs: Sequence[Tensor]) -> list[Tensor] | None:
    """Of a weighted sum of all that was returned, so that no entry can hide behind another.

    Plain sums would not do: those of a softmax's rows, for one, have no gradient at all.
    """
    outputs = [tensor for tensor in floating(result) if tensor.requires_grad]
    if not outputs:
        return None
    total = torch.zeros((), dtype=torch.float64)
    for tensor in outputs:
        weights = 1 + torch.arange(tensor.numel(), dtype=torch.float64) / tensor.numel()
        total = total + (tensor.flatten().double() * weights).sum()
    found = torch.autograd.grad(total, list(inputs), allow_unused=True)
    return [torch.zeros_like(x) if g is None else g for x, g in zip(inputs, found, strict=True)]


def call(answer: Answer, case: Case, seed: int = 0) -> Outcome:
    """Calls an answer on a copy of a case's arguments. seed: of the global generators meanwhile."""
    pristine = copied(case.args)
    outcome, begin = Outcome(), time.perf_counter()
    try:
        with generators(seed), torch.enable_grad():
            given = traced(pristine) if case.gradient else pristine
            result = answer(*given)
            if case.gradient:
                outcome.gradients = gradients(result, floating(pristine))
        outcome.result = copied(result)
        outcome.arguments = copied(given) if case.gradient else returned(given)
    except BaseException as error:  # SystemExit and KeyboardInterrupt too: Run All goes on
        outcome.trouble = trouble(error)
    outcome.seconds = time.perf_counter() - begin
    return outcome


@contextlib.contextmanager
def single() -> Iterator[None]:
    """float32 is the default dtype meanwhile, whatever a notebook or an answer has set."""
    dtype = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        yield
    finally:
        torch.set_default_dtype(dtype)


@contextlib.contextmanager
def generators(seed: int) -> Iterator[None]:
    """Seeds every global generator, and puts each back as it was; float32 is the default dtype."""
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()
    torch.random.default_generator.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)
    try:
        with single():
            yield
    finally:
        torch.set_rng_state(states[0])
        np.random.set_state(states[1])
        random.setstate(states[2])


def trouble(error: BaseException) -> Trouble:
    """An exception in words, with the deepest line that is the student's own."""
    try:
        message = shortened(str(error), 400)
    except BaseException:  # its own __str__ may raise anything
        message = ""
    own = None
    step: TracebackType | None = error.__traceback__
    while step:
        if not step.tb_frame.f_code.co_filename.startswith(LIBRARIES):
            own = step
        step = step.tb_next
    if own is None:
        return Trouble(type(error).__name__, message)
    code = own.tb_frame.f_code
    text = linecache.getline(code.co_filename, own.tb_lineno).strip()
    return Trouble(type(error).__name__, message, own.tb_lineno, text, code.co_name)
