"""An interrupt that reaches one of two processes stops both in the same step, saved."""

import os
import signal

import pytest
import torch

from course_lib.core import sync
from course_lib.core.errors import CourseError
from course_lib.methods.contrastive.simclr import SimCLR
from course_lib.train import train
from tests.pair import Pair
from tests.tiny import tiny_data, tiny_recipe, with_a_break

pytestmark = pytest.mark.slow


def interrupted(folder: str) -> tuple[str, int]:
    """Rank 1 is told to stop within step 3; the sentence of this rank and its last step."""
    forward, steps = SimCLR.forward, []

    def told(self, views, t):
        steps.append(t.step)
        if t.step == 3 and sync.rank() == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return forward(self, views, t)

    SimCLR.forward = told
    try:
        train(tiny_recipe("simclr", steps=7), folder, data=tiny_data(), say=None)
        return "not stopped", steps[-1]
    except CourseError as error:
        return str(error), steps[-1]
    finally:
        SimCLR.forward = forward


def test_both_stop_in_the_same_step_and_go_on_bit_equal(tmp_path):
    pair = Pair()
    try:
        ends = pair.run(interrupted, str(tmp_path / "run"))
        assert torch.load(tmp_path / "run" / "last.pt", weights_only=True)["step"] == 4
        again = pair.run(with_a_break, "simclr", str(tmp_path / "run"))
    finally:
        pair.close()
    for sentence, step in ends:
        assert sentence.startswith("Stopped; run the same command to go on") and step == 3
    assert again == [True, True]
