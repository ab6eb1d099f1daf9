"""Numbers that change during training, as pure functions of the step."""

import math


def warmup_cosine(step: int, total: int, peak: float, warmup: int, end: float = 0.0) -> float:
    """Linear from 0 to `peak` over `warmup` steps, then half a cosine down to `end` at `total`.

    Loshchilov and Hutter (2017, arXiv 1608.03983) for the cosine.
    """
    if step < warmup:
        return peak * (step + 1) / warmup
    done = min(1.0, (step - warmup) / max(1, total - warmup))
    return end + 0.5 * (peak - end) * (1 + math.cos(math.pi * done))
