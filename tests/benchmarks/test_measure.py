"""Measuring: turns, medians, memory of a family of processes, and steps beside floors."""

import os
import time
from dataclasses import replace

import pytest
import torch

from benchmarks import laptop, measure
from benchmarks.gpu import refuse_without_gpu
from benchmarks.measure import family, peak_of, turns
from benchmarks.noise import mapped, noise
from benchmarks.steps import Step
from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.views import augment

WORDS = "simclr batch=16 width=8 precision=fp32"


def test_arms_take_turns_and_the_first_rounds_do_not_count(monkeypatch):
    calls, now = [], [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    costs = {"a": iter([100, 1, 5, 2]), "b": iter([100, 9, 7, 8])}

    def arm(name):
        calls.append(name)
        now[0] += next(costs[name])

    found = turns({name: lambda name=name: arm(name) for name in costs}, rounds=3, warm=1)
    assert calls == ["a", "b"] * 4
    assert found == {"a": 2, "b": 8}


@pytest.mark.slow
def test_memory_of_children_counts():
    child = "import time; held = bytearray(200_000_000); time.sleep(1.5)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    alone = peak_of("import time; time.sleep(0.5)")
    assert 180 < peak_of(parent) - alone < 260


def test_a_family_is_a_process_and_its_children():
    assert family(os.getpid())[0] == os.getpid()
    assert family(2**22 + 1) == []


def test_a_failed_process_is_one_sentence():
    with pytest.raises(CourseError, match="ended with 3"):
        peak_of("raise SystemExit(3)")


def test_a_step_trains_and_its_floor_sees_the_same_views_each_time():
    data = noise(32, 16)
    step, floor = Step(WORDS, data), Step(WORDS, data, floor=True)
    before = [p.clone() for p in step.method.parameters()]
    step()
    assert any(not torch.equal(a, b) for a, b in zip(before, step.method.parameters(), strict=True))
    first, second = (floor.method.views({}, None)["image"] for _ in range(2))
    assert first is second
    assert first.shape == (2, 16, 3, 16, 16)
    assert step.passes() == 32


def test_mapped_images_are_those_of_the_file(tmp_path):
    data = mapped(40, 8, tmp_path / "noise.bin")
    written = (tmp_path / "noise.bin").read_bytes()
    assert data.image.shape == (40, 3, 8, 8)
    assert bytes(data.image.flatten().tolist()) == written


def test_a_full_disk_is_said_before_writing(tmp_path):
    with pytest.raises(CourseError, match="has no room for"):
        mapped(10**12, 40, tmp_path / "noise.bin")
    assert not list(tmp_path.iterdir())


def test_without_a_gpu_its_bench_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(CourseError, match="needs a CUDA GPU"):
        refuse_without_gpu()


def test_what_is_stored_is_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr(measure, "results", lambda: tmp_path)
    assert measure.stored("laptop") is None
    measure.store("laptop", {"a": 1.23456789})
    assert measure.stored("laptop")["values"] == {"a": 1.23457}


def test_a_share_is_the_net_alone_by_the_whole_step(monkeypatch):
    monkeypatch.setattr(laptop, "turns", lambda arms, rounds: {"step": 2.0, "floor": 1.5})
    found = laptop.share(print, print, passes=100, rounds=1)
    assert (found["share"], found["views_per_s"], found["step_ms"]) == (0.75, 50, 2000)


def test_memory_kept_and_given_back_take_turns(monkeypatch):
    calls = []
    for name in ("keep_memory", "give_back_memory"):
        monkeypatch.setattr(laptop, name, lambda name=name: calls.append(name))
    monkeypatch.setattr(laptop, "turns", lambda arms, *a, **b: {n: len(n) for n in arms})
    share = laptop.kept_memory(lambda: calls.append("step"), rounds=2, steps=3, say=print)
    assert share == len("kept") / len("given back")
    assert calls == ["give_back_memory", "step", "step", "keep_memory", "step", "step"] * 2


def test_without_hue_all_else_is_as_it_was():
    data, recipe = noise(8, 16), Step(WORDS, noise(16, 16)).recipe
    batch, rng = data.batch(slice(0, 8)), Rng(0, 0, torch.arange(8))
    plain, shifted = laptop.without_hue(recipe, batch, rng), augment(batch, rng, recipe.augment)
    assert not torch.equal(plain["image"], shifted["image"])
    still = replace(recipe.augment, jitter=0.0)
    assert torch.allclose(
        laptop.without_hue(replace(recipe, augment=still), batch, rng)["image"],
        augment(batch, rng, still)["image"],
        atol=1e-5,
    )
