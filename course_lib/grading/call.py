"""One call of an answer: on copies, watched, with every global generator as it was before.

A student's code may do anything: print, raise, leave with sys.exit, never end, draw from or seed a
global generator, change what it was given. What comes of it is an `Outcome`; nothing is raised.
"""

import _thread
import contextlib
import copy
import io
import linecache
import random
import signal
import sysconfig
import threading
import time
import warnings
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

LIMIT = 10.0  # seconds after which an answer is interrupted
LIBRARIES = (str(PACKAGE), "<frozen", *set(sysconfig.get_paths().values()))


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
    were asked for; None when the result carries none. arguments: as they were after the call."""

    result: Any = None
    gradients: list[Tensor] | None = None
    arguments: tuple = ()
    trouble: Trouble | None = None
    seconds: float = 0.0


class Printed(io.StringIO):
    """Keeps the first letters that are printed, so that an endless loop fills no memory."""

    most = 1000

    def write(self, text: str) -> int:
        room = max(0, self.most - self.tell())
        super().write(text[:room])
        return len(text)


def copied(tree: Any) -> Any:
    """A copy that shares no memory; what cannot be copied is passed on as it is."""
    if type(tree) in (list, tuple):
        return type(tree)(map(copied, tree))
    if type(tree) is dict:
        return {key: copied(value) for key, value in tree.items()}
    if type(tree) in (Tensor, torch.nn.Parameter):
        return tree.detach().clone()
    try:
        return copy.deepcopy(tree)
    except Exception:
        return tree


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
        outcome.result, outcome.arguments = copied(result), copied(given)
    except BaseException as error:  # SystemExit and KeyboardInterrupt too: Run All goes on
        outcome.trouble = trouble(error)
    outcome.seconds = time.perf_counter() - begin
    return outcome


@contextlib.contextmanager
def generators(seed: int) -> Iterator[None]:
    """Seeds every global generator, and puts each back as it was; the default dtype as well."""
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()
    dtype = torch.get_default_dtype()
    torch.random.default_generator.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)
    try:
        yield
    finally:
        torch.set_rng_state(states[0])
        np.random.set_state(states[1])
        random.setstate(states[2])
        torch.set_default_dtype(dtype)


def trouble(error: BaseException) -> Trouble:
    """An exception in words, with the deepest line that is the student's own."""
    try:
        message = shortened(str(error), 400)
    except Exception:
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


class Watch:
    """Interrupts the main thread after some seconds, as pressing stop would; `late` says so.

    It insists, since an interrupt that falls into a destructor is lost, and it is heard even in a
    background job, which ignores them.
    """

    def __init__(self, seconds: float = LIMIT):
        self.seconds, self.late = seconds, False
        self.over, self.lock = threading.Event(), threading.Lock()
        self.main = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> "Watch":
        if self.main:  # no other thread can be interrupted
            self.handler = signal.signal(signal.SIGINT, signal.default_int_handler)
            threading.Thread(target=self.wait, daemon=True).start()
        return self

    def wait(self) -> None:
        """What the watching thread does."""
        pause = self.seconds
        while not self.over.wait(pause):
            self.interrupt()
            pause = 1.0

    def interrupt(self) -> None:
        with self.lock:
            if not self.over.is_set():
                self.late = True
                _thread.interrupt_main()

    def __exit__(self, *_: object) -> None:
        while not self.over.is_set():
            with contextlib.suppress(KeyboardInterrupt):  # one that arrives just now
                with self.lock:
                    self.over.set()
        if self.main:
            signal.signal(signal.SIGINT, self.handler or signal.SIG_DFL)


@contextlib.contextmanager
def quiet() -> Iterator[Printed]:
    """Keeps what is printed away from the page, where a red box would look like a failure."""
    printed = Printed()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield printed
