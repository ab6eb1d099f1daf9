"""Health of frozen features: has the representation collapsed, wholly or to a few dimensions?"""

from torch import Tensor

from course_lib.core.health import collapsed, effective_rank, spread


def health(features: Tensor) -> dict[str, float]:
    """Features (N, D) → `spread` beside `healthy` 1/sqrt(D), `effective_rank`, `collapsed`.

    See course_lib.core.health for what they mean and where they come from.
    """
    return {
        "spread": spread(features),
        "healthy": features.shape[1] ** -0.5,
        "effective_rank": effective_rank(features),
        "collapsed": float(collapsed(features)),
    }
