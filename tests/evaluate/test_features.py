"""Frozen features: nothing of the encoder moves, and what moves is found out."""

import pytest
import torch
from torch import nn

from course_lib.core.errors import CourseError
from course_lib.evaluate import PCA, RawPixels, extract, health, majority, random_encoder
from course_lib.evaluate.features import moments, state_hash
from course_lib.nets import build


def images(n: int = 30, size: int = 32) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (n, 3, size, size), generator=generator, dtype=torch.uint8)


def test_encoder_and_its_modes_are_as_before():
    net = build("convnet", width=8).train()
    net.stages[0].eval()
    before, modes = state_hash(net), [part.training for part in net.modules()]
    features = extract(net, images(), batch=7)
    assert state_hash(net) == before
    assert [part.training for part in net.modules()] == modes
    assert features.shape == (30, 32)
    assert features.dtype == torch.float32
    assert not features.requires_grad


def test_features_do_not_depend_on_the_batch():
    net = build("convnet", width=8).train()
    one, many = extract(net, images(), batch=1), extract(net, images(), batch=30)
    assert torch.allclose(one, many, atol=1e-5)


class Drifting(nn.Module):
    """Updates BatchNorm statistics even when it is told not to train."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(3)

    def forward(self, x):
        return self.norm.train()(x).mean(dim=(2, 3))


def test_a_changing_encoder_is_found_out():
    with pytest.raises(CourseError, match="changed while its features were read"):
        extract(Drifting(), images())


def test_a_method_is_read_through_encode_and_a_function_as_it_is():
    class Method(nn.Module):
        def encode(self, x):
            return x.mean(dim=(2, 3))

    expected = images().float().div(255).mean(dim=(2, 3))
    method = Method()
    for encode in (method, method.encode, lambda x: x.mean(dim=(2, 3))):
        assert torch.allclose(extract(encode, images()), expected)


def test_bad_input_is_refused():
    with pytest.raises(CourseError, match="uint8 images, not torch.float32"):
        extract(RawPixels(), images().float())
    with pytest.raises(CourseError, match="not finite"):
        extract(lambda x: x / 0, images())


def test_moments_leave_constant_features_alone():
    x = torch.tensor([[1.0, 7.0], [3.0, 7.0]])
    mean, std = moments(x)
    assert mean.tolist() == [2.0, 7.0]
    assert std.tolist() == [1.0, 1.0]
    assert moments(x * torch.tensor([2.0, 1.0]))[1].tolist() == [2.0, 1.0]


def test_pca_is_orthonormal_and_its_error_is_what_it_dropped():
    pixels = images(200, 6)
    pca = PCA(pixels, dim=10)
    assert torch.allclose(pca.basis.T @ pca.basis, torch.eye(10), atol=1e-5)
    x = pixels.float() / 255
    error = (pca.decode(pca(x)) - x.flatten(1)).square().sum(dim=1).mean()
    assert torch.allclose(error, pca.variances[10:].sum(), rtol=1e-4)
    assert error < x.flatten(1).var(dim=0, correction=0).sum()
    with pytest.raises(CourseError, match="1 to 108 components, not 200"):
        PCA(pixels, dim=200)


def test_random_encoder_is_a_function_of_its_seed():
    state = torch.random.get_rng_state()
    nets = [random_encoder(images(), seed) for seed in (0, 0, 1)]
    assert torch.equal(torch.random.get_rng_state(), state)
    assert state_hash(nets[0]) == state_hash(nets[1]) != state_hash(nets[2])
    first = nets[0].stages[0][0](nets[0].normalise(images().float() / 255))
    assert torch.allclose(nets[0].stages[0][1].running_mean, first.mean((0, 2, 3)), atol=1e-5)


def test_majority_is_learnt_on_train():
    assert majority(torch.tensor([0, 1, 1]), torch.tensor([0, 0, 1, 0])) == 0.25


def test_health_sees_both_kinds_of_collapse():
    torch.manual_seed(0)
    good, line = torch.randn(2000, 16), torch.randn(2000, 1) @ torch.randn(1, 16)
    assert health(good)["spread"] == pytest.approx(health(good)["healthy"], rel=0.05)
    assert health(good)["effective_rank"] > 15
    assert health(line)["effective_rank"] == pytest.approx(1, abs=1e-3)
    assert health(torch.ones(50, 16) + 1e-4 * good[:50])["collapsed"] == 1
    assert health(good)["collapsed"] == 0
