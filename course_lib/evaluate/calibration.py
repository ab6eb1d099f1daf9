"""Calibration: of the answers that a net is 80 % sure of, are 80 % right?

The expected calibration error of Guo, Pleiss, Sun and Weinberger 2017 (arXiv 1706.04599): answers
sorted into bins by confidence, the largest probability,

    ECE = sum_b  n_b / N  | accuracy_b - confidence_b |

and the bins themselves, which a reliability diagram draws.
"""

from dataclasses import dataclass

from torch import Tensor

from course_lib.core.errors import CourseError


@dataclass(frozen=True)
class Reliability:
    """Of each bin, float64 (bins,): how many answers, how sure on average, how many right; NaN for
    the last two where a bin is empty."""

    count: Tensor
    confidence: Tensor
    accuracy: Tensor

    @property
    def error(self) -> float:
        """The expected calibration error, from 0 to 1."""
        gap = (self.accuracy - self.confidence).abs().nan_to_num()
        return (self.count * gap).sum().item() / self.count.sum().item()


def reliability(logits: Tensor, labels: Tensor, bins: int = 15) -> Reliability:
    """logits (N, K) and labels int64 (N,) → bins of equal width; the upper end belongs to a bin."""
    if bins < 1 or len(logits) != len(labels) or not len(logits):
        raise CourseError(
            f"Calibration needs a label for each answer and at least one bin; got {len(logits)} "
            f"answers, {len(labels)} labels and {bins} bins."
        )
    sure, said = logits.double().softmax(dim=1).max(dim=1)
    place = (sure * bins).ceil().long().clamp(1, bins) - 1  # (N,)
    count = place.bincount(minlength=bins).double()
    right = (said == labels).double()
    accuracy = place.bincount(weights=right, minlength=bins) / count
    return Reliability(count, place.bincount(weights=sure, minlength=bins) / count, accuracy)


def confidence(logits: Tensor) -> float:
    """The mean largest probability of (N, K): how sure the net is of its answers."""
    return logits.double().softmax(dim=1).max(dim=1).values.mean().item()
