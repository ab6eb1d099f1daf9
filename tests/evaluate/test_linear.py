"""The linear probe: the convex optimum, as scikit-learn finds it."""

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from course_lib.core.errors import CourseError
from course_lib.evaluate import fit


def data(n: int = 1500) -> tuple[torch.Tensor, torch.Tensor]:
    """Correlated features of very different scales, one of them constant, 6 uneven classes."""
    generator = torch.Generator().manual_seed(0)
    centres, mix = torch.randn(6, 20, generator=generator), torch.randn(20, 20, generator=generator)
    labels = torch.multinomial(torch.arange(1.0, 7.0), n, True, generator=generator)
    x = (centres[labels] + 1.5 * torch.randn(n, 20, generator=generator)) @ mix
    x = x * torch.logspace(-2, 2, 20) + 3
    x[:, 4] = 7
    return x, labels


@pytest.mark.parametrize("l2", [1e-1, 1e-2, 1e-3, 1e-4])
def test_agrees_with_sklearn(l2):
    x, labels = data()
    scaler = StandardScaler().fit(x[:1000])
    theirs = LogisticRegression(C=1 / (1000 * l2), max_iter=2000, tol=1e-8)
    theirs.fit(scaler.transform(x[:1000]), labels[:1000])
    probe = fit(x[:1000], labels[:1000], 6, [l2])[0]
    ours = (probe.logits(x[1000:]).argmax(1) == labels[1000:]).float().mean().item()
    assert abs(ours - theirs.score(scaler.transform(x[1000:]), labels[1000:])) <= 0.003
    logits = torch.tensor(theirs.decision_function(scaler.transform(x[1000:])))
    expected = logits.softmax(1).float()
    assert (probe.logits(x[1000:]).softmax(1) - expected).abs().max() < 0.02


def test_gradient_vanishes_at_the_solution():
    """By autograd on raw features in float64, so that folding in the scales is tested too."""
    x, labels = data()
    for probe in fit(x, labels, 6, [1e-1, 1e-3], tolerance=1e-5):
        std = x.double().std(0, correction=0)
        std[4] = 1
        weight = (probe.weight.double() * std[:, None]).requires_grad_()
        z = (x.double() - x.double().mean(0)) / std
        bias = (probe.bias.double() + x.double().mean(0) @ probe.weight.double()).requires_grad_()
        loss = torch.nn.functional.cross_entropy(z @ weight + bias, labels)
        (loss + probe.l2 / 2 * weight.square().sum()).backward()
        assert weight.grad.abs().max() < 1e-4
        assert bias.grad.abs().max() < 1e-4


def test_a_solution_does_not_depend_on_the_others_in_the_run():
    x, labels = data()
    alone = fit(x, labels, 6, [1e-3], tolerance=1e-6)[0]
    among = fit(x, labels, 6, [1e-3, 1.0, 1e-1], tolerance=1e-6)
    assert [probe.l2 for probe in among] == [1.0, 1e-1, 1e-3]
    assert torch.allclose(alone.logits(x).softmax(1), among[-1].logits(x).softmax(1), atol=5e-3)


def test_same_run_same_bits():
    x, labels = data()
    first, second = fit(x, labels, 6, [1e-2])[0], fit(x, labels, 6, [1e-2])[0]
    assert torch.equal(first.weight, second.weight)


def test_stronger_l2_is_shorter():
    lengths = [probe.weight.norm().item() for probe in fit(*data(), 6)]
    assert lengths == sorted(lengths)


def test_bad_input_is_refused():
    x, labels = data()
    with pytest.raises(CourseError, match="positive"):
        fit(x, labels, 6, [0.0])
    with pytest.raises(CourseError, match="do not pair up"):
        fit(x, labels[1:], 6)
