"""Unit 1's pictures and questions: right answers are right, pictures show what they say."""

import math

import pytest
import torch
import torch.nn.functional as F

from course_lib.claims import read
from course_lib.core import paths
from course_lib.nets.convnet import stage
from course_lib.widgets import moving, objectives, representation
from course_lib.widgets.questions import u01

GROUPS = [value for value in vars(u01).values() if isinstance(value, tuple)]
ALL = [question for group in GROUPS for question in group]


def right(topic: str) -> str:
    return next(question.right for question in ALL if question.topic == topic)


def test_questions_are_distinct_and_fit_on_buttons():
    assert len({question.topic for question in ALL}) == len(ALL) == 18
    for question in ALL:
        assert len(set(question.options)) == len(question.options) >= 3
        assert max(map(len, question.options)) <= 28


def test_the_right_answers_are_right():
    assert right("weights of a layer") == f"{stage(64, 128)[0].weight.numel():,}"
    z = torch.tensor([0.7, 0.2, 0.1]).log().requires_grad_()
    F.cross_entropy(z[None], torch.tensor([1])).backward()
    found = ", ".join(f"{value:.1f}" for value in z.grad.tolist())
    assert right("gradient of softmax") == f"({found})"
    assert 3.5 < math.exp((0.9 - 0.8) / 0.07) < 4.5 and "about 4" in right("weights of votes")
    loss = F.cross_entropy(torch.zeros(1, 10), torch.tensor([3])).item()
    assert right("cross-entropy") == "log 10" and loss == pytest.approx(math.log(10))
    large, only = torch.full((10,), 20.0), torch.full((10,), -20.0)
    only[0] = 20
    loss = [-F.logsigmoid(z[0]).item() for z in (large, only)]
    assert loss[0] <= loss[1] and right("the missing term") == "all logits very large"


def test_the_prose_may_speak_of_what_these_claims_found():
    # The mystery and the section on objectives are written for results that held.
    folder = paths.root() / "results" / "claims"
    for key in ("R001", "R002-positive-only", "R002-softmax-sigmoid"):
        assert read(folder / f"{key}.json").verdict == "held", key


def test_what_is_rebuilt_is_a_coarse_copy():
    arrays = representation.rebuilt(n=4, dim=16, images=300)
    assert arrays["rebuilt"].shape == arrays["images"].shape == (4, 1, 40, 40)
    assert 0.3 < arrays["kept"] < 1 and arrays["pixels"] == 1600
    wrong = (arrays["rebuilt"].float() - arrays["images"]).abs().mean()
    assert wrong < arrays["images"].float().sub(arrays["images"].float().mean()).abs().mean()


def test_inside_a_net_maps_shrink_and_end_in_features():
    arrays = representation.inside()
    assert [tuple(maps.shape) for maps in arrays["maps"]] == [
        *((32, 20, 20), (64, 10, 10), (128, 5, 5), (128, 5, 5))
    ]
    assert torch.equal(arrays["features"], arrays["maps"][-1].mean(dim=(1, 2)))


def test_sizes_add_up(shown):
    representation.sizes()
    *_, last = shown[0]["text/plain"].split("\n")
    assert last == "together | 3 × 40 × 40 | 128 | 241,184"


def test_the_losses_differ_for_wrong_classes_only():
    arrays = objectives.compute()
    same, apart = arrays["right class, y = 1"], arrays["wrong class, y = 0"]
    assert torch.equal(same["sigmoid"], same["positive only"])
    assert apart["positive only"].abs().max() == 0 and apart["sigmoid"].min() > 0


def test_runs_are_told_with_their_ends(shown):
    history = {"step": [0, 1], "loss": [2.0, 1.0], "accepted": [5.0, 9.5], "accuracy": [0.1, 0.8]}
    objectives.show_runs({"positive only": history})
    assert "positive only: loss 1.000, 9.50 classes accepted" in shown[0]["text/plain"]
    assert shown[-1]["text/plain"].endswith("positive only | 1.000 | 9.50 | 80.0")


def test_a_moved_picture_is_looked_for_among_all():
    arrays = moving.compute(images=30, shifts=(0, 8))
    assert {"pixels", "random"} <= set(arrays["found"])
    assert all(shares[0] == 1 for shares in arrays["found"].values())
    assert arrays["found"]["pixels"][1] < 0.5 < arrays["found"]["random"][1]
    fig = moving.draw(arrays)
    assert fig.axes[0].get_ylabel() == "found among 30 (%)"
    assert "raw pixels 100, " in moving.alt(arrays) and "by 0, 8 pixels" in moving.alt(arrays)


def test_floors_of_some_sets_with_their_headroom(shown, monkeypatch, capsys):
    found = {"fashion": {"chance": [10.0], "raw pixels kNN": [84.0, 86.0]}, "stamps": {}}
    monkeypatch.setattr(representation.floors, "compute", lambda: found)
    representation.show_floors()
    assert shown[-1]["text/plain"].split("\n")[1:] == ["fashion | 85.0 | 15.0"]
    monkeypatch.setattr(representation.floors, "compute", dict)
    representation.show_floors()
    assert capsys.readouterr().out == "The floors are not stored yet.\n"


def test_the_mystery_waits_for_its_numbers(monkeypatch):
    assert "asked of 64 learnt numbers" in representation.mystery()
    monkeypatch.setattr(representation.claim_table, "stored", lambda key: None)
    assert "not measured yet" in representation.mystery()
