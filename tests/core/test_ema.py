"""The moving average against its closed forms (Polyak and Juditsky 1992)."""

import math

import pytest
import torch
from torch import nn

from course_lib.core.ema import follow, follower


def net(seed: int) -> nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)).double()


def flat(module: nn.Module) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in module.parameters()])


@pytest.mark.parametrize("momentum", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("steps", [1, 7, 69])
def test_beside_a_student_that_stands_still_the_difference_is_a_power(momentum, steps):
    teacher, student = follower(net(0)), net(1)
    difference = flat(teacher) - flat(student)
    for _ in range(steps):
        follow(teacher, student, momentum)
    now = flat(teacher) - flat(student)
    assert torch.allclose(now, momentum**steps * difference, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(("momentum", "half"), [(0.9, 6.6), (0.99, 69), (0.996, 173), (0.999, 693)])
def test_half_lives_that_the_course_names(momentum, half):
    assert math.log(0.5) / math.log(momentum) == pytest.approx(half, rel=0.01)
    teacher, student = follower(net(0)), net(1)
    before = (flat(teacher) - flat(student)).norm()
    for _ in range(round(half)):
        follow(teacher, student, momentum)
    left = ((flat(teacher) - flat(student)).norm() / before).item()
    assert left == pytest.approx(0.5, abs=0.03)


def test_beside_a_moving_student_it_is_the_weighted_sum_of_all_past():
    momentum, students = 0.8, [net(seed) for seed in range(1, 6)]
    teacher = follower(net(0))
    expected = momentum ** len(students) * flat(teacher)
    for place, student in enumerate(students):
        expected += (1 - momentum) * momentum ** (len(students) - 1 - place) * flat(student)
        follow(teacher, student, momentum)
    assert torch.allclose(flat(teacher), expected, rtol=1e-12)


def test_momentum_0_copies_and_1_stands_still_bit_for_bit():
    teacher, student = follower(net(0)), net(1)
    follow(teacher, student, 1.0)
    assert torch.equal(flat(teacher), flat(net(0)))
    follow(teacher, student, 0.0)
    assert torch.equal(flat(teacher), flat(student))


def test_a_follower_starts_equal_in_memory_of_its_own_and_is_not_trained():
    student = net(0)
    teacher = follower(student)
    for mine, theirs in zip(teacher.parameters(), student.parameters(), strict=True):
        assert torch.equal(mine, theirs) and mine.data_ptr() != theirs.data_ptr()
        assert not mine.requires_grad and theirs.requires_grad
    follow(teacher, net(1), 0.5)
    assert torch.equal(flat(student), flat(net(0)))
    assert not any(p.requires_grad for p in teacher.parameters())


def test_running_statistics_are_left_alone():
    teacher, student = follower(net(0)), net(0)
    student(torch.ones(6, 3, dtype=torch.float64) * torch.arange(6)[:, None])
    follow(teacher, student, 0.5)
    assert torch.equal(teacher[1].running_mean, torch.zeros(4, dtype=torch.float64))
    assert not torch.equal(student[1].running_mean, teacher[1].running_mean)


def test_a_student_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="shorter"):
        follow(follower(net(0)), nn.Linear(3, 4).double(), 0.5)
