"""What must hold for every method; a new one joins by standing in METHODS."""

import copy
from dataclasses import dataclass, replace

import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.core.health import collapsed
from course_lib.core.randomness import Rng
from course_lib.methods import METHODS, Time
from course_lib.train import create, train
from course_lib.train.batches import Batches
from course_lib.train.loop import update
from course_lib.train.optimisers import optimiser
from tests.tiny import one_step, tiny_data, tiny_recipe, with_a_break

every_method = pytest.mark.parametrize("name", METHODS)
START, LATER = Time(0, 100, 0.0), Time(50, 100, 5.0)  # later: nothing is frozen any more
GENTLE = {"augment.jitter": 0, "augment.gray": 0}  # colour tells these images apart


@dataclass(frozen=True)
class Stated:
    """What a method says of its loss, where it differs from most.

    at_start: its range for fresh weights, in units of the loss of constant embeddings (or as it is,
    where that is 0). falls_to: the share of that, or of the first loss, reached on 32 images.
    """

    at_start: tuple[float, float] = (0.3, 1.8)
    falls_to: float = 0.6


STATED: dict[str, Stated] = {
    # On so few images the queue fills with their own keys; a net that learns nothing stays at 0.86.
    "moco": Stated(falls_to=0.7),
    "byol": Stated(at_start=(1.0, 3.0)),  # 2 where prediction and target have nothing in common
    "swav": Stated(falls_to=0.8),  # 32 samples share out 128 prototypes, so codes stay soft
    # Of 1,024 noise rows every 32nd is an anchor's own: even a perfect net stays at 0.57.
    "instdisc": Stated(falls_to=0.85),
    # A mixed label has an entropy of its own, up to log 2 of log 4; what learns nothing stays at 1.
    **dict.fromkeys(("mixup", "manifold_mixup", "cutmix", "feature_cutmix"), Stated(falls_to=0.8)),
}
OUTPUTS = ("pixels",)  # layers that predict data and make no embedding: at 0 they predict the mean
MEMORIES = ("bank", "queue")  # buffers of embeddings, the last axis their dimensions


def stated(name: str) -> Stated:
    return STATED.get(name, Stated())


def first_output(name: str, t: Time = START, **words):
    """Method, views and output of one forward pass on 32 samples."""
    data, recipe = tiny_data(), tiny_recipe(name, **words)
    method = create(recipe, data)
    method.refresh(Batches(data, 32, 0, torch.device("cpu")), t)
    views = method.views(data.batch(slice(0, 32)), Rng(0, 0, data.index[:32]))
    return method, views, method(views, t)


def made_constant(name: str):
    """A method whose embeddings are all equal, those in its memory too, and its views."""
    method, views, _ = first_output(name)
    for parameter in method.parameters():
        parameter.data.zero_()
    for key, module in method.named_modules():  # equal, not zero, so that one can normalise them
        linear = isinstance(module, torch.nn.Linear) and module.bias is not None
        if linear and key not in OUTPUTS:
            module.bias.data.fill_(0.5)
    embedding = torch.nn.functional.normalize(method(views, START).embedding.double(), dim=-1)[0]
    for key, buffer in method.named_buffers():
        if key in MEMORIES:
            buffer.copy_(embedding.expand_as(buffer))
    return method, views


@every_method
def test_loss_at_the_start_is_in_its_stated_range(name):
    method, _, output = first_output(name)
    assert torch.isfinite(output.loss)
    low, high = (bound * (method.constant_loss(32) or 1) for bound in stated(name).at_start)
    assert low < output.loss < high


@every_method
def test_constant_embeddings_give_the_stated_loss_and_are_seen_as_collapse(name):
    method, views = made_constant(name)
    output = method(views, START)
    assert output.loss.item() == pytest.approx(method.constant_loss(32), rel=1e-4, abs=1e-5)
    assert collapsed(output.embedding)


@every_method
def test_fresh_weights_are_not_seen_as_collapse(name):
    assert not collapsed(first_output(name)[2].embedding)


@every_method
def test_gradient_reaches_what_is_trained_and_nothing_else(name):
    method, _, output = first_output(name, LATER)
    output.loss.backward()
    for key, parameter in method.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None and parameter.grad.abs().sum() > 0, key
        else:
            assert parameter.grad is None, f"{key} is a target and received a gradient"


@every_method
def test_carry_and_logs_bring_no_gradient_along(name):
    output = first_output(name, LATER)[2]
    for key, value in (output.carry | output.logs | {"embedding": output.embedding}).items():
        assert not value.requires_grad, key


