"""Encoders that learnt nothing from labels or views; each table of results has them as its floors.

Chance, raw pixels and a random net: a method that does not beat them has shown nothing. A random
convnet is not nothing (Jarrett et al. 2009, "What is the best multi-stage architecture"; Saxe et
al. 2011): its wiring alone knows that neighbouring pixels belong together.
"""

import torch
from torch import Tensor, nn

from course_lib.core.errors import CourseError
from course_lib.nets import build


class RawPixels(nn.Module):
    """The image itself, flattened: (B, C, H, W) → (B, C·H·W)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1)


class PCA(nn.Module):
    """The first principal components of the training images' pixels.

    The best linear code of its size for reconstruction: `basis` (D, dim) is orthonormal, and the
    mean squared error of `decode` on the training images, summed over pixels, is the sum of the
    variances that were dropped, `variances[dim:]`.
    """

    mean: Tensor
    basis: Tensor
    variances: Tensor

    def __init__(self, images: Tensor, dim: int = 64):
        """images: uint8 (N, C, H, W) of the training split."""
        super().__init__()
        x = images.flatten(1).float() / 255  # (N, D)
        if not 1 <= dim <= min(x.shape):
            raise CourseError(f"PCA of {x.shape[1]} pixels and {len(x)} images has 1 to "
                              f"{min(x.shape)} components, not {dim}.")  # fmt: skip
        mean = x.mean(dim=0)
        centred = x - mean
        values, vectors = torch.linalg.eigh(centred.T @ centred / len(x))  # ascending
        self.dim = dim
        self.register_buffer("mean", mean)
        self.register_buffer("basis", vectors.flip(1)[:, :dim].contiguous())
        self.register_buffer("variances", values.flip(0).clamp_min(0))

    def forward(self, x: Tensor) -> Tensor:
        """float (B, C, H, W) in [0, 1] → (B, dim)."""
        return (x.flatten(1) - self.mean) @ self.basis

    def decode(self, code: Tensor) -> Tensor:
        """(B, dim) → flat images (B, D)."""
        return code @ self.basis.T + self.mean


def random_encoder(
    images: Tensor, seed: int = 0, name: str = "convnet", **spec: object
) -> nn.Module:
    """An untrained net for these images (uint8, (N, C, H, W)), its weights a function of the seed.

    Its BatchNorm statistics are set by one pass over up to 2,000 of the images: untouched ones
    (mean 0, variance 1) would let the signal shrink from layer to layer.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = build(name, in_channels=images.shape[1], **spec)
    for part in net.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm):
            part.momentum = 1.0  # the statistics of this one pass alone
    with torch.no_grad():
        net.train()(images[:2000].float() / 255)
    for part in net.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm):
            part.momentum = 0.1
    return net.eval()


def majority(train: Tensor, test: Tensor) -> float:
    """Chance: the accuracy on `test` of always naming the most frequent label of `train`."""
    return test.eq(train.bincount().argmax()).float().mean().item()
