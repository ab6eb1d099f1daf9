"""Stochastic depth and DropBlock: chances, scales, realised rates, and whose draws they are."""

import pytest
import torch
from torch import Tensor, nn

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.evaluate import finetune
from course_lib.evaluate.linear import Probe
from course_lib.nets import build
from course_lib.nets.depth import Survival, left_out, survivals
from course_lib.nets.draws import drawing
from course_lib.nets.dropblock import DropBlock, realised, seed_rate, squares

SMALL = {"width": 4, "blocks": (1, 2, 1), "zero_init": False}
IMAGES = torch.rand(6, 3, 16, 16, generator=torch.Generator().manual_seed(0))


def rng(rows: int = 6, step: int = 0, first: int = 0) -> Rng:
    return Rng(5, step, torch.arange(first, first + rows))


def net(name: str = "resnet", **spec) -> nn.Module:
    torch.manual_seed(0)
    return build(name, **((SMALL if name == "resnet" else {}) | spec))


def alone(layer: nn.Module, x: Tensor, rows: int = 0, step: int = 0, done: float = 1.0) -> Tensor:
    with drawing(layer, rng(rows or len(x), step), done):
        return layer(x)


@pytest.mark.parametrize(("blocks", "expected"), [(54, 40.25), (12, 8.75), (1, 0.5)])
def test_half_survival_expects_three_quarters_of_the_blocks(blocks, expected):
    chances = survivals(blocks, 0.5)
    assert sum(chances) == pytest.approx((3 * blocks - 1) / 4, abs=1e-12)
    assert sum(chances) == pytest.approx(expected, abs=1e-12)
    assert chances[-1] == 0.5 and chances == sorted(chances, reverse=True)


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        ("resnet", {"survival": 1.0, "survival_per": "sample", "scaled": "train"}),
        ("resnet", {"keep": 1.0, "drop_size": 5}),
        ("convnet", {"keep": 1.0}),
        ("vit", {"survival": 1.0, "dim": 16, "depth": 2, "patch": 4, "size": 16}),
    ],
)
def test_nothing_left_out_is_the_net_without_these_options(name, spec):
    kept = {k: v for k, v in spec.items() if k in ("dim", "depth", "patch", "size")}
    with_options, without = net(name, **spec), net(name, **kept)
    assert list(with_options.state_dict()) == list(without.state_dict())
    assert torch.equal(with_options(IMAGES), without(IMAGES))


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        ("resnet", {"survival": 0.5, "keep": 0.8}),
        ("convnet", {"keep": 0.8}),
        ("vit", {"survival": 0.5, "dim": 16, "depth": 2, "patch": 4, "size": 16}),
    ],
)
def test_options_change_no_name_and_no_weight(name, spec):
    kept = {k: v for k, v in spec.items() if k not in ("survival", "keep")}
    dropping, plain = net(name, **spec), net(name, **kept)
    for key, value in plain.state_dict().items():
        assert torch.equal(value, dropping.state_dict()[key]), key
    assert len(plain.state_dict()) == len(dropping.state_dict())


@pytest.mark.parametrize("spec", [{"survival": 0.5}, {"survival": 0.5, "scaled": "train"}])
def test_use_draws_nothing_and_scaling_belongs_to_test_or_training(spec):
    dropping, plain = net(**spec).eval(), net().eval()
    assert torch.equal(dropping(IMAGES), dropping(IMAGES))
    same = torch.equal(dropping(IMAGES), plain(IMAGES))
    assert same is (spec.get("scaled") == "train")


def test_use_multiplies_each_branch_by_its_chance():
    dropping, plain = net(survival=0.5).eval(), net().eval()
    x = plain.stem(plain.normalise(IMAGES))
    for block, chance in zip(plain.blocks, (7 / 8, 6 / 8, 5 / 8, 4 / 8), strict=True):
        x = (block.shortcut(x) + chance * block.branch(x)).relu()
    assert torch.allclose(dropping.maps(IMAGES), x, atol=1e-6)


@pytest.mark.parametrize("per", ["sample", "batch"])
@pytest.mark.parametrize("scaled", ["test", "train"])
def test_expected_update_in_training_is_that_in_use(per, scaled):
    layer, update = Survival(0.6, per, scaled), torch.full((4000, 2), 3.0)
    if per == "sample":
        mean = alone(layer, update).mean()
    else:
        kept = []
        for step in range(1000):
            with drawing(layer, rng(1, step)):
                kept.append(0.0 if layer.skips() else layer(update[:1]).mean().item())
        mean = torch.tensor(kept).mean()
    in_use = layer.eval()(update).mean()
    assert in_use == pytest.approx(1.8 if scaled == "test" else 3.0, rel=1e-6)
    assert mean == pytest.approx(in_use.item(), rel=0.1)  # 4 standard errors of 1,000 steps


