"""Mean and covariance of an augmented image, exactly, and how many draws it takes to see them.

Balestriero, Misra and LeCun 2022 (arXiv 2202.08325), "A Data-Augmentation Is Worth A Thousand
Samples: Analytical Moments And Sampling-Free Training". For t(x) = T_k x with chance p_k, and an
image as a vector of P = C·H·W numbers,

    mu = E[t(x)] = sum_k p_k T_k x          Sigma = E[(t(x) - mu)(t(x) - mu)^T]

`moments` sums over all maps. Closed forms that need no sum, for comparison: shifts, where the mean
is the image convolved with the density of shifts and E[t(x)_i t(x)_j] is the product image
x_i x_{i+d} of the lag d = j - i convolved with it; erasing, where Sigma = Cov(mask) * x x^T; and
mixing. `drawn` is Monte Carlo. The covariance is centred; where it is large, a model must be blind.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.views.linear import Family, shares


class Moments(NamedTuple):
    """Of one image under an augmentation. mean: (P,). cov: (P, P)."""

    mean: Tensor
    cov: Tensor


class Averages(NamedTuple):
    """Of a data set. means: (N, P), of every image. cov: (P, P), the mean of their covariances."""

    means: Tensor
    cov: Tensor


def numbers(images: Tensor) -> Tensor:
    """uint8 images become float64 in [0, 1]; floats stay as they are."""
    return images if images.is_floating_point() else images.double() / 255


def moments(family: Family, image: Tensor) -> Moments:
    """Of one image (C, H, W), by the sum over all maps."""
    found = averaged(family, image[None])
    return Moments(found.means[0], found.cov)


def averaged(family: Family, images: Tensor) -> Averages:
    """Of many images (N, C, H, W), one map at a time; in float64 for uint8 images."""
    images = numbers(images)
    chances = family.chances.tolist()
    means = torch.zeros_like(images).flatten(1)
    for k, chance in enumerate(chances):
        if chance:
            means += chance * family.at(k, images).flatten(1)
    cov = means.new_zeros(means.shape[1], means.shape[1])
    for k, chance in enumerate(chances):
        if chance:
            off = family.at(k, images).flatten(1) - means  # (N, P)
            cov.addmm_(off.T, off, alpha=chance / len(images))
    return Averages(means, cov)


def mixture(parts: Sequence[tuple[float, Averages]]) -> Averages:
    """Of the choice of one augmentation among several, from what each has alone.

    weights sum to 1. Sigma = sum w (Sigma_w + (mu_w - mu)(mu_w - mu)^T).
    """
    if abs(sum(weight for weight, _ in parts) - 1) > 1e-9:
        raise CourseError("The weights of a mixture sum to 1: add the identity for what is left.")
    means = sum(weight * one.means for weight, one in parts)
    cov = sum(weight * one.cov for weight, one in parts)
    for weight, one in parts:
        off = one.means - means
        cov = cov + off.T @ off * (weight / len(off))
    return Averages(means, cov)


def shift_moments(image: Tensor, density: Tensor, padding: str = "zero") -> Moments:
    """Closed form for shifts: image (C, H, W), density (2a + 1, 2b + 1) → convolutions."""
    image, density = numbers(image).double(), shares(density)
    channels, height, width = image.shape
    mean = spread(image, density, padding)
    around = (width - 1, width - 1, height - 1, height - 1)
    mode = "circular" if padding == "circular" else "constant"
    lagged = F.unfold(F.pad(image[None], around, mode), (2 * height - 1, 2 * width - 1))[0]
    lagged = lagged.view(channels, -1, height, width)  # (C, lags, H, W): x at i + d
    products = image[:, None, None] * lagged  # (C, C', lags, H, W): x_c(i) x_c'(i + d)
    second = spread(products.flatten(0, 2), density, padding).view(
        channels, channels, -1, height * width
    )
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    y, x = y.flatten(), x.flatten()
    lag = (y - y[:, None] + height - 1) * (2 * width - 1) + x - x[:, None] + width - 1  # (HW, HW)
    pairs = second[:, :, lag, torch.arange(height * width)[:, None]]  # (C, C', i, j)
    raw = pairs.permute(0, 2, 1, 3).reshape(image.numel(), image.numel())
    return Moments(mean.flatten(), raw - torch.outer(mean.flatten(), mean.flatten()))


def spread(maps: Tensor, density: Tensor, padding: str) -> Tensor:
    """Each of (N, H, W) convolved with a density, in the same size."""
    down, right = (n // 2 for n in density.shape)
    mode = "circular" if padding == "circular" else "constant"
    padded = F.pad(maps[:, None], (right, right, down, down), mode)
    return F.conv2d(padded, density.flip(0, 1)[None, None])[:, 0]


def erase_moments(image: Tensor, side: int) -> Moments:
    """Closed form for Cutout as `linear.erase` draws it: Sigma = Cov(mask) * x x^T."""
    image = numbers(image).double()
    _, height, width = image.shape
    rows, columns = hidden(side, height), hidden(side, width)
    both = torch.einsum("ab,cd->acbd", rows, columns).reshape(height * width, -1)
    gone = both.diagonal()  # (HW,): the chance of each pixel
    cov = (both - torch.outer(gone, gone)).repeat(len(image), len(image))
    x = image.flatten()
    return Moments((1 - gone).repeat(len(image)) * x, cov * torch.outer(x, x))


def hidden(side: int, length: int) -> Tensor:
    """The chance that two pixels of a line lie in one segment whose middle is any pixel."""
    middle = torch.arange(length)
    start = middle[:, None] - side // 2
    covers = ((middle >= start) & (middle < start + side)).double()  # (middles, pixels)
    return covers.T @ covers / length


def mixing_moments(image: Tensor, partner: Moments, mean: float, variance: float) -> Moments:
    """Closed form for lam x + (1 - lam) x', lam and x' independent; `partner`: moments of x'.

    mean, variance: of lam; 1/2 and 1 / (4 (2 alpha + 1)) for Beta(alpha, alpha).
    Sigma = Var(lam) (x - m)(x - m)^T + E[(1 - lam)²] S.
    """
    off = numbers(image).double().flatten() - partner.mean
    rest = variance + (1 - mean) ** 2
    return Moments(partner.mean + mean * off, variance * torch.outer(off, off) + rest * partner.cov)


def drawn(family: Family, draws: int, seed: int) -> Family:
    """Monte Carlo: the family whose chances are how often each map came in so many draws.

    The moments of that family are the estimates from these samples, since equal samples add up.
    """
    rng = Rng(seed, 0, torch.arange(draws))
    which = family.pick(rng.uniform("augmentation", 1)[:, 0])
    return replace(family, chances=which.bincount(minlength=len(family)).double() / draws)


def relative_trace(cov: Tensor, images: Tensor) -> float:
    """How strong an augmentation is: tr(Sigma) over the mean squared distance of the images
    (N, C, H, W) from their mean. Above 1 it moves an image further than another image is."""
    x = numbers(images).flatten(1).double()
    return (cov.diagonal().sum() / (x - x.mean(dim=0)).square().sum(dim=1).mean()).item()
