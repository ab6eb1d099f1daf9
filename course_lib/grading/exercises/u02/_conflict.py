"""The shape bias of `shape_bias`, right and with each mistake said in its docstring."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from course_lib.grading.named import named

Triple = tuple[float, Tensor, Tensor]
Pool = Callable[[Tensor, Tensor, int], Tensor]  # probabilities (N, F), group (F,), K → (N, K)


def mean_of_group(probabilities: Tensor, group: Tensor, kinds: int) -> Tensor:
    """The mean probability of each kind's fine classes."""
    return torch.stack([probabilities[:, group == k].mean(dim=1) for k in range(kinds)], dim=1)


def decisions(probabilities: Tensor, group: Tensor, kinds: int, sure: float,
              pool: Pool = mean_of_group) -> Tensor:  # fmt: skip
    """The kind that is answered (N,), or -1 for an abstention."""
    top, kind = pool(probabilities, group, kinds).max(dim=1)
    return torch.where(top >= sure, kind, -1)


def by_kind(said: Tensor, shape: Tensor, texture: Tensor, kinds: int,
            conflict: Tensor | None = None) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Answers by shape and by texture, for each kind of shape: (K,) each."""
    counts = shape != texture if conflict is None else conflict
    tables = []
    for cue in (shape, texture):
        hit = counts & (said == cue)
        tables.append(torch.stack([(hit & (shape == k)).sum() for k in range(kinds)]))
    return tables[0], tables[1]


def biased(shapes: Tensor, textures: Tensor) -> Triple:
    """From both counts: the mean over kinds, the bias of each, and the decided images."""
    decided = shapes + textures
    each = shapes.double() / decided  # nan where nothing was decided
    return each[decided > 0].mean().item(), each, decided


def shape_bias(probabilities, group, shape, texture, sure):
    kinds = int(group.max()) + 1
    said = decisions(probabilities, group, kinds, sure)
    return biased(*by_kind(said, shape, texture, kinds))


def agreeing_counted(probabilities, group, shape, texture, sure):
    """You count images whose shape and texture are of one kind. An answer to these says nothing of
    which cue was followed, and only makes the net look shape biased."""
    kinds = int(group.max()) + 1
    said = decisions(probabilities, group, kinds, sure)
    shapes, textures = by_kind(said, shape, texture, kinds)
    same = torch.stack([((shape == texture) & (said == shape) & (shape == k)).sum()
                        for k in range(kinds)])  # fmt: skip
    return biased(shapes + same, textures)


def abstentions_answered(probabilities, group, shape, texture, sure):
    """You take an answer where the net is not sure enough of any kind. It abstains there, and an
    abstention is no vote for either cue."""
    return shape_bias(probabilities, group, shape, texture, 0.0)


def over_all_conflicts(probabilities, group, shape, texture, sure):
    """You divide by all conflict images. One that is answered with neither cue, or not at all,
    belongs to no side: divide by those that followed one of the two."""
    kinds = int(group.max()) + 1
    said = decisions(probabilities, group, kinds, sure)
    shapes, _ = by_kind(said, shape, texture, kinds)
    clash = shape != texture
    total = torch.stack([(clash & (shape == k)).sum() for k in range(kinds)])
    return biased(shapes, total - shapes)


def over_all_answers(probabilities, group, shape, texture, sure):
    """You divide by all conflict images that were answered. An answer that is neither the shape nor
    the texture is an error, which the bias leaves out."""
    kinds = int(group.max()) + 1
    said = decisions(probabilities, group, kinds, sure)
    shapes, _ = by_kind(said, shape, texture, kinds)
    clash = (shape != texture) & (said >= 0)
    total = torch.stack([(clash & (shape == k)).sum() for k in range(kinds)])
    return biased(shapes, total - shapes)


def pooled(probabilities, group, shape, texture, sure):
    """You add up all kinds and divide once. A kind with many decided images then weighs most; asked
    is the mean of the kinds' own biases."""
    _, each, decided = shape_bias(probabilities, group, shape, texture, sure)
    return ((each.nan_to_num() * decided).sum() / decided.sum()).item(), each, decided


def undecided_is_zero(probabilities, group, shape, texture, sure):
    """You let a kind without a decided image count as a bias of 0 in the mean. Nothing is known of
    it: leave it out."""
    _, each, decided = shape_bias(probabilities, group, shape, texture, sure)
    return each.nan_to_num().mean().item(), each, decided


def zero_for_nan(probabilities, group, shape, texture, sure):
    """You write 0 for a kind without a decided image, and it pulls your mean down. Nothing is known
    of such a kind: it has nan in `each`, and no part in the mean."""
    _, each, decided = shape_bias(probabilities, group, shape, texture, sure)
    return each.nan_to_num().mean().item(), each.nan_to_num(), decided


def zero_in_each(probabilities, group, shape, texture, sure):
    """Your mean leaves out a kind without a decided image, and in `each` it has 0, as if its
    texture were always answered. Nothing is known of it: nan."""
    bias, each, decided = shape_bias(probabilities, group, shape, texture, sure)
    return bias, each.nan_to_num(), decided