def test_samples_draw_independently_of_each_other_and_of_other_blocks():
    layers = nn.ModuleList([Survival(0.5, "sample"), Survival(0.5, "sample")])
    one = torch.ones(4000, 1)
    with drawing(layers, rng(4000)):
        first, second = (layer(one)[:, 0] for layer in layers)
    for a, b in ((first, second), (first[:-1], first[1:])):
        assert abs(torch.corrcoef(torch.stack([a, b]))[0, 1]) < 0.06
    assert 0.46 < first.mean() < 0.54


def test_a_sample_draws_the_same_in_any_batch_and_anew_in_another_view_step_and_call():
    layer, one = Survival(0.5, "sample"), torch.ones(64, 1)
    whole = alone(layer, one)
    with drawing(layer, rng(16, first=32)):
        assert torch.equal(layer(one[:16]), whole[32:48])
        assert not torch.equal(layer(one[:16]), whole[32:48])
    two_views = alone(layer, torch.ones(128, 1), rows=64)
    assert torch.equal(two_views[:64], whole) and not torch.equal(two_views[64:], whole)
    assert not torch.equal(alone(layer, one, step=1), whole)


def test_a_block_left_out_is_not_computed_and_its_gradient_is_zero():
    dropping, ran = net(survival=0.5).train(), []
    for number, block in enumerate(dropping.blocks):
        block.branch.register_forward_hook(lambda *_, number=number: ran.append(number))
    counts = []
    for step in range(24):
        ran.clear()
        dropping.zero_grad()
        with drawing(dropping, rng(step=step)) as lent:
            dropping(IMAGES).sum().backward()
        assert lent.logs()["survived"].item() == len(ran) / 4
        for number, block in enumerate(dropping.blocks):
            gradients = [p.grad for p in block.branch.parameters()]
            assert all(g is not None for g in gradients)
            assert any(g.any() for g in gradients) is (number in ran)
        counts.append(len(ran))
    assert {2, 3, 4} <= set(counts)
    assert sum(counts) / 24 == pytest.approx((3 * 4 - 1) / 4, abs=0.6)


def test_a_block_left_out_hands_its_input_on():
    dropping = net(survival=0.5).train()
    block, x = dropping.blocks[2], torch.rand(6, 8, 4, 4)
    assert block.same_shape
    for step in range(40):
        with drawing(dropping, rng(step=step)) as lent:
            out = block(x)
        if lent.logs()["survived"] == 0:
            assert torch.equal(out, x)
            return
    raise AssertionError("in 40 steps the block was never left out")


def test_left_out_passes_gradients_on():
    part, x = nn.Linear(2, 2), torch.ones(1, 2, requires_grad=True)
    (3 * left_out(x, part)).sum().backward()
    assert torch.equal(x.grad, torch.full((1, 2), 3.0))
    assert not part.weight.grad.any() and not part.bias.grad.any()


@pytest.mark.parametrize(("keep", "rate"), [(0.9, 0.095), (0.6, 0.308)])
def test_realised_rate_lies_below_the_nominal_one(keep, rate):
    """The rates that were once sampled, and to a tenth of a per cent the exact ones."""
    exact = realised(keep, 7, 14, 14)
    assert exact == pytest.approx(rate, abs=0.005) and exact < 1 - keep
    layer, ones = DropBlock(keep, 7), torch.ones(2000, 8, 14, 14)
    with drawing(layer, rng(2000)) as lent:
        out = layer(ones)
    measured = (out == 0).float().mean().item()
    assert measured == pytest.approx(exact, abs=0.003)  # 3 standard errors
    assert lent.logs()["dropped"].item() == pytest.approx(measured, abs=1e-6)


def test_gamma_is_the_formula():
    assert seed_rate(0.9, 7, 14, 14) == pytest.approx(0.1 / 49 * 14**2 / 8**2, rel=1e-12)


def test_squares_are_whole_and_lie_where_they_were_drawn():
    draws = torch.ones(1, 1, 8, 8)
    draws[0, 0, 2, 7] = 0.0
    hole = squares(draws, 0.5, 3)
    assert hole.shape == (1, 1, 10, 10) and hole.sum() == 9
    assert hole[0, 0, 2:5, 7:10].all()


def test_squares_of_one_place_are_dropout_of_places():
    draws = torch.rand(4, 3, 6, 6, generator=torch.Generator().manual_seed(1))
    assert torch.equal(squares(draws, seed_rate(0.7, 1, 6, 6), 1), draws < 1 - 0.7)
    assert realised(0.7, 1, 6, 6) == pytest.approx(0.3, abs=1e-12)


def test_what_is_left_is_rescaled_to_the_same_mean_mask_in_every_sample():
    ones = torch.ones(50, 6, 10, 10)
    for shared in (False, True):
        out = alone(DropBlock(0.7, 3, shared), ones)
        assert torch.allclose(out.mean(dim=(1, 2, 3)), torch.ones(50), atol=1e-5)
        alike = torch.equal(out, out[:, :1].expand_as(out))
        assert alike is shared


