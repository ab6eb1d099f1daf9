"""Randomness without state: every draw is a pure function of who asks.

A draw is keyed by (seed, step, sample index, name), so it does not depend on the order of a batch,
on the number of processes, or on whether a run was resumed. Nothing here reads or moves a global
generator. The bits come from the finaliser of SplitMix64 (Steele, Lea and Flood 2014), applied
twice: once to make the key of a sample, once to each counter below that key. Integer arithmetic
wraps identically on every device, so a GPU draws what a CPU draws.
"""

import hashlib
import math

import torch
from torch import Tensor

GOLDEN = -7046029254386353131  # 0x9E3779B97F4A7C15 as a signed 64-bit integer
MIX_A = -4658895280553007687  # 0xBF58476D1CE4E5B9
MIX_B = -7723592293110705685  # 0x94D049BB133111EB


def mix(x: Tensor) -> Tensor:
    """SplitMix64's finaliser on int64, in place on a fresh tensor; a bijection of 64-bit words."""
    x = x ^ ((x >> 30) & 0x3FFFFFFFF)  # the masks turn the arithmetic shift into a logical one
    x *= MIX_A
    x ^= (x >> 27) & 0x1FFFFFFFFF
    x *= MIX_B
    return x.bitwise_xor_((x >> 31) & 0x1FFFFFFFF)


def key(*parts: object) -> int:
    """A signed 64-bit key from any parts with a stable repr (numbers, strings, tuples of them)."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def bits(seed: int, index: Tensor, n: int) -> Tensor:
    """Random int64 words. seed: a `key`; index: int64 (B,) → (B, n)."""
    rows = mix(index * GOLDEN + seed)  # (B,)
    counter = torch.arange(1, n + 1, device=index.device) * GOLDEN  # (n,)
    return mix(rows[:, None] + counter)


class Rng:
    """Named draws for a batch of samples.

    seed: of the run. step: of the training step, or any number that makes two visits of a sample
    differ. index: int64 (B,), which samples these are; draws live on its device.
    """

    def __init__(self, seed: int, step: int, index: Tensor, path: tuple = ()):
        self.seed, self.step, self.index, self.path = int(seed), int(step), index, path

    def fold(self, name: object) -> "Rng":
        """An Rng with draws of its own, for one view, one layer or one object among several."""
        return Rng(self.seed, self.step, self.index, (*self.path, name))

    def bits(self, name: str, n: int) -> Tensor:
        """int64 words, (B, n)."""
        return bits(key(self.seed, self.step, self.path, name), self.index, n)

    def uniform(self, name: str, n: int) -> Tensor:
        """float32 in [0, 1), (B, n); 24 bits each, so that rounding never reaches 1."""
        words = (self.bits(name, n) >> 40) & 0xFFFFFF
        return words.float() * 2.0**-24

    def normal(self, name: str, n: int) -> Tensor:
        """Standard normal float32, (B, n), by Box and Muller (1958)."""
        pair = self.uniform(name, 2 * n)
        radius = torch.sqrt(-2 * torch.log1p(-pair[:, :n]))
        return radius * torch.cos(2 * math.pi * pair[:, n:])

    def shared(self, name: str, n: int = 1) -> Tensor:
        """float32 in [0, 1), (n,): one draw a step, the same for every sample and process."""
        alone = torch.zeros(1, dtype=torch.int64, device=self.index.device)
        return Rng(self.seed, self.step, alone, (*self.path, "shared")).uniform(name, n)[0]
