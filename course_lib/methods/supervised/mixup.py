"""Mixup: two images on top of one another, and both of their labels.

Zhang, Cisse, Dauphin and Lopez-Paz 2017, arXiv 1710.09412. For samples A and B of a batch

    x = λ x_A + (1 - λ) x_B,   y = λ y_A + (1 - λ) y_B,   λ ~ Beta(α, α)
    loss = CE(p(x), y) = λ CE(p(x), y_A) + (1 - λ) CE(p(x), y_B)

so that a net learns to be linear between samples. α is no constant of nature: 0.2 on ImageNet, 1.0
on CIFAR. The accuracy on mixed images says nothing, so none is logged.

Departures: one λ a sample, where the released code has one a batch (shared=true); partners as
`mixing` says. Shapes: images (B, C, h, w), λ (B,), labels (B,) → (B, K).
"""

from dataclasses import dataclass

from torch import Tensor

from course_lib.methods.supervised.mixing import Mixing, MixingRecipe


@dataclass(frozen=True)
class MixupRecipe(MixingRecipe):
    """All settings as in MixingRecipe."""


class Mixup(Mixing):
    def mix(self, x: Tensor, views: dict) -> tuple[Tensor, Tensor]:
        return blend(x, x[views["partner"]], views["lam"]), views["lam"]


def blend(x: Tensor, other: Tensor, lam: Tensor) -> Tensor:
    """λ of the first and 1 - λ of the second, (B, ...), (B, ...), (B,); maps in bfloat16 are added
    in float32, or the weights would differ from the label's."""
    lam = lam.view(-1, *[1] * (x.ndim - 1))
    return (lam * x + (1 - lam) * other).to(x.dtype)
