"""Draws scenes in batches: coloured noise or photographs, and cut-outs pasted on them.

Cut-outs are premultiplied by their alpha and blurred together with it, by an amount drawn for each
paste: the edge then mixes the object's own colour with the background, and its sharpness says
nothing about what was pasted. All functions are pure; random numbers come from the rng passed in.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.core.randomness import Rng

SOFTNESS = (0.5, 1.0)  # blur of a paste, Gaussian sigma in pixels of the scene
LEVELS = tuple(
    0.5 * 2 ** (k / 2) for k in range(6)
)  # sigmas the bank is kept at, in its own pixels


def bank(cutouts: Tensor, size: int) -> Tensor:
    """Cut-outs at the scene's size and every blur of LEVELS, premultiplied.

    cutouts: uint8 RGBA (K, 4, h, w) → float (len(LEVELS), K, 4, size, size) in [0, 1].
    """
    rgba = cutouts.float() / 255
    rgba[:, :3] *= rgba[:, 3:]
    small = F.interpolate(rgba, (size, size), mode="bilinear", antialias=True)
    return torch.stack([gaussian(small, sigma) for sigma in LEVELS])


def gaussian(images: Tensor, sigma: float) -> Tensor:
    """Separable Gaussian blur with zeros outside. images (K, C, H, W) → the same shape."""
    radius = math.ceil(3 * sigma)
    taps = torch.exp(-0.5 * (torch.arange(-radius, radius + 1) / sigma) ** 2)
    taps = taps / taps.sum()
    flat = images.flatten(0, 1)[:, None]
    flat = F.conv2d(flat, taps.view(1, 1, 1, -1), padding=(0, radius))
    return F.conv2d(flat, taps.view(1, 1, -1, 1), padding=(radius, 0)).view_as(images)


def noise(rng: Rng, size: int) -> Tensor:
    """Coloured noise with amplitudes 1/f^b, b in 0.8 to 1.6, float (B, 3, size, size) about 0.5."""
    half = size // 2 + 1
    count = 3 * size * half * 2  # real and imaginary parts; 16 bits each are plenty
    words = rng.bits("noise", -(-count // 4)).view(torch.int16)[:, :count]
    spectrum = torch.view_as_complex(words.float().view(-1, 3, size, half, 2))
    draws = rng.uniform("colour", 8)
    frequency = torch.hypot(torch.fft.fftfreq(size)[:, None], torch.fft.rfftfreq(size)) * size
    frequency[0, 0] = math.inf  # the mean is set below
    fall = torch.exp(-(0.8 + 0.8 * draws[:, :1, None]) * frequency.log())  # (B, size, half)
    field = torch.fft.irfft2(spectrum * fall[:, None], s=(size, size))
    deviation = torch.linalg.vector_norm(field, dim=(2, 3), keepdim=True) / size  # its mean is 0
    contrast = 0.2 + 0.25 * draws[:, 1:4, None, None]
    return field * (contrast / deviation) + 0.2 + 0.6 * draws[:, 4:7, None, None]


def photo_crops(rng: Rng, photos: Tensor, size: int) -> Tensor:
    """Random square windows of photographs. photos float (P, 3, S, S), S = 2 size → (B, 3, …)."""
    draws = rng.uniform("window", 4)
    chosen = (draws[:, 0] * len(photos)).long()
    share = 0.5 + 0.5 * draws[:, 1]  # of the photograph's side: one to two of its pixels a pixel
    mirror = torch.where(rng.uniform("window mirror", 1)[:, 0] < 0.5, -1.0, 1.0)
    zero = torch.zeros_like(share)
    shift = (2 * draws[:, 2:4] - 1) * (1 - share[:, None])
    rows = [share * mirror, zero, shift[:, 0], zero, share, shift[:, 1]]
    grid = F.affine_grid(
        torch.stack(rows, 1).view(-1, 2, 3), [len(share), 3, size, size], align_corners=False
    )
    return F.grid_sample(photos[chosen], grid, padding_mode="reflection", align_corners=False)


def place(rng: Rng, blurred: Tensor, kind: Tensor, scale: tuple[float, float]) -> Tensor:
    """Cut-outs scaled, turned by up to 0.5 rad, mirrored, lit and moved.

    blurred: a `bank`. kind: int64 (B,), which cut-out. scale: range of the longer side as a share
    of the scene's → premultiplied RGBA float (B, 4, size, size).
    """
    size = blurred.shape[-1]
    draws = rng.uniform("place", 7)
    sized = scale[0] + (scale[1] - scale[0]) * draws[:, 0]
    angle = draws[:, 1] - 0.5
    mirror = torch.where(draws[:, 2] < 0.5, -1.0, 1.0)
    light = 0.6 + 0.7 * draws[:, 3]
    move = (2 * draws[:, 4:6] - 1) * (1.1 - sized[:, None])
    softness = SOFTNESS[0] + (SOFTNESS[1] - SOFTNESS[0]) * draws[:, 6]
    level = (2 * torch.log2(softness / sized / LEVELS[0])).round().long()
    cos, sin = torch.cos(angle) / sized, torch.sin(angle) / sized
    turn = torch.stack([cos * mirror, sin * mirror, -sin, cos], 1).view(-1, 2, 2)
    theta = torch.cat([turn, -turn @ move[:, :, None]], 2)  # scene coordinates → the cut-out's
    grid = F.affine_grid(theta, [len(kind), 4, size, size], align_corners=False)
    source = blurred[level.clamp(0, len(LEVELS) - 1), kind]
    pasted = F.grid_sample(source, grid, align_corners=False)
    pasted[:, :3] = torch.minimum(pasted[:, :3] * light[:, None, None, None], pasted[:, 3:])
    return pasted


def compose(background: Tensor, layers: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Layers over a background, the first in front.

    background (B, 3, S, S), layers premultiplied RGBA (B, 4, S, S) each → image uint8 (B, 3, S, S)
    and who is seen where, uint8 (B, S, S): 0 background, k the k-th layer.
    """
    image = background.clamp(0, 1)
    seen = torch.zeros_like(image[:, 0], dtype=torch.uint8)
    for number in range(len(layers), 0, -1):
        colour, alpha = layers[number - 1][:, :3], layers[number - 1][:, 3]
        image = image * (1 - alpha[:, None]) + colour
        seen[alpha > 0.5] = number
    return (image * 255).round_().clamp_(0, 255).to(torch.uint8), seen


def boxes(seen: Tensor, count: int) -> Tensor:
    """The box of what is seen of each layer: x0, y0, x1, y1 in pixels, the ends exclusive.

    seen uint8 (B, S, S) → int64 (B, count, 4); -1 where nothing is seen.
    """
    result = []
    for number in range(1, count + 1):
        mine = seen == number
        ends = []
        for axis in (1, 2):  # what is left after any() over rows are columns, x; then y
            hit = mine.any(dim=axis).to(torch.int8)
            first, last = hit.argmax(1), hit.shape[1] - hit.flip(1).argmax(1)
            ends.append((first, last))
        box = torch.stack([ends[0][0], ends[1][0], ends[0][1], ends[1][1]], 1)
        box[~mine.flatten(1).any(1)] = -1
        result.append(box)
    return torch.stack(result, 1)
