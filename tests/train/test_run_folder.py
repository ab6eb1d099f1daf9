"""Run folders: refused on another recipe, whole after trouble, resumed from what is left."""

import json
import os
import signal

import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.methods.contrastive.simclr import SimCLR
from course_lib.train import checkpoint, train
from course_lib.train.recipes import as_dict, from_dict
from tests.tiny import tiny_data, tiny_recipe


@pytest.fixture
def run(tmp_path):
    """Trains tiny SimCLR in one folder; returns the method."""
    data = tiny_data()

    def again(stop_after=None, **words):
        recipe = tiny_recipe("simclr", **words)
        return train(recipe, tmp_path, data=data, stop_after=stop_after, say=None)

    return again


def test_another_recipe_is_refused_naming_the_difference(run, tmp_path):
    run(stop_after=2)
    before = (tmp_path / "last.pt").read_bytes()
    with pytest.raises(CourseError, match=r"temperature=0.2.*temperature=0.7"):
        run(temperature=0.7)
    assert (tmp_path / "last.pt").read_bytes() == before


def test_difference_within_the_augmentation_is_named_by_its_word(run):
    run(stop_after=2)
    with pytest.raises(CourseError, match=r"with augment\.blur=0\.0, and .* augment\.blur=0\.5:"):
        run(**{"augment.blur": 0.5})


def test_run_from_before_a_setting_goes_on(run, tmp_path):
    run(stop_after=2)
    file = tmp_path / "recipe.json"
    stored = json.loads(file.read_text())
    del stored["augment"]["cutout"], stored["clip"], stored["net_options"]
    file.write_text(json.dumps(stored))
    resumed = run()
    straight = train(tiny_recipe("simclr"), data=tiny_data(), say=None)
    assert all(torch.equal(a, b) for a, b in zip(*map(weights, (resumed, straight)), strict=True))


def test_run_with_a_setting_that_is_no_more_is_refused(run, tmp_path):
    run(stop_after=2)
    file = tmp_path / "recipe.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"sharpness": 3}))
    with pytest.raises(CourseError, match="sharpness=3, and this one has sharpness=None"):
        run()


def test_truncated_checkpoint_falls_back_to_the_one_before(run, tmp_path):
    run(stop_after=2)
    run(stop_after=4)
    last = tmp_path / "last.pt"
    last.write_bytes(last.read_bytes()[:1000])
    resumed = run()
    straight = train(tiny_recipe("simclr"), data=tiny_data(), say=None)
    for key, value in straight.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[key]), key


def test_no_readable_checkpoint_is_one_sentence(run, tmp_path):
    run(stop_after=2)
    (tmp_path / "last.pt").write_bytes(b"nothing")
    with pytest.raises(CourseError, match="No checkpoint can be read"):
        run()


def test_checkpoints_load_with_weights_only(run, tmp_path):
    run()
    state = torch.load(tmp_path / "last.pt", weights_only=True)
    assert state["step"] == 6


def test_interrupt_finishes_the_step_and_saves(run, tmp_path, monkeypatch):
    forward, calls = SimCLR.forward, []

    def interrupted(self, views, t):
        calls.append(t.step)
        if t.step == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return forward(self, views, t)

    monkeypatch.setattr(SimCLR, "forward", interrupted)
    with pytest.raises(CourseError, match="Stopped; run the same command to go on"):
        run()
    assert torch.load(tmp_path / "last.pt", weights_only=True)["step"] == 4
    monkeypatch.setattr(SimCLR, "forward", forward)
    resumed = run()
    straight = train(tiny_recipe("simclr"), data=tiny_data(), say=None)
    assert all(torch.equal(a, b) for a, b in zip(*map(weights, (resumed, straight)), strict=True))


def weights(method):
    return list(method.state_dict().values())


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (torch.OutOfMemoryError("x"), "Out of memory"),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried"), "Out of memory"),
    ],
)
def test_trouble_is_one_sentence_and_the_checkpoint_stays(run, tmp_path, monkeypatch, error, words):
    run(stop_after=2)
    before = (tmp_path / "last.pt").read_bytes()

    def fail(self, views, t):
        raise error

    monkeypatch.setattr(SimCLR, "forward", fail)
    with pytest.raises(CourseError, match=words):
        run()
    assert (tmp_path / "last.pt").read_bytes() == before


def test_other_errors_are_not_disguised(run, monkeypatch):
    def fail(self, views, t):
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(SimCLR, "forward", fail)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        run()


def test_full_disk_is_one_sentence_and_the_checkpoint_stays(run, tmp_path, monkeypatch):
    run(stop_after=2)
    before = (tmp_path / "last.pt").read_bytes()

    def full(state, file):
        file.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint.torch, "save", full)
    with pytest.raises(CourseError, match="the disk is full.*checkpoint before it is whole"):
        run()
    assert (tmp_path / "last.pt").read_bytes() == before
    assert not (tmp_path / "part.pt").exists()


def test_diverged_loss_is_one_sentence(tmp_path):
    recipe = tiny_recipe("supervised", optimizer="sgd", lr=1e30, steps=40, weight_decay=0.0)
    with pytest.raises(CourseError, match="loss became (nan|inf).*smaller lr"):
        train(recipe, tmp_path, data=tiny_data(), say=None)


def test_weights_that_are_not_finite_are_never_saved(tmp_path):
    recipe = tiny_recipe("supervised", optimizer="sgd", lr=1e30, steps=40, weight_decay=0.0)
    with pytest.raises(CourseError, match="no longer finite.*smaller lr"):
        train(recipe, tmp_path, data=tiny_data(), stop_after=5, say=None)
    assert not (tmp_path / "last.pt").exists()


def test_interrupted_run_without_a_folder_says_so_and_the_next_one_runs(monkeypatch):
    forward = SimCLR.forward

    def interrupted(self, views, t):
        os.kill(os.getpid(), signal.SIGINT)
        return forward(self, views, t)

    monkeypatch.setattr(SimCLR, "forward", interrupted)
    with pytest.raises(CourseError, match="Stopped; nothing was saved"):
        train(tiny_recipe("simclr"), data=tiny_data(), say=None)
    monkeypatch.setattr(SimCLR, "forward", forward)
    assert train(tiny_recipe("simclr"), data=tiny_data(), say=None)


def test_log_holds_what_was_seen(run, tmp_path):
    run(steps=20)
    row = json.loads((tmp_path / "log.jsonl").read_text().splitlines()[-1])
    assert row["step"] == 20
    assert {"loss", "lr", "spread", "accuracy", "collapsed", "samples_per_s"} <= set(row)


def test_recipes_survive_their_dictionary():
    recipe = tiny_recipe(
        "simclr", temperature=0.3, **{"augment.blur": 0.5, "data.objects": "[1,3]"}
    )
    assert from_dict(json.loads(json.dumps(as_dict(recipe)))) == recipe


def test_checkpoint_of_other_code_is_one_sentence(run, tmp_path):
    run(stop_after=2)
    state = torch.load(tmp_path / "last.pt", weights_only=True)
    del state["method"]["projector.0.weight"]
    torch.save(state, tmp_path / "last.pt")
    with pytest.raises(CourseError, match=r"is of other code than this .*projector\.0\.weight"):
        run()
