"""When a run must stop: one sentence on what happened and how to go on, and a usable checkpoint."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import torch

from course_lib.core.errors import CourseError

_stop = threading.Event()


def stop_requested() -> bool:
    """Whether Ctrl-C was pressed, or the notebook's stop button, since the run began."""
    return _stop.is_set()


@contextlib.contextmanager
def explained(folder: Path | None) -> Iterator[None]:
    """Lets the step in hand finish after a first interrupt, and turns what ends a run into one
    sentence. A second interrupt stops at once; the checkpoint before it stays whole."""
    _stop.clear()
    main = threading.current_thread() is threading.main_thread()

    def ask(*_):
        if _stop.is_set():
            raise KeyboardInterrupt
        _stop.set()

    before = signal.signal(signal.SIGINT, ask) if main else None
    again = "nothing was saved, as no run folder was given with out="
    if folder:
        again = f"run the same command to go on from the last checkpoint in {folder}"
    try:
        yield
    except KeyboardInterrupt:
        raise CourseError(f"Stopped; {again}.") from None
    except (torch.OutOfMemoryError, MemoryError):
        raise CourseError(_memory(again)) from None
    except RuntimeError as error:
        if "not enough memory" in str(error) or "can't allocate memory" in str(error):
            raise CourseError(_memory(again)) from None
        if "C++ compiler" in str(error):
            raise CourseError(
                "compile=true needs a C++ compiler, which this machine lacks: leave it out."
            ) from None
        raise
    finally:
        if main:
            signal.signal(signal.SIGINT, before)


def _memory(again: str) -> str:
    return f"Out of memory: free some, or start a new run with a smaller batch=; {again}."