def test_keep_falls_linearly_and_use_is_the_identity():
    layer, ones = DropBlock(0.6, 3), torch.ones(400, 4, 10, 10)
    rates = []
    for done in (0.0, 0.5, 1.0):
        with drawing(layer, rng(400), done) as lent:
            layer(ones)
        rates.append(lent.logs()["dropped"].item())
    expected = [realised(1 - 0.4 * done, 3, 10, 10) for done in (0.0, 0.5, 1.0)]
    assert rates == pytest.approx(expected, abs=0.01) and rates[0] == 0
    layer.ramp = False
    with drawing(layer, rng(400), 0.0) as lent:
        layer(ones)
    assert lent.logs()["dropped"].item() == pytest.approx(expected[-1], abs=0.01)
    assert layer.eval()(ones) is ones


def test_a_map_smaller_than_the_square_loses_whole_channels():
    out = alone(DropBlock(0.5, 7), torch.ones(300, 4, 3, 3))
    gone = (out == 0).flatten(2)
    assert torch.equal(gone.any(2), gone.all(2))
    assert gone.float().mean().item() == pytest.approx(0.5, abs=0.06)


def test_dropblock_stands_behind_the_last_two_stages():
    places = [key for key, part in net(keep=0.8).named_modules() if isinstance(part, DropBlock)]
    assert places == ["blocks.1.drop", "blocks.2.drop", "blocks.3.drop"]
    places = [k for k, part in net("convnet", keep=0.8).named_modules() if "drop" in str(part)]
    assert not any(place.startswith(("stages.0", "stages.1")) for place in places)
    assert isinstance(net("convnet", keep=0.8).stages[3][-1], DropBlock)


def test_vit_drops_the_paths_of_samples():
    dropping = net("vit", survival=0.5, dim=16, depth=2, patch=4, size=16).train()
    with drawing(dropping, rng()) as lent:
        first = dropping(IMAGES)
    assert len(lent.rates["survived"]) == 4
    with drawing(dropping, rng()):
        assert torch.equal(dropping(IMAGES), first)
    with drawing(dropping, rng(3, first=3)):
        assert torch.allclose(dropping(IMAGES[3:]), first[3:], atol=1e-6)
    chances = [block.drop_path2.chance for block in dropping.body.blocks]
    assert chances == survivals(2, 0.5)


def test_training_without_an_rng_is_one_sentence():
    for spec in ({"survival": 0.5}, {"keep": 0.8}):
        with pytest.raises(CourseError, match="was lent no rng: call the method as"):
            net(**spec)(IMAGES)
    with pytest.raises(CourseError, match="7 rows are no whole number of views of 6 samples"):
        alone(Survival(0.5, "sample"), torch.ones(7, 1), rows=6)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"survival": 0.0}, "A drop rate of p is survival = 1 - p"),
        ({"survival": 1.5}, "above 0 and at most 1; got 1.5"),
        ({"survival": 0.5, "residual": False}, "A plain block cannot be left out"),
        ({"survival": 0.5, "survival_per": "smaple"}, "did you mean 'sample'"),
        ({"survival": 0.5, "scaled": "trian"}, "did you mean 'train'"),
        ({"keep": 0.0}, "DropBlock needs keep above 0"),
        ({"keep": 0.9, "drop_size": 0}, "got keep=0.9, drop_size=0"),
    ],
)
def test_what_makes_no_sense_is_refused(spec, said):
    with pytest.raises(CourseError, match=said):
        net(**spec)


def test_a_net_that_drops_can_be_fine_tuned():
    dropping = net(survival=0.5, keep=0.8).eval()
    probe = Probe(torch.zeros(dropping.dim, 4), torch.zeros(4), 0.0)
    images, labels = (255 * IMAGES).to(torch.uint8), torch.arange(6) % 4
    tuned = [finetune(dropping, probe, images, labels, least=2, epochs=1, seed=1) for _ in range(2)]
    states = [t.state_dict() for t in tuned]
    assert all(torch.equal(value, states[1][key]) for key, value in states[0].items())
    assert all(p.isfinite().all() for p in tuned[0].parameters())


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # torch warns of itself while it compiles
@pytest.mark.parametrize(
    "spec", [{"survival": 0.5, "keep": 0.8}, {"survival": 0.5, "survival_per": "sample"}]
)
def test_a_compiled_net_draws_the_same(spec):
    """With the compiler's front end alone, which is what sees the draws."""
    plain, compiled = net(**spec).train(), net(**spec).train()
    compiled.compile(backend="eager")
    for step in range(3):
        with drawing(plain, rng(step=step)), drawing(compiled, rng(step=step)):
            assert torch.allclose(compiled(IMAGES), plain(IMAGES), atol=1e-5)
