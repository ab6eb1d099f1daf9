"""Images as rows of patches, and rows picked and put back: the index arithmetic of masking.

As MAE has it (He et al. 2021, arXiv 2111.06377). Shapes: images (B, C, h, h) ↔ patches
(B, L, p·p·C), tokens (B, L, D).
"""

import math

from einops import rearrange
from torch import Tensor

FLAT = 5e-8  # added to variances of pixels in [0, 1]; MAE's 1e-6 is for pixels of deviation 1


def patchify(images: Tensor, p: int) -> Tensor:
    """(B, C, h, w) → (B, L, p·p·C), patches along rows."""
    return rearrange(images, "b c (h p) (w q) -> b (h w) (p q c)", p=p, q=p)


def unpatchify(patches: Tensor, p: int) -> Tensor:
    """(B, L, p·p·C) → (B, C, h, h), of a square image; undoes `patchify`."""
    side = math.isqrt(patches.shape[1])
    return rearrange(patches, "b (h w) (p q c) -> b c (h p) (w q)", h=side, p=p, q=p)


def moments(patches: Tensor) -> tuple[Tensor, Tensor]:
    """(B, L, p·p·C) → mean and deviation of each patch, (B, L, 1) both; never 0, for flat ones."""
    variance = patches.var(dim=-1, correction=0, keepdim=True)
    return patches.mean(dim=-1, keepdim=True), (variance + FLAT).sqrt()


def take(tokens: Tensor, index: Tensor) -> Tensor:
    """Tokens (B, L, D) at index (B, K) → (B, K, D); take(take(x, i), i.argsort(1)) is x."""
    return tokens.gather(1, index[..., None].expand(-1, -1, tokens.shape[-1]))
