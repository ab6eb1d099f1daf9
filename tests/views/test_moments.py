"""Closed-form moments against sums over all maps, and what follows for a linear model."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.core.errors import CourseError
from course_lib.views import convergence, expected, linear
from course_lib.views.moments import (
    Moments,
    averaged,
    drawn,
    erase_moments,
    mixing_moments,
    mixture,
    moments,
    relative_trace,
    shift_moments,
)


def images(count: int = 1, channels: int = 2, height: int = 7, width: int = 6) -> Tensor:
    generator = torch.Generator().manual_seed(count)
    return torch.rand(count, channels, height, width, generator=generator, dtype=torch.float64)


def enumerated(rows: Tensor, chances: Tensor) -> Moments:
    """From all augmented images (K, P), with loops and without the library."""
    mean = sum(p * row for p, row in zip(chances, rows, strict=True))
    cov = sum(p * torch.outer(r - mean, r - mean) for p, r in zip(chances, rows, strict=True))
    return Moments(mean, cov)


def same(one: Moments, other: Moments) -> bool:
    return max((a - b).abs().max().item() for a, b in zip(one, other, strict=True)) < 1e-12


def density(rows: int, columns: int) -> Tensor:
    generator = torch.Generator().manual_seed(5)
    weights = torch.rand(rows, columns, generator=generator, dtype=torch.float64)
    return weights / weights.sum()


@pytest.mark.parametrize("padding", linear.PADDINGS)
@pytest.mark.parametrize(
    "chances", [torch.full((5, 5), 0.04, dtype=torch.float64), density(5, 5), density(3, 1)]
)
def test_closed_form_of_shifts_is_the_sum_over_them(padding, chances):
    x, (rows, columns) = images()[0], chances.shape
    moved = torch.stack(
        [
            linear.moved(x[None], i - rows // 2, j - columns // 2, padding).flatten()
            for i in range(rows)
            for j in range(columns)
        ]
    )
    by_loops = enumerated(moved, chances.flatten())
    assert same(shift_moments(x, chances, padding), by_loops)
    family = linear.shift(rows // 2, columns // 2, padding, chances)
    assert same(moments(family, x), by_loops)


def test_paddings_differ():
    x, even = images()[0], torch.full((5, 5), 0.04, dtype=torch.float64)
    zero, circular = (shift_moments(x, even, padding) for padding in linear.PADDINGS)
    assert not torch.allclose(zero.mean, circular.mean, atol=1e-3)
    assert circular.mean.sum().item() == pytest.approx(x.sum().item())


def test_mean_of_uniform_shifts_is_the_convolution_with_their_density():
    x = images(channels=1)[0]
    box = F.conv2d(x[None], torch.full((1, 1, 5, 5), 0.04, dtype=torch.float64), padding=2)
    mean = moments(linear.shift(2, 2), x).mean
    assert torch.allclose(mean, box.flatten(), atol=1e-12)


@pytest.mark.parametrize("side", [1, 3, 4])
def test_closed_form_of_erasing_is_the_sum_over_squares(side):
    x = images()[0]
    assert same(erase_moments(x, side), moments(linear.erase(side, 7, 6), x))


def test_closed_form_of_mixing_is_the_sum_over_partners():
    partners, x = images(9), images()[0]
    shares = torch.tensor([0.1, 0.4, 0.9], dtype=torch.float64)
    of_partners = enumerated(partners.flatten(1), linear.even(9))
    found = mixing_moments(x, of_partners, shares.mean().item(), shares.var(correction=0).item())
    assert same(found, moments(linear.mixing(partners, shares.tolist()), x))


FAMILIES = {
    "shift": linear.shift(2, 1),
    "erase": linear.erase(3, 7, 6),
    "rotate": linear.rotate([-15, -5, 5, 15]),
    "blur": linear.blur([0, 1, 2]),
    "chosen": linear.choose([(0.5, linear.shift(1, 1)), (0.2, linear.flip(1.0))]),
}
every_family = pytest.mark.parametrize("name", FAMILIES)


@every_family
def test_covariance_is_centred_symmetric_and_not_negative(name):
    x, family = images()[0], FAMILIES[name]
    found = moments(family, x)
    assert same(found, enumerated(family.every(x[None])[:, 0].flatten(1), family.chances))
    assert torch.allclose(found.cov, found.cov.T, atol=1e-14)
    assert torch.linalg.eigvalsh(found.cov).min() > -1e-12
    nothing = moments(linear.identity(), x)
    assert not nothing.cov.any() and torch.equal(nothing.mean, x.flatten())


@every_family
def test_average_over_a_set_is_the_mean_of_its_images(name):
    many, family = images(5), FAMILIES[name]
    each = [moments(family, x) for x in many]
    found = averaged(family, many)
    assert torch.allclose(found.means, torch.stack([one.mean for one in each]), atol=1e-12)
    assert torch.allclose(found.cov, sum(one.cov for one in each) / 5, atol=1e-12)


def test_a_mixture_is_the_family_of_the_choice():
    many, shifts, flips = images(5), linear.shift(1, 1), linear.flip(0.5)
    chosen = averaged(linear.choose([(0.5, shifts), (0.3, flips)]), many)
    alone = [averaged(f, many) for f in (shifts, flips, linear.identity())]
    found = mixture(list(zip((0.5, 0.3, 0.2), alone, strict=True)))
    assert torch.allclose(found.means, chosen.means, atol=1e-12)
    assert torch.allclose(found.cov, chosen.cov, atol=1e-12)
    with pytest.raises(CourseError, match="add the identity for what is left"):
        mixture([(0.5, alone[0])])


def model(outputs: int = 3, inputs: int = 84) -> expected.Linear:
    generator = torch.Generator().manual_seed(8)
    weight = torch.randn(outputs, inputs, generator=generator, dtype=torch.float64)
    return expected.Linear(weight, weight[:, 0])


@every_family
def test_expected_loss_is_the_mean_over_all_maps(name):
    x, family, y = images()[0], FAMILIES[name], torch.tensor([1.0, 0.0, -1.0]).double()
    rows = family.every(x[None])[:, 0].flatten(1)
    losses = (rows @ model().weight.T + model().bias - y).square().sum(1)
    found = expected.expected_loss(model(), moments(family, x), y)
    assert found == pytest.approx((family.chances * losses).sum().item(), rel=1e-10)
    spread = (family.chances * (losses - found).square()).sum().item()
    assert expected.exact_variance(model(), family, x, y) == pytest.approx(spread, rel=1e-8)


def test_first_order_variance_becomes_exact_for_small_augmentations():
    x, y = images()[0], torch.tensor([5.0, 0.0, -5.0]).double()
    ratios = []
    for size in (0.1, 0.01, 0.001):
        family = linear.gain([1 - size, 1.0, 1 + size])
        found = moments(family, x)
        gradient = expected.saliency(model(), found.mean[None], y)
        first = expected.first_order_variance(gradient, found.cov).item()
        ratios.append(first / expected.exact_variance(model(), family, x, y))
    assert ratios[-1] == pytest.approx(1, abs=1e-4)
    assert abs(ratios[2] - 1) < abs(ratios[1] - 1) < abs(ratios[0] - 1)


def test_saliency_is_the_gradient_of_the_loss():
    x, y = images(4).flatten(1).requires_grad_(), torch.rand(4, 3).double()
    expected.squared(model(), x, y).sum().backward()
    assert torch.allclose(expected.saliency(model(), x.detach(), y), x.grad, atol=1e-10)


@every_family
def test_variance_of_a_unit_gradient_lies_between_the_eigenvalues(name):
    cov = moments(FAMILIES[name], images()[0]).cov
    values, vectors = torch.linalg.eigh(cov)
    gradients = F.normalize(torch.cat([model(50).weight, vectors.T]), dim=1)
    found = expected.first_order_variance(gradients, cov)
    assert found.min() >= values[0] - 1e-12 and found.max() <= values[-1] + 1e-12
    assert found[50:].argmin() < 42 and found[-1].item() == pytest.approx(values[-1].item())


def test_top_directions_are_eigenvectors_and_hold_shares_of_a_gradient():
    x, family = images()[0], linear.shift(2, 2)
    values, vectors = torch.linalg.eigh(moments(family, x).cov)
    top = expected.top_directions(family, x, 10)
    assert torch.allclose(top @ top.T, torch.eye(10).double(), atol=1e-10)
    by_hand = vectors[:, -10:] @ vectors[:, -10:].T  # the same space, whatever its basis
    assert values[-10] - values[-11] > 1e-6
    assert torch.allclose(top.T @ top, by_hand, atol=1e-8)
    shares = expected.energy_in(torch.stack([vectors[:, -1], vectors[:, 0]]), top)
    assert torch.allclose(shares, torch.tensor([1.0, 0.0]).double(), atol=1e-12)
    random = expected.energy_in(model(4000).weight, top).mean().item()
    assert random == pytest.approx(10 / 84, rel=0.05)


@every_family
def test_explicit_regulariser_and_augmented_images_have_the_same_ridge_optimum(name):
    many, family = images(30), FAMILIES[name]
    targets = torch.rand(30, 3, generator=torch.Generator().manual_seed(2)).double()
    closed = expected.ridge(family, many, targets, 0.01)
    rows = family.every(many).flatten(2)  # (K, N, P)
    chances = (family.chances[:, None] / 30).expand(-1, 30).flatten()
    made = expected.ridge_on(rows.flatten(0, 1), targets.repeat(len(family), 1), chances, 0.01)
    assert torch.allclose(closed.weight, made.weight, atol=1e-9)
    assert torch.allclose(closed.bias, made.bias, atol=1e-9)
    gradient = objective_gradient(closed, family, many, targets, 0.01)
    assert gradient.abs().max() < 1e-9


def objective_gradient(found, family, many, targets, penalty) -> Tensor:
    """Of mean loss + penalty |W|² by autograd, at the closed form."""
    weight = found.weight.clone().requires_grad_()
    of = averaged(family, many)
    loss = (of.means @ weight.T + found.bias - targets).square().sum(1).mean()
    loss = (
        loss + torch.einsum("kp,pq,kq->", weight, of.cov, weight) + penalty * weight.square().sum()
    )
    return torch.autograd.grad(loss, weight)[0]


def test_regulariser_is_what_the_covariance_adds_to_the_loss():
    x, family, y = images()[0], linear.shift(1, 1), torch.zeros(3).double()
    found = moments(family, x)
    without = expected.squared(model(), found.mean[None], y).item()
    added = expected.regulariser(model(), found.cov)
    assert expected.expected_loss(model(), found, y) == pytest.approx(without + added, rel=1e-12)
    assert added > 0 == expected.regulariser(model(), torch.zeros_like(found.cov))


def test_sampled_ridge_comes_to_the_closed_form():
    many, family = images(30), linear.shift(1, 1)
    targets = torch.rand(30, 3, generator=torch.Generator().manual_seed(2)).double()
    closed = expected.ridge(family, many, targets, 0.05)
    off = []
    for draws in (20, 20_000):
        made = expected.ridge(drawn(family, draws, 1), many, targets, 0.05)
        off.append(((made.weight - closed.weight).norm() / closed.weight.norm()).item())
    assert off[1] < 0.05 and off[1] < off[0] / 10


def test_monte_carlo_is_unbiased_and_its_error_falls_as_one_over_the_root():
    x, family = images()[0], linear.shift(2, 2)
    sizes = [64, 256, 1024, 4096]
    for quantity in ("mean", "covariance"):
        found = convergence.errors(family, x, quantity, sizes, 24, 1)
        assert convergence.slope(sizes, found) == pytest.approx(-0.5, abs=0.05)
        for size, error in zip(sizes, found, strict=True):
            exact = convergence.draws_to(1.0, family, x, quantity)  # relative error 1
            assert error == pytest.approx((exact / size) ** 0.5, rel=0.25)


def test_draws_to_a_loss_and_where_nothing_varies():
    x, family, y = images()[0], linear.shift(2, 2), torch.zeros(3).double()

    def loss(rows: Tensor) -> Tensor:
        return expected.squared(model(), rows, y)

    needed = convergence.draws_to(0.01, family, x, "loss", loss)
    mean = expected.expected_loss(model(), moments(family, x), y)
    spread = expected.exact_variance(model(), family, x, y)
    assert needed == pytest.approx(1e4 * spread / mean**2, rel=1e-9)
    assert convergence.draws_to(0.01, linear.identity(), x, "mean") == 0
    assert convergence.draws_to(0.01, linear.identity(), x, "covariance") == 0
    flips = convergence.draws_to(0.01, linear.flip(0.5), x, "covariance")
    assert flips == pytest.approx(0, abs=1e-6)  # two images lie equally far from their mean
    for quantity, given, said in (
        ("covarance", None, "did you mean 'covariance'"),
        ("loss", None, "needs a loss"),
        ("mean", loss, "only that one"),
    ):
        with pytest.raises(CourseError, match=said):
            convergence.draws_to(0.01, family, x, quantity, given)


def test_relative_trace_compares_with_the_spread_of_the_images():
    many = images(40)
    x = many.flatten(1)
    total = (x - x.mean(0)).square().sum(1).mean().item()
    cov = averaged(linear.shift(1, 1), many).cov
    assert relative_trace(cov, many) == pytest.approx(cov.trace().item() / total, rel=1e-12)
    assert relative_trace(torch.zeros_like(cov), many) == 0


def test_uint8_images_are_read_as_numbers_from_0_to_1():
    whole = (255 * images(3)).to(torch.uint8)
    found = averaged(linear.flip(), whole)
    assert found.means.dtype == torch.float64 and found.means.max() <= 1
    flat = model().of(whole)
    assert torch.allclose(flat, model().of(whole.double() / 255))
