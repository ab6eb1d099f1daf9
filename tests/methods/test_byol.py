"""BYOL: its loss against loops, its target, and how it collapses (Grill et al. 2020)."""

import math

import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.core.health import spread
from course_lib.core.randomness import Rng
from course_lib.methods import Time
from course_lib.methods.distillation.byol import head, regression
from course_lib.train import create, train
from tests.tiny import tiny_data, tiny_recipe

NOW = Time(0, 100, 0.0)


def rows(count: int, seed: int, dim: int = 5) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, dim, generator=generator, dtype=torch.float64)


def cosine_of(a: torch.Tensor, b: torch.Tensor) -> float:
    norms = math.sqrt(sum(float(x) ** 2 for x in a)) * math.sqrt(sum(float(x) ** 2 for x in b))
    return sum(float(x) * float(y) for x, y in zip(a, b, strict=True)) / norms


def made(**words):
    """A method in float64 whose target differs from its online net, and views of 8 images."""
    data = tiny_data()
    method = create(tiny_recipe("byol", **words), data).double()
    generator = torch.Generator().manual_seed(1)
    for parameter in method.target.parameters() if method.target else []:
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator)
    views = method.views(data.batch(slice(0, 8)), Rng(0, 0, data.index[:8]))
    return method, {**views, "image": views["image"].double()}


def gradients(**words) -> dict[str, torch.Tensor]:
    method, views = made(**words)
    method(views, NOW).loss.backward()
    return {name: p.grad for name, p in method.named_parameters() if p.grad is not None}


def test_squared_distance_is_2_less_twice_the_cosine():
    q, z = rows(6, 0), rows(6, 1)
    expected = sum(2 - 2 * cosine_of(a, b) for a, b in zip(q, z, strict=True)) / 6
    assert regression(q, z).item() == pytest.approx(expected, abs=1e-12)
    assert regression(3 * q, 0.1 * z).item() == pytest.approx(expected, abs=1e-12)


def test_loss_lies_between_0_for_equal_and_4_for_opposite_rows():
    q = rows(6, 0)
    assert regression(q, q).item() == pytest.approx(0, abs=1e-12)
    assert regression(q, -q).item() == pytest.approx(4, abs=1e-12)
    assert regression(torch.eye(6)[:3], torch.eye(6)[3:]).item() == pytest.approx(2, abs=1e-6)


def test_a_net_that_gives_one_answer_to_all_has_no_loss():
    same = torch.ones(6, 5)
    assert regression(same, 2 * same).item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("predictor", [True, False])
def test_each_view_predicts_the_targets_output_for_the_other(predictor):
    method, views = made(predictor=predictor)
    loss = method(views, NOW).loss.item()
    with torch.no_grad():
        images = views["image"].flatten(0, 1)
        q = method.predictor(method.projector(method.encoder(images)))
        z = method.target(images)
    expected = sum(2 - 2 * cosine_of(q[i], z[i + 8]) for i in range(8)) / 16
    expected += sum(2 - 2 * cosine_of(q[i + 8], z[i]) for i in range(8)) / 16
    assert loss == pytest.approx(expected, abs=1e-10)


def test_swapping_the_views_changes_nothing():
    method, views = made()
    swapped = {**views, "image": views["image"].flip(0)}
    assert method(swapped, NOW).loss.item() == pytest.approx(method(views, NOW).loss.item())


@pytest.mark.parametrize("step", [0, 25, 50, 99, 100])
def test_the_target_follows_by_the_papers_schedule(step):
    method, _ = made(momentum=0.9)
    momentum = 1 - (1 - 0.9) * (math.cos(math.pi * step / 100) + 1) / 2
    pairs = list(zip(method.target.parameters(), method.online().parameters(), strict=True))
    expected = [momentum * mine + (1 - momentum) * theirs.detach() for mine, theirs in pairs]
    method.after_step({}, Time(step, 100, 0.0))
    for (mine, _), wanted in zip(pairs, expected, strict=True):
        assert torch.allclose(mine, wanted, rtol=1e-12, atol=1e-14)


