"""What training on augmented images minimises, for a linear model: without drawing one of them.

Balestriero, Misra and LeCun 2022 (arXiv 2202.08325). With f(x) = W x + b and moments mu, Sigma of
the augmented image (`course_lib.views.moments`),

    E |f(t(x)) - y|²  =  |f(mu) - y|² + tr(W Sigma W^T)          exactly
    Var |f(t(x)) - y|²  ~  g^T Sigma g,   g = 2 W^T (f(mu) - y)  to first order

The first is the loss of the mean image and an explicit regulariser: W is punished where the
augmentation moves the image, and for that alone. The second is what TangentProp penalises (Simard,
Victorri, LeCun and Denker 1991, "Tangent Prop: a formalism for specifying selected invariances in
an adaptive network"): it is small where the saliency g lies in eigenvectors of Sigma with small
eigenvalues. Ridge regression on all augmented images therefore has a closed form, `ridge`.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from course_lib.views.linear import Family
from course_lib.views.moments import Averages, Moments, averaged, numbers


class Linear(NamedTuple):
    """A linear model of images as vectors. weight: (K, P). bias: (K,)."""

    weight: Tensor
    bias: Tensor

    def of(self, x: Tensor) -> Tensor:
        """Rows (N, P), or images (N, C, H, W) → (N, K)."""
        return numbers(x).flatten(1).to(self.weight) @ self.weight.T + self.bias


def squared(model: Linear, x: Tensor, y: Tensor) -> Tensor:
    """|f(x) - y|² of each row: (N, P), (N, K) or (K,) → (N,)."""
    return (model.of(x) - y).square().sum(dim=1)


def expected_loss(model: Linear, of: Moments, y: Tensor) -> float:
    """E |f(t(x)) - y|², exactly; y: (K,)."""
    return squared(model, of.mean[None], y).item() + regulariser(model, of.cov)


def regulariser(model: Linear, cov: Tensor) -> float:
    """tr(W Sigma W^T): what an augmentation adds to the loss of the mean image."""
    return torch.einsum("kp,pq,kq->", model.weight, cov, model.weight).item()


def saliency(model: Linear, x: Tensor, y: Tensor) -> Tensor:
    """The gradient of |f(x) - y|² with respect to x: (N, P), (N, K) or (K,) → (N, P)."""
    return 2 * (model.of(x) - y) @ model.weight


def first_order_variance(gradient: Tensor, cov: Tensor) -> Tensor:
    """g^T Sigma g for each gradient (N, P) → (N,): the variance of a loss whose saliency is g.

    It lies between the smallest and the largest eigenvalue of Sigma, times |g|².
    """
    return torch.einsum("np,pq,nq->n", gradient, cov, gradient)


def exact_variance(model: Linear, family: Family, image: Tensor, y: Tensor) -> float:
    """Var |f(t(x)) - y|² by the sum over all maps, for one image (C, H, W)."""
    losses = squared(model, family.every(numbers(image)[None])[:, 0].flatten(1), y)
    mean = (family.chances * losses).sum()
    return (family.chances * (losses - mean).square()).sum().item()


def top_directions(family: Family, image: Tensor, top: int = 10) -> Tensor:
    """The `top` eigenvectors of Sigma with the largest eigenvalues, (top, P), largest first.

    image: (C, H, W). From the maps themselves, by a singular value decomposition of (K, P).
    """
    rows = family.every(numbers(image)[None])[:, 0].flatten(1)
    chances = family.chances.to(rows)
    off = chances.sqrt()[:, None] * (rows - chances @ rows)
    return torch.linalg.svd(off, full_matrices=False).Vh[:top]


def energy_in(gradient: Tensor, directions: Tensor) -> Tensor:
    """The share of |g|² in orthonormal directions (M, P), of each gradient (N, P): (N,) in [0, 1].

    A random gradient has M / P of it there.
    """
    inside = (gradient @ directions.T).square().sum(dim=1)
    return inside / gradient.square().sum(dim=1).clamp_min(1e-30)


def ridge_of(found: Averages, targets: Tensor, penalty: float) -> Linear:
    """The minimum of mean_n E |f(t(x_n)) - y_n|² + penalty |W|², from moments alone.

    W = Y^T M (M^T M + N Sigma + N penalty I)^-1 with centred means M (N, P) and targets Y (N, K);
    the bias is not penalised.
    """
    targets = targets.to(found.means)
    centre, level = found.means.mean(dim=0), targets.mean(dim=0)
    means, rows = found.means - centre, targets - level
    square = means.T @ means / len(means) + found.cov
    square = square + penalty * torch.eye(len(square)).to(square)
    weight = torch.linalg.solve(square, means.T @ rows / len(rows)).T  # (K, P)
    return Linear(weight, level - weight @ centre)


def ridge(family: Family, images: Tensor, targets: Tensor, penalty: float) -> Linear:
    """`ridge_of` the moments of images (N, C, H, W); targets: (N, K), such as one-hot classes."""
    return ridge_of(averaged(family, images), targets, penalty)


def ridge_on(rows: Tensor, targets: Tensor, chances: Tensor, penalty: float) -> Linear:
    """Ordinary ridge regression on augmented images that were really made, for comparison.

    rows: (M, P). targets: (M, K). chances: (M,) of sum 1, the weight of each row.
    """
    targets = targets.to(rows)
    centre, level = chances @ rows, chances @ targets
    x, y = rows - centre, targets - level
    weighted = chances[:, None] * x
    square = x.T @ weighted + penalty * torch.eye(rows.shape[1]).to(rows)
    weight = torch.linalg.solve(square, weighted.T @ y).T
    return Linear(weight, level - weight @ centre)
