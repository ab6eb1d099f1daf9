"""Frozen features: what an encoder says about images, without changing the encoder."""

import hashlib
from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_lib.core.errors import CourseError

Encoder = Callable[[Tensor], Tensor]  # a net is one too


def extract(encode: Encoder, images: Tensor, batch: int = 500) -> Tensor:
    """Features of uint8 images (N, C, H, W) → float32 (N, D), on the CPU.

    encode: a method (its `encode` is used), a net, or a function of float images in [0, 1]. A
    module is put in eval mode without gradient, and back into its mode afterwards. Raises
    CourseError for images that are not uint8, for features that are not finite, and if a
    parameter or buffer of the encoder (BatchNorm statistics!) changed on the way.
    """
    if images.dtype != torch.uint8:
        raise CourseError(f"Features are extracted from uint8 images, not {images.dtype}.")
    module = module_of(encode)
    function = getattr(encode, "encode", encode)
    modes = {part: part.training for part in module.modules()}
    device, dtype = where(module)
    before = state_hash(module)
    module.eval()
    try:
        with torch.no_grad():
            parts = [
                function(part.to(device, dtype) / 255).flatten(1).float().cpu()
                for part in images.split(batch)
            ]
    finally:
        for part, training in modes.items():
            part.training = training
    if state_hash(module) != before:
        raise CourseError(
            "The encoder changed while its features were read; a frozen encoder must not update "
            "parameters or BatchNorm statistics."
        )
    features = torch.cat(parts)
    if not features.isfinite().all():
        raise CourseError("The encoder gives features that are not finite: did its run diverge?")
    return features


def module_of(encode: Encoder) -> nn.Module:
    """The module behind an encoder: itself, the one whose method it is, or an empty one."""
    for candidate in (encode, getattr(encode, "__self__", None)):
        if isinstance(candidate, nn.Module):
            return candidate
    return nn.Identity()


def where(module: nn.Module) -> tuple[torch.device, torch.dtype]:
    """Device and dtype of a module's first parameter or buffer that is a float."""
    for tensor in [*module.parameters(), *module.buffers()]:
        if tensor.is_floating_point():
            return tensor.device, tensor.dtype
    return torch.device("cpu"), torch.float32


def state_hash(module: nn.Module) -> str:
    """A hash of all parameters and buffers, bit for bit."""
    digest = hashlib.sha256()
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each feature, (D,) and (D,); 1 where a feature is constant."""
    mean, std = features.mean(dim=0), features.std(dim=0, correction=0)
    return mean, torch.where(std > 1e-6 * (1 + mean.abs()), std, torch.ones_like(std))
