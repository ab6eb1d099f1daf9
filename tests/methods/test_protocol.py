"""What must hold for every method; a new one joins by standing in METHODS."""

import copy

import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.core.health import collapsed
from course_lib.core.randomness import Rng
from course_lib.methods import METHODS, Time
from course_lib.train import create, train
from course_lib.train.loop import update
from course_lib.train.optimisers import optimiser
from tests.pair import Pair
from tests.tiny import one_step, tiny_data, tiny_recipe

every_method = pytest.mark.parametrize("name", METHODS)
START = Time(0, 100, 0.0)


def first_output(name: str, **words):
    """Method, views and output of one forward pass on 32 samples."""
    data, recipe = tiny_data(), tiny_recipe(name, **words)
    method = create(recipe, data)
    views = method.views(data.batch(slice(0, 32)), Rng(0, 0, data.index[:32]))
    return method, views, method(views, START)


@every_method
def test_loss_at_the_start_is_finite_and_near_that_of_constant_embeddings(name):
    method, _, output = first_output(name)
    assert torch.isfinite(output.loss)
    assert 0.3 * method.constant_loss(32) < output.loss < 1.8 * method.constant_loss(32)


@every_method
def test_constant_features_give_the_stated_loss(name):
    method, views, _ = first_output(name)
    for parameter in method.parameters():
        parameter.data.zero_()
    for module in method.modules():  # equal, and not zero, so that normalising them is defined
        if isinstance(module, torch.nn.Linear) and module.bias is not None:
            module.bias.data.fill_(0.5)
    loss = method(views, START).loss.item()
    assert loss == pytest.approx(method.constant_loss(32), rel=1e-4)


@every_method
def test_gradient_reaches_every_trained_parameter(name):
    method, _, output = first_output(name)
    output.loss.backward()
    for key, parameter in method.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None and parameter.grad.abs().sum() > 0, key
        else:
            assert parameter.grad is None, f"{key} is a target and received a gradient"


@every_method
def test_forward_changes_nothing_but_batchnorm_statistics(name):
    method, views, _ = first_output(name)
    before = copy.deepcopy(method.state_dict())
    method(views, START)
    for key, value in method.state_dict().items():
        if "running_" not in key and "num_batches" not in key:
            assert torch.equal(value, before[key]), key


@every_method
def test_loss_falls_on_few_images(name):
    gentle = {"augment.jitter": 0, "augment.gray": 0}  # colour tells these images apart
    data, recipe = tiny_data(32), tiny_recipe(name, steps=80, lr=5e-3, **gentle)
    losses = []
    method = create(recipe, data)
    optim = optimiser(method, recipe)
    for step in range(80):
        batch = data.batch(slice(0, 32))
        t = Time(step, 80, step)
        losses.append(update(method, method, optim, batch, recipe, t, 5e-3, torch.float32).loss)
    assert torch.stack(losses[-10:]).mean() < 0.6 * method.constant_loss(32)


@every_method
def test_resumed_run_is_bit_equal(name, tmp_path):
    data, recipe = tiny_data(), tiny_recipe(name, steps=7)
    whole = train(recipe, data=data, say=None)
    train(recipe, tmp_path / "run", data=data, stop_after=3, say=None)
    again = train(recipe, tmp_path / "run", data=data, say=None)
    for key, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[key]), key


@every_method
def test_global_generators_are_neither_used_nor_moved(name):
    data, recipe = tiny_data(), tiny_recipe(name, steps=3)
    torch.manual_seed(1)
    state = torch.get_rng_state()
    first = train(recipe, data=data, say=None)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    second = train(recipe, data=data, say=None)
    for key, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[key]), key


@every_method
def test_bf16_stays_finite(name):
    method = train(tiny_recipe(name, precision="bf16"), data=tiny_data(), say=None)
    assert all(torch.isfinite(p).all() for p in method.parameters())


@every_method
def test_encode_gives_rows_of_features(name):
    data = tiny_data()
    method = create(tiny_recipe(name), data).eval()
    with torch.no_grad():
        features = method.encode(data.image[:5].float() / 255)
    assert features.shape == (5, method.encoder.dim)


def test_collapse_is_seen():
    healthy = torch.randn(64, 32, generator=torch.Generator().manual_seed(0))
    assert not collapsed(healthy)
    assert collapsed(torch.ones(64, 32) + 1e-3 * healthy)


@pytest.fixture(scope="module")
def pair():
    made = Pair()
    yield made
    made.close()


@pytest.mark.slow
@every_method
def test_two_processes_have_the_gradient_of_one(name, pair):
    alone = one_step(name, "fp64", 1.0)
    for both in pair.run(one_step, name, "fp64", 1.0):
        for key, gradient in alone.items():
            error = (gradient - both[key]).norm() / gradient.norm()
            assert error < 1e-7, f"{key}: relative error {error:.1e}"


@pytest.mark.slow
@every_method
def test_two_processes_have_the_gradient_of_one_in_fp32(name, pair):
    alone = torch.cat([g.flatten() for g in one_step(name, "fp32", 1.0).values()])
    for rank in pair.run(one_step, name, "fp32", 1.0):
        both = torch.cat([g.flatten() for g in rank.values()])
        assert torch.cosine_similarity(alone, both, dim=0) > 1 - 1e-6
        assert (both.norm() / alone.norm()).item() == pytest.approx(1, abs=1e-4)


@pytest.mark.slow
def test_batch_that_cannot_be_shared_is_refused(pair):
    with pytest.raises(RuntimeError, match="cannot be shared evenly by 2 processes"):
        pair.run(one_step, "simclr", "fp32", 1.0, 31)


def test_batch_larger_than_the_data_is_refused():
    with pytest.raises(CourseError, match="between 1 and the 64 samples"):
        train(tiny_recipe("simclr", batch=65), data=tiny_data(), say=None)
