"""Which samples a step sees."""

import torch

from course_lib.train.batches import Batches, parts
from tests.tiny import tiny_data

CPU = torch.device("cpu")


def test_every_epoch_sees_every_sample_once_in_another_order():
    batches = Batches(tiny_data(64), 16, 0, CPU)
    epochs = [torch.cat([batches.at(4 * e + s)["index"] for s in range(4)]) for e in range(2)]
    for seen in epochs:
        assert torch.equal(seen.sort().values, torch.arange(64))
    assert not torch.equal(*epochs)


def test_a_step_does_not_depend_on_the_steps_before_it():
    walked, jumped = (Batches(tiny_data(64), 16, 5, CPU) for _ in range(2))
    for step in range(11):
        batch = walked.at(step)
    assert torch.equal(batch["image"], jumped.at(10)["image"])


def test_going_through_in_order_gives_every_sample():
    seen = torch.cat([batch["index"] for batch in Batches(tiny_data(50), 16, 0, CPU)])
    assert torch.equal(seen, torch.arange(50))


def test_chosen_rows_come_once_each_visit_in_an_order_of_their_own():
    batches, visits = Batches(tiny_data(64), 16, 0, CPU), torch.arange(64) // 2
    seen = torch.cat([batches.at(step, visits)["index"] for step in range(4)])
    assert torch.equal(seen.sort().values, visits)
    assert not torch.equal(seen, visits)


def test_parts_are_the_batch_in_order():
    batch = Batches(tiny_data(64), 16, 0, CPU).at(0)
    cut = parts(batch, 4)
    assert [len(part["index"]) for part in cut] == [4] * 4
    for name, column in batch.items():
        assert torch.equal(torch.cat([part[name] for part in cut]), column)
