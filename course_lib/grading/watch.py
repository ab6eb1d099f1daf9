"""What surrounds an answer that is tried: a limit of time, and no prints on the page."""

import _thread
import contextlib
import io
import signal
import threading
import warnings
from collections.abc import Iterator

LIMIT = 10.0  # seconds after which an answer is interrupted


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


class Printed(io.StringIO):
    """Keeps the first letters that are printed, so that an endless loop fills no memory."""

    most = 1000

    def write(self, text: str) -> int:
        room = max(0, self.most - self.tell())
        super().write(text[:room])
        return len(text)


@contextlib.contextmanager
def quiet() -> Iterator[Printed]:
    """Keeps what is printed away from the page, where a red box would look like a failure."""
    printed = Printed()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield printed