@every_method
def test_forward_changes_nothing_but_batchnorm_statistics(name):
    data = tiny_data()
    method = create(tiny_recipe(name), data)
    method.refresh(Batches(data, 32, 0, torch.device("cpu")), START)
    before = copy.deepcopy(method.state_dict())
    method(method.views(data.batch(slice(0, 32)), Rng(0, 0, data.index[:32])), START)
    for key, value in method.state_dict().items():
        if "running_" not in key and "num_batches" not in key:
            assert torch.equal(value, before[key]), key


@pytest.mark.slow
@every_method
def test_loss_falls_on_few_images(name):
    data, recipe = tiny_data(32), tiny_recipe(name, steps=80, lr=5e-3, **GENTLE)
    method, losses = create(recipe, data), []
    optim = optimiser(method, recipe)
    for step in range(80):
        t, batch = Time(step, 80, step / 8), data.batch(slice(0, 32))
        if step == 0:
            method.refresh(Batches(data, 32, 0, torch.device("cpu")), t)
        output = update(method, method, optim, batch, recipe, t, 5e-3, torch.float32)
        method.after_step(output.carry, t)
        losses.append(output.loss.item())
    from_where = method.constant_loss(32) or losses[0]
    assert sum(losses[-10:]) / 10 < stated(name).falls_to * from_where


@every_method
def test_resumed_run_is_bit_equal(name, tmp_path):
    assert with_a_break(name, tmp_path / "run")


@every_method
def test_all_state_is_in_the_checkpoint(name):
    """No tensor hides outside the state; a fresh method with that state goes on alike."""
    method = train(tiny_recipe(name), data=tiny_data(), say=None)
    kept = {value.data_ptr() for value in method.state_dict(keep_vars=True).values()}
    for place, module in method.named_modules():
        for key, value in vars(module).items():
            held = value.values() if isinstance(value, dict) else [value]
            for tensor in held:
                if isinstance(tensor, torch.Tensor):
                    assert tensor.data_ptr() in kept, f"{place}.{key} is no part of the checkpoint"


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
def test_another_recipe_is_refused_naming_the_difference(name, tmp_path):
    data, recipe = tiny_data(), tiny_recipe(name)
    train(recipe, tmp_path, data=data, stop_after=1, say=None)
    before = (tmp_path / "last.pt").read_bytes()
    with pytest.raises(CourseError, match=r"seed=3, and this one has seed=4"):
        train(replace(recipe, seed=4), tmp_path, data=data, say=None)
    assert (tmp_path / "last.pt").read_bytes() == before


@every_method
def test_accumulation_is_exact_or_refused(name):
    whole = {"net": "vit", "net.depth": 1, "batch": 32}
    if METHODS[name][0].own_loss:
        alone = one_step(name, "fp64", 1.0, **whole)
        in_parts = one_step(name, "fp64", 1.0, accumulate=4, **whole)
        for key, gradient in alone.items():
            assert torch.allclose(gradient, in_parts[key], rtol=1e-7, atol=1e-12), key
    else:
        with pytest.raises(CourseError, match="its (loss compares|BatchNorm uses) all"):
            one_step(name, "fp64", 1.0, accumulate=4, **whole)


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


def test_accumulation_with_batchnorm_is_refused():
    with pytest.raises(CourseError, match="its BatchNorm uses all samples of a batch"):
        train(tiny_recipe("supervised", accumulate=2), data=tiny_data(), say=None)


def test_accumulation_in_no_parts_is_refused():
    with pytest.raises(CourseError, match="accumulate=0 must be 1 or more"):
        train(tiny_recipe("supervised", accumulate=0), data=tiny_data(), say=None)


def test_accumulation_that_does_not_divide_is_refused():
    words = {"net": "vit", "net.depth": 1, "accumulate": 3}
    with pytest.raises(CourseError, match="accumulate=3 must divide the 32 samples"):
        train(tiny_recipe("supervised", **words), data=tiny_data(), say=None)


def test_wrong_number_of_views_is_refused():
    with pytest.raises(CourseError, match="augment.views=3 does not suit this method: set it to 2"):
        tiny_recipe("simclr", **{"augment.views": 3})


def test_collapse_is_seen():
    healthy = torch.randn(64, 32, generator=torch.Generator().manual_seed(0))
    assert not collapsed(healthy)
    assert collapsed(torch.ones(64, 32) + 1e-3 * healthy)


def test_batch_larger_than_the_data_is_refused():
    with pytest.raises(CourseError, match="between 1 and the 64 samples"):
        train(tiny_recipe("simclr", batch=65), data=tiny_data(), say=None)
