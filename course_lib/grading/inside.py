"""What runs in the sandbox: one process that has imported torch, and a child for each exercise.

It reads a job from stdin and writes frames to stdout: a length of eight bytes, then as many. First
{"ready": …}, then for each exercise {"begin": id}, {"end": how, …} and the child's message. Nothing
here is believed outside; a child can kill this process, which ends the exercise that is running.
"""

import ast
import contextlib
import io
import json
import linecache
import os
import pickle
import resource
import select
import signal
import sys
import time
import types
import warnings
from dataclasses import asdict
from typing import Any

import torch

from course_lib.grading.assemble import needed, parsed
from course_lib.grading.call import call, trouble
from course_lib.grading.task import Job, Task
from course_lib.grading.wire import MOST, WireError, pack

CELL = "<your answer>"
SPACE = "__main__"  # of the answer, as in a notebook


class Printed(io.StringIO):
    """Keeps the first letters that are printed."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, 1000 - self.tell())])
        return len(text)


def main() -> None:
    """Works through a job."""
    out, job = os.dup(1), pickle.load(sys.stdin.buffer)  # a job is written by the grader
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    torch.set_num_threads(1)
    frame(out, {"ready": torch.__version__})
    for task in job.tasks:
        frame(out, {"begin": task.id})
        begin = time.monotonic()
        end, message = attempt(task, job)
        frame(out, {"end": end, "seconds": time.monotonic() - begin})
        frame(out, message)


def frame(out: int, content: dict | bytes) -> None:
    """Writes one frame."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    view = memoryview(len(raw).to_bytes(8, "big") + raw)
    while view:
        view = view[os.write(out, view) :]


def attempt(task: Task, job: Job) -> tuple[str, bytes]:
    """One exercise in a child → how it ended and what it wrote."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.dup2(writer, 3)
            os.closerange(4, 256)  # what remains open leads nowhere but to this answer's message
            os.setsid()
            respond(task, job, 3)
        finally:
            os._exit(1)
    os.close(writer)
    try:
        message = receive(reader, child, time.monotonic() + job.seconds)
    finally:
        os.close(reader)
        sweep(child, job.namespace)
    _, status = os.waitpid(child, 0)
    while reap():
        pass
    if message:
        return "answered", message
    if message is None or os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
        return "timeout", b""
    return "killed", b""


def receive(reader: int, child: int, deadline: float) -> bytes | None:
    """The child's message; b"" when it ended without one, None when it took too long."""
    ended = os.pidfd_open(child)
    raw = bytearray()
    try:
        while (left := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select([reader, ended], [], [], left)
            if reader in ready:
                raw += (more := os.read(reader, 1 << 16))
                size = 8 + int.from_bytes(raw[:8], "big")
                if len(raw) > MOST + 8 or len(raw) >= 8 and size > MOST + 8:
                    return b""
                if len(raw) >= max(8, size):
                    return bytes(raw[8:size])
                if not more:
                    return b""
            elif ready:
                return b""
        return None
    finally:
        os.close(ended)


def sweep(child: int, namespace: str) -> None:
    """Ends all that an answer has started: every other process, where these are the sandbox's."""
    with contextlib.suppress(OSError):
        if os.readlink("/proc/self/ns/pid") != namespace:
            os.kill(-1, signal.SIGKILL)  # all but this one, and the init that surrounds it
        else:
            os.killpg(child, signal.SIGKILL)
    with contextlib.suppress(OSError):
        os.kill(child, signal.SIGKILL)


def reap() -> int:
    """Takes notice of one more process that ended; 0 when there is none."""
    try:
        return os.waitpid(-1, os.WNOHANG)[0]
    except ChildProcessError:
        return 0


def respond(task: Task, job: Job, writer: int) -> None:
    """In the child: runs the answer and writes what came of it."""
    resource.setrlimit(resource.RLIMIT_CPU, (job.processor, job.processor + 1))
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # if memory runs out, this one goes first
    printed = sys.stdout = sys.stderr = Printed()
    warnings.simplefilter("ignore")
    try:
        found = outcomes(task, job)
    except BaseException as error:  # SystemExit too: a cell may end with exit()
        found = {"state": "raised", "trouble": asdict(trouble(error))}
    found["printed"] = str(Printed.getvalue(printed))
    try:
        raw = pack(found)
    except WireError as error:
        raw = pack({"state": "large", "why": str(error), "printed": ""})
    frame(writer, raw)
    os._exit(0)


def outcomes(task: Task, job: Job) -> dict[str, Any]:
    """Runs the answer's cell and, if it gives a function, that on every case up to a failure."""
    space = namespace(task, job)
    if task.name not in space:
        return {"state": "missing"}
    answer = space[task.name]
    if task.value or not callable(answer):
        return {"state": "value", "value": answer}
    rows = []
    for case in pickle.loads(task.cases):
        one = call(answer, case, job.seed)
        rows.append({k: vars(one)[k] for k in ("result", "gradients", "arguments", "seconds")})
        if one.trouble:
            return {"state": "cases", "rows": rows, "trouble": asdict(one.trouble)}
    return {"state": "cases", "rows": rows, "trouble": None}


def namespace(task: Task, job: Job) -> dict[str, Any]:
    """What the answer's cells define, after what they need of other cells."""
    module = sys.modules[SPACE] = types.ModuleType(SPACE)
    space = vars(module)
    lines = task.source.splitlines(keepends=True)
    linecache.cache[CELL] = (len(task.source), None, lines, CELL)
    tree = parsed(task.source, CELL)
    others = [(text, f"<cell {n}>") for n, text in enumerate(task.others, 1)]
    for step, name in needed(others, tree):
        with contextlib.suppress(Exception, SystemExit):  # what is missing, the answer will miss
            exec(compile(ast.Module([step], []), name, "exec"), space)
    exec(compile(tree, CELL, "exec"), space)
    return space
