"""Receptive fields: how many pixels one place of a feature map sees, by formula and by gradient.

Layers with kernels k_i and strides s_i see, along each axis,

    size = 1 + sum_i (k_i - 1) · s_1 … s_(i-1),   and two neighbours are s_1 … s_n pixels apart.

What a place can see is not what it uses: gradients are largest in the middle and fall off like a
Gaussian (Luo, Li, Urtasun and Zemel 2016, arXiv 1701.04128).
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from course_lib.core.errors import CourseError


def receptive_field(layers: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """(kernel, stride) of each layer from the image on → (size, jump) in pixels."""
    size = jump = 1
    for kernel, stride in layers:
        size += (kernel - 1) * jump
        jump *= stride
    return size, jump


def kernels(*parts: nn.Module) -> list[tuple[int, int]]:
    """(kernel, stride) of the convolutions and pools in `parts`, in the order of their definition.

    For a net give the parts that maps come from: `kernels(net.stem, net.blocks)`. Shortcuts are
    left out, because they see less than the branch beside them. SE and attention see the whole
    image, which no such list can say; they are refused.
    """
    found = []
    for part in parts:
        for name, layer in part.named_modules():
            if "shortcut" in name or "downsample" in name:
                continue
            if name.endswith(("gate", "attn")) and not isinstance(layer, nn.Identity):
                raise CourseError(f"{name} looks at places that no list of kernels can state.")
            if isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
                found.append((first(layer.kernel_size), first(layer.stride)))
    return found


def first(size: int | tuple[int, ...]) -> int:
    """A kernel's or stride's extent along the rows."""
    return size if isinstance(size, int) else size[0]


def input_gradient(maps: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """How much each pixel of x (B, C, H, W) moves the place in the middle of its maps: (H, W).

    maps: x → (B, D, h, w), such as `net.maps`, in eval mode. The mean over images and colours of
    the absolute gradient of the sum over the D channels.
    """
    x = x.detach().requires_grad_()
    with torch.enable_grad():
        y = maps(x)
        middle = y[:, :, y.shape[2] // 2, y.shape[3] // 2].sum()
        return torch.autograd.grad(middle, x)[0].abs().mean(dim=(0, 1))


def support(gradient: Tensor) -> tuple[int, int]:
    """Height and width of the smallest box that holds every pixel with a gradient (H, W)."""
    if not gradient.any():
        raise CourseError("No pixel moves the middle of the maps, so there is no receptive field.")
    extent = []
    for axis in (1, 0):
        seen = gradient.ne(0).any(dim=axis).nonzero()
        extent.append(int(seen.max() - seen.min()) + 1)
    return extent[0], extent[1]