def undecided_is_a_half(probabilities, group, shape, texture, sure):
    """You let a kind without a decided image count as a bias of one half in the mean. Nothing is
    known of it: leave it out."""
    _, each, decided = shape_bias(probabilities, group, shape, texture, sure)
    return each.nan_to_num(0.5).mean().item(), each, decided


def undecided_spoils_the_mean(probabilities, group, shape, texture, sure):
    """Your mean is nan as soon as one kind has no decided image. Leave such kinds out of it."""
    _, each, decided = shape_bias(probabilities, group, shape, texture, sure)
    return math.nan, each, decided


def sum_of_group(probabilities, group, shape, texture, sure):
    """You add up the probabilities of a kind's fine classes. A kind with many of them then wins by
    their number: take their mean."""
    kinds = int(group.max()) + 1
    total: Pool = lambda p, g, k: mean_of_group(p, g, k) * torch.bincount(g[g >= 0])  # noqa: E731
    said = decisions(probabilities, group, kinds, sure, total)
    return biased(*by_kind(said, shape, texture, kinds))


def largest_fine_class(probabilities, group, shape, texture, sure):
    """You answer with the kind of the single most probable fine class. Asked is the mean over a
    kind's classes: a net that doubts between two dogs still means a dog."""
    kinds = int(group.max()) + 1
    top: Pool = lambda p, g, k: torch.stack(  # noqa: E731
        [p[:, g == n].amax(dim=1) for n in range(k)], dim=1
    )
    said = decisions(probabilities, group, kinds, sure, top)
    return biased(*by_kind(said, shape, texture, kinds))


def last_kind_gets_the_rest(probabilities, group, shape, texture, sure):
    """You count fine classes of no kind, −1, to the last kind, as an index from the end does. They
    belong to none of them."""
    return shape_bias(probabilities, torch.where(group < 0, group.max(), group), shape, texture,
                      sure)  # fmt: skip


def none_may_be_answered(probabilities, group, shape, texture, sure):
    """You let −1 be answered as if it were a kind. Fine classes of no kind take no part: the answer
    is the best of the K kinds, whatever the others have."""
    kinds = int(group.max()) + 1
    said = decisions(probabilities, group, kinds, sure)
    best = mean_of_group(probabilities, group, kinds).amax(dim=1)
    none = probabilities[:, group < 0].mean(dim=1)  # nan, which is not above, where there is none
    return biased(*by_kind(torch.where(none > best, -1, said), shape, texture, kinds))


def kinds_of_the_shapes(probabilities, group, shape, texture, sure):
    """You make as many kinds as the largest shape says. A kind may be answered although no image
    has its shape: what there is stands in `group`."""
    bias, each, decided = shape_bias(probabilities, group, shape, texture, sure)
    kinds = int(shape.max()) + 1
    return bias, each[:kinds], decided[:kinds]


def texture_bias(probabilities, group, shape, texture, sure):
    """You give the texture's share. The two sum to 1; asked is that of the shape."""
    bias, each, decided = shape_bias(probabilities, group, shape, texture, sure)
    return 1 - bias, 1 - each, decided


def texture_for_shape(probabilities, group, shape, texture, sure):
    """You sort images by the kind of their texture. `each` is asked for each kind of *shape*."""
    kinds = int(group.max()) + 1
    said = decisions(probabilities, group, kinds, sure)
    textures, shapes = by_kind(said, texture, shape, kinds)
    return biased(shapes, textures)


def accuracy(probabilities, group, shape, texture, sure):
    """You count how often the shape is answered, over all images. That is an accuracy: it mixes how
    often the net is right with which cue it follows."""
    kinds = int(group.max()) + 1
    said = decisions(probabilities, group, kinds, sure)
    hit = torch.stack([((said == shape) & (shape == k)).sum() for k in range(kinds)])
    total = torch.stack([(shape == k).sum() for k in range(kinds)])
    return biased(hit, total - hit)


def all_conflicts_decided(probabilities, group, shape, texture, sure):
    """Your `decided` counts every conflict image. Only those count whose answer is one of the two
    cues: a bias over few of them is worth little, and that is what the number is for."""
    bias, each, decided = shape_bias(probabilities, group, shape, texture, sure)
    clash = shape != texture
    return bias, each, torch.stack([(clash & (shape == k)).sum() for k in range(len(decided))])


WRONG = named(
    agreeing_counted, abstentions_answered, over_all_conflicts, over_all_answers, pooled,
    undecided_is_zero, zero_for_nan, zero_in_each, undecided_is_a_half, undecided_spoils_the_mean,
    sum_of_group, largest_fine_class, last_kind_gets_the_rest, none_may_be_answered,
    kinds_of_the_shapes, texture_bias, texture_for_shape, accuracy, all_conflicts_decided,
)  # fmt: skip
