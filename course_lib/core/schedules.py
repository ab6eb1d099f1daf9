"""Numbers that change during training, as pure functions of the step."""

import math


def warmup_cosine(step: int, total: int, peak: float, warmup: int, end: float = 0.0) -> float:
    """Linear from 0 to `peak` over `warmup` steps, then half a cosine down to `end` at `total`.

    Loshchilov and Hutter (2017, arXiv 1608.03983) for the cosine.
    """
    if step < warmup:
        return peak * (step + 1) / warmup
    return cosine(step - warmup, total - warmup, peak, end)


def cosine(step: int, total: int, start: float, end: float) -> float:
    """Half a cosine from `start` at step 0 to `end` at `total`, where it stays."""
    done = min(1.0, step / max(1, total))
    return end + 0.5 * (start - end) * (1 + math.cos(math.pi * done))
