"""An answer that never ends is stopped; what it prints stays off the page."""

import _thread
import signal
import sys

import numpy as np
import pytest
import torch

from course_lib.grading.call import call
from course_lib.grading.exercise import Case
from course_lib.grading.watch import Watch, quiet

X = Case("x", (torch.arange(4.0),))


@pytest.mark.parametrize("handler", [signal.default_int_handler, signal.SIG_IGN])
def test_an_endless_loop_is_stopped(handler):
    def endless(x):
        while True:
            pass

    before = signal.signal(signal.SIGINT, handler)
    try:
        with Watch(0.2) as watch:
            outcome = call(endless, X)
        assert signal.getsignal(signal.SIGINT) == handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert watch.late and outcome.trouble.error == "KeyboardInterrupt"


@pytest.mark.slow
def test_an_interrupt_that_is_lost_comes_again():
    def deaf(x):
        try:
            while True:
                pass
        except KeyboardInterrupt:
            while True:
                pass

    with Watch(0.1) as watch:
        outcome = call(deaf, X)
    assert watch.late and outcome.trouble.error == "KeyboardInterrupt"


def test_a_watch_that_ends_in_time_never_interrupts(monkeypatch):
    interrupts = []
    monkeypatch.setattr(_thread, "interrupt_main", lambda: interrupts.append(1))
    with Watch(60) as watch:
        call(lambda x: x, X)
    watch.interrupt()  # as a timer would that fires just after the end
    assert not watch.late and interrupts == []


def test_prints_and_warnings_are_kept_off_the_page(capsys):
    def loud(x):
        print("out")
        print("err", file=sys.stderr)
        np.log(np.zeros(1))
        for _ in range(1000):
            print("more " * 10)

    with quiet() as printed:
        outcome = call(loud, X)
    assert outcome.trouble is None
    assert capsys.readouterr() == ("", "")
    text = printed.getvalue()
    assert text.startswith("out\nerr\nmore") and len(text) == printed.most
    assert printed.most == 1000
