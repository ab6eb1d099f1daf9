"""Unit 2's second half: pictures of moments, draws, weights and cues show what they say."""

import pytest
import torch

from course_lib.data.cues import CLASSES, TEXTURES
from course_lib.evaluate.shape_bias import Cues
from course_lib.views import linear
from course_lib.views.expected import regulariser, squared
from course_lib.views.moments import Moments, moments
from course_lib.widgets import cues_seen, draws_needed, moments_seen, weights_seen
from course_lib.widgets.questions import u02_theory


def right(topic: str) -> str:
    groups = [group for group in vars(u02_theory).values() if isinstance(group, tuple)]
    return next(q.right for group in groups for q in group if q.topic == topic)


def test_right_answers_about_moments_are_right():
    points = torch.tensor([[2.0, 0], [-2, 0], [0, 1], [0, -1]])
    spread = points.T @ points / 2  # eigenvalues 4 and 1
    assert torch.linalg.eigvalsh(spread).tolist() == [1, 4] and right("largest variance") == "2"
    image = torch.rand(1, 5, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    mean = moments(linear.shift(2, 2, "circular"), image).mean
    torch.testing.assert_close(mean, image.mean().expand(25))
    assert right("all the way round") == "one even grey"
    mask = linear.Family("dark", torch.tensor([0.8, 0.2], dtype=torch.float64),
                         lambda k, x: x * (1 - k))  # fmt: skip
    torch.testing.assert_close(moments(mask, image).mean, 0.8 * image.flatten())
    assert right("the mean of a mask") == "0.8 times the image"
    assert right("one more digit") == f"{100 * 10**2:,}" and right("what a mean costs") == "4 n"


def test_right_answers_about_regularisers_and_biases_are_right():
    model, noise = draws_needed.model(200), 0.3 * torch.eye(196, dtype=torch.float64)
    found = regulariser(model, noise)
    assert found == pytest.approx(0.3 * model.weight.square().sum().item())
    assert right("weight decay again") == "s times |W|²"
    still = moments(linear.gain([1.0, 1.0]), torch.rand(1, 14, 14, dtype=torch.float64))
    assert regulariser(model, still.cov) == pytest.approx(0) and right("what is punished") == "0"
    assert right("shape bias") == f"{Cues(40, 10, 50, 0).bias:.1f}"


def test_mean_and_spread_are_those_of_the_moments():
    image = moments_seen.items(2, 14)[0][1]
    family = moments_seen.families(14)["shift"]
    mean, deviation = moments_seen.spread(family, image)
    exact: Moments = moments(family, image)
    torch.testing.assert_close(mean.flatten(), exact.mean)
    torch.testing.assert_close(deviation.flatten(), exact.cov.diagonal().clamp_min(0).sqrt())


def test_the_text_below_the_mean_pictures_is_right():
    arrays = moments_seen.compute()
    image, found = arrays["image"], arrays["spread"]
    assert set(found) == set(moments_seen.families(28))
    torch.testing.assert_close(found["brightness"][0], image)  # leaves the mean as it is
    assert (found["erase"][0] <= image + 1e-12).all()  # darkens
    assert found["erase"][1][image == 0].abs().max() < 1e-6  # varies only where something is
    assert len(moments_seen.draw(arrays).axes) == 10


def test_directions_are_orthonormal_and_in_order(shown, monkeypatch):
    found = moments_seen.directions(n=20, side=7)
    for of in found.values():
        vectors = of["vectors"].flatten(1)
        torch.testing.assert_close(vectors @ vectors.T, torch.eye(49, dtype=torch.float64))
        assert (of["values"].diff() <= 1e-12).all() and of["strength"] > 0
    assert len(moments_seen.draw_directions(moments_seen.directions(n=5)).axes) == 20


def test_draws_needed_are_those_of_a_simulation():
    image, loss = draws_needed.case()
    family = moments_seen.families(14)["shift"]
    rows = family.every(image[None])[:, 0].flatten(1)
    generator = torch.Generator().manual_seed(0)
    wanted = draws_needed.needed(0.05)["shift"]
    assert wanted["images"] == 25
    chosen = torch.randint(25, (400, round(wanted["loss"])), generator=generator)
    off = loss(rows)[chosen].mean(dim=1) / loss(rows).mean() - 1
    assert off.square().mean().sqrt().item() == pytest.approx(0.05, rel=0.15)
    model, target = draws_needed.model(), draws_needed.one_hot(torch.tensor([0]))[0]
    assert squared(model, rows, target).shape == (25,)


def test_the_mystery_is_one_and_the_lines_fall_as_they_should(shown, capsys):
    found = draws_needed.needed()["shift"]
    assert found["loss"] > 10 * found["images"]  # or it would be no mystery
    assert f"{found['loss']:,.0f}" in draws_needed.mystery()
    every = draws_needed.needed().values()
    assert max(of["covariance"] for of in every) > 10_000
    assert all(of["mean"] > 5 * of["images"] and of["covariance"] > of["mean"] for of in every)
    arrays = draws_needed.compute(repeats=40)
    assert all(abs(slope + 0.5) < 0.1 for slope in arrays["slopes"].values())
    assert len(draws_needed.draw(arrays).axes) == 1
    draws_needed.show_needed()
    assert shown[-1]["text/plain"].count("\n") == 4


@pytest.mark.slow
def test_the_text_below_the_weights_is_right(shown):
    found = weights_seen.compute()

    def rough(name):
        weight = found[name]["weight"]
        return (weight.diff(dim=2).square().mean() / weight.square().mean()).item()

    assert rough("shift") < 0.7 * rough("none")  # smooth
    assert abs(rough("brightness") / rough("none") - 1) < 0.1
    for name in ("shift", "turn", "erase"):
        assert found[name]["energy"] < found[name]["before"]
    weights_seen.show()
    assert len(shown[-1]["text/plain"].split("\n")) == 5


def test_cues_are_drawn_with_their_names(shown):
    arrays = cues_seen.examples()
    assert [words.split(", ")[0] for words in arrays["words"]["conflict"]] == list(CLASSES)
    own = dict(zip(CLASSES, TEXTURES, strict=True))
    pairs = {kind: [w.split(", ") for w in words] for kind, words in arrays["words"].items()}
    assert all(own[shape] == texture for shape, texture in pairs["agree"])
    assert all(own[shape] != texture for shape, texture in pairs["conflict"])
    cues_seen.show_examples()
    assert "agree: T-shirt, stripes" in shown[0]["text/plain"]


@pytest.mark.slow
def test_a_net_of_seconds_follows_the_texture_where_it_may():
    agree, varied = (cues_seen.learn(kind, steps=30, width=8) for kind in cues_seen.NETS)
    assert agree["shape bias"] < varied["shape bias"]
    assert set(agree) == {"as trained", "shape bias", "decided"}