def test_the_targets_running_statistics_are_its_own():
    """With momentum 1 its weights stand still; its statistics are those of what it saw."""
    recipe = tiny_recipe("byol", momentum=1.0, lr=1e-2)
    fresh, method = create(recipe, tiny_data()), train(recipe, data=tiny_data(), say=None)
    for mine, first in zip(method.target.parameters(), fresh.target.parameters(), strict=True):
        assert torch.equal(mine, first)
    key = "stages.1.1.running_mean"
    own, first = method.target[0].state_dict()[key], fresh.target[0].state_dict()[key]
    assert not torch.equal(own, first)
    assert not torch.allclose(own, method.encoder.state_dict()[key], rtol=1e-3)
    method.after_step({}, NOW)
    assert torch.equal(own, method.target[0].state_dict()[key])


def test_no_gradient_reaches_the_target():
    assert not [name for name in gradients() if name.startswith("target")]


@pytest.mark.parametrize("stopped", [True, False])
def test_a_live_target_has_a_gradient_only_where_it_is_asked_for(stopped):
    words = {"target": "live" if stopped else "live with gradient"}
    found, (method, views) = gradients(**words), made(**words)
    z = method.projector(method.encoder(views["image"].flatten(0, 1)))
    other = torch.cat([z[8:], z[:8]])
    regression(method.predictor(z), other.detach() if stopped else other).backward()
    for name, parameter in method.named_parameters():
        assert torch.allclose(found[name], parameter.grad, rtol=1e-8, atol=1e-12), name


def test_without_a_predictor_stopping_the_gradient_only_halves_it():
    half = gradients(target="live", predictor=False)
    for name, whole in gradients(target="live with gradient", predictor=False).items():
        assert torch.allclose(whole, 2 * half[name], rtol=1e-8, atol=1e-12), name


def test_the_predictor_cannot_see_a_shift_so_the_projector_has_no_last_bias():
    predictor, z = head(5, 16, 5).double(), rows(8, 0)
    assert torch.allclose(predictor(z), predictor(z + 3.0), atol=1e-10)
    method = create(tiny_recipe("byol"), tiny_data())
    assert method.projector[-1].bias is None and method.predictor[-1].bias is None


def test_switches_leave_out_what_they_name():
    alone = create(tiny_recipe("byol", predictor=False, target="live"), tiny_data())
    assert {name.partition(".")[0] for name, _ in alone.named_parameters()} == {
        "encoder",
        "projector",
    }


def test_an_unknown_target_is_refused():
    with pytest.raises(CourseError, match="no target 'lives': did you mean 'live'"):
        tiny_recipe("byol", target="lives")


COLLAPSING = {
    "no predictor": {"predictor": False, "momentum": 0.5},
    "target live with gradient": {"target": "live with gradient"},
    "target live, no predictor": {"target": "live", "predictor": False},
}


def last_line(**words) -> str:
    lines: list[str] = []
    recipe = tiny_recipe("byol", steps=40, lr=1e-2, **words)
    train(recipe, data=tiny_data(), say=lines.append)
    return lines[-1]


@pytest.mark.slow
@pytest.mark.parametrize("words", COLLAPSING.values(), ids=COLLAPSING)
def test_without_the_asymmetry_it_collapses_and_the_run_says_so(words):
    """With m0 = 0.5 and a high lr this takes 40 steps; at m0 = 0.97 the same takes longer."""
    assert "COLLAPSED" in last_line(**words)


@pytest.mark.slow
@pytest.mark.parametrize("words", [{}, {"momentum": 0.5}, {"target": "live"}])
def test_with_predictor_and_stopped_gradient_it_does_not(words):
    line = last_line(**words)
    assert "COLLAPSED" not in line
    assert float(line.split("spread")[1].split()[0]) > 0.5 / math.sqrt(128)


def test_constant_output_counts_as_collapse():
    assert spread(torch.ones(8, 5)) == 0
