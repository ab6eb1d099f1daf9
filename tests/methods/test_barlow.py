"""Barlow Twins against loops, and the numbers it must take (Zbontar et al. 2021)."""

import pytest
import torch

from course_lib.core.randomness import Rng
from course_lib.methods import Time
from course_lib.methods.redundancy.barlow import (
    EPS,
    barlow,
    cross_correlation,
    standardised,
    summary,
)
from course_lib.train import create, train
from tests.tiny import tiny_data, tiny_recipe


def noise(rows: int, dim: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(rows, dim, generator=generator, dtype=torch.float64)


def of(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return cross_correlation(standardised(a), standardised(b))


def by_loops(a: torch.Tensor, b: torch.Tensor, lam: float) -> float:
    """The paper's two equations, one pair of features at a time."""
    rows, dim = a.shape
    total = 0.0
    for i in range(dim):
        for j in range(dim):
            x, y = a[:, i].tolist(), b[:, j].tolist()
            mean_x, mean_y = sum(x) / rows, sum(y) / rows
            var_x = sum((value - mean_x) ** 2 for value in x) / rows + EPS
            var_y = sum((value - mean_y) ** 2 for value in y) / rows + EPS
            pairs = zip(x, y, strict=True)
            cov = sum((p - mean_x) * (q - mean_y) for p, q in pairs) / rows
            c = cov / (var_x * var_y) ** 0.5
            total += (1 - c) ** 2 if i == j else lam * c**2
    return total


@pytest.mark.parametrize("lam", [0.0, 0.0051, 0.5])
def test_equals_the_equations_written_with_loops(lam):
    a = noise(9, 4) * torch.tensor([1.0, 5.0, 0.1, 2.0]) + torch.tensor([0.0, 3.0, -1.0, 10.0])
    b = a + 0.5 * noise(9, 4, seed=1)
    assert barlow(of(a, b), lam).item() == pytest.approx(by_loops(a, b, lam), rel=1e-10)


def test_identity_matrix_gives_0_and_whitened_twins_reach_it():
    assert barlow(torch.eye(8, dtype=torch.float64), 0.3).item() == 0
    white = torch.linalg.qr(noise(64, 8) - noise(64, 8).mean(dim=0)).Q
    assert barlow(of(1e3 * white, 1e3 * white), 0.3).item() == pytest.approx(0, abs=1e-8)


def test_constant_features_cost_d_because_they_are_centred():
    """Scaled and not centred, they would agree for free: C is all ones."""
    dim, lam = 8, 0.0051
    constant = torch.full((64, dim), 0.7, dtype=torch.float64)
    assert barlow(of(constant, constant), lam).item() == pytest.approx(dim, abs=1e-9)

    scaled = constant * torch.rsqrt(constant.square().mean(dim=0) + EPS)
    free = barlow(cross_correlation(scaled, scaled), lam).item()
    assert free == pytest.approx(lam * dim * (dim - 1), rel=1e-3)
    assert free < 0.05 * dim


def test_unrelated_views_cost_about_d():
    dim, rows, lam = 32, 8192, 1 / 32
    loss = barlow(of(noise(rows, dim), noise(rows, dim, seed=1)), lam).item()
    assert loss == pytest.approx(dim, rel=0.05)


def test_scale_and_place_of_a_feature_do_not_matter_in_either_view():
    a, b = noise(64, 6), noise(64, 6) + noise(64, 6, seed=1)
    scale = torch.tensor([1.0, 10.0, 3.0, 100.0, 2.0, 7.0])
    moved = of(scale * a + 5, b), of(a, scale * b - 2)
    for c in moved:
        assert torch.allclose(c, of(a, b), atol=1e-4)
    assert torch.allclose(of(-a, -b), of(a, b), atol=1e-12)
    assert torch.allclose(of(-a, b), -of(a, b), atol=1e-12)


def test_rows_are_correlated_and_not_features():
    """C is (D, D): the order of rows is nothing to it, as long as the pairs stay together."""
    a, b = noise(64, 6), noise(64, 6) + 0.1 * noise(64, 6, seed=1)
    assert of(a, b).shape == (6, 6)
    order = torch.randperm(64, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(of(a[order], b[order]), of(a, b), atol=1e-12)
    assert barlow(of(a[order], b), 0.1) > 10 * barlow(of(a, b), 0.1)


def test_a_repeated_feature_costs_two_terms():
    white = 1e3 * torch.linalg.qr(noise(64, 6) - noise(64, 6).mean(dim=0)).Q
    white[:, 5] = white[:, 0]
    assert barlow(of(white, white), 0.25).item() == pytest.approx(2 * 0.25, abs=1e-6)


def test_each_view_is_standardised_by_itself():
    """A shift between the views, as one of colour, costs nothing."""
    a = noise(64, 6)
    assert torch.allclose(of(a, a + 100), of(a, a), atol=1e-9)


def test_small_spread_far_from_zero_survives_float32():
    a = noise(256, 4)
    far = (a + 1000).float()
    assert torch.allclose(of(far, far).double(), of(a, a), atol=1e-3)


def test_standardised_features_have_mean_0_and_variance_1():
    z = standardised(50 * noise(64, 6) + 7)
    assert z.mean(dim=0).abs().max() < 1e-12
    assert torch.allclose(z.var(dim=0, correction=0), torch.ones(6, dtype=torch.float64), atol=1e-5)


def test_summary_is_the_mean_diagonal_and_the_rms_of_the_rest():
    c = torch.tensor([[0.8, 0.3, 0.0], [0.1, 0.6, 0.0], [0.0, 0.0, 1.0]])
    told = summary(c)
    assert told["diagonal"].item() == pytest.approx(0.8)
    assert told["off_diagonal"].item() == pytest.approx((0.1 / 6) ** 0.5)


def test_correlation_is_exact_under_bfloat16_autocast():
    a, b = standardised(noise(64, 6).float()), standardised(noise(64, 6, seed=1).float())
    with torch.autocast("cpu", torch.bfloat16):
        within = cross_correlation(a, b)
    assert torch.allclose(within, a.T @ b / 64, atol=1e-6)


def test_forward_is_the_loss_of_projected_views_each_standardised_by_itself():
    data = tiny_data()
    method = create(tiny_recipe("barlow", dim=6, lam=0.2), data)
    views = method.views(data.batch(slice(0, 32)), Rng(0, 0, data.index[:32]))
    views["image"][1] *= 0.5  # as if one view were darker
    output = method(views, Time(0, 1, 0.0))
    z = method.projector(method.encoder(views["image"].flatten(0, 1))).detach().double()
    assert output.loss.item() == pytest.approx(by_loops(z[:32], z[32:], 0.2), rel=1e-4)
    assert output.embedding.shape == (64, 6)


def test_gradient_reaches_both_views():
    a, b = noise(16, 4).requires_grad_(), noise(16, 4, seed=1).requires_grad_()
    barlow(of(a, b), 0.1).backward()
    assert a.grad.abs().sum() > 0 and b.grad.abs().sum() > 0


def test_lam_decides_whether_features_repeat_and_no_bias_stands_before_the_norm():
    data, told = tiny_data(), {}
    for lam in (0.0, 1 / 128):
        method = train(tiny_recipe("barlow", lam=lam, steps=25, hidden=64), data=data, say=None)
        views = method.views(data.batch(slice(0, 64)), Rng(0, 0, data.index))
        told[lam] = method(views, Time(0, 1, 0.0)).logs["off_diagonal"].item()
    assert told[0.0] > 1.5 * told[1 / 128]
    assert method.projector[-1].bias is None


def test_default_lam_weighs_the_diagonal_like_the_rest():
    recipe = tiny_recipe("barlow")
    assert recipe.lam * recipe.dim == 1
    method = create(recipe, tiny_data())
    assert [layer.out_features for layer in method.projector[::3]] == [512, 512, 128]
