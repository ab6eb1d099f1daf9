"""The parts of a weighted vote, and misconceptions of `weighted_knn` put together from them.

Shapes: bank (N, D), labels (N,), queries (Q, D), own (Q,); a `Pair` is scores (Q, classes) and
predictions (Q,), or the k largest of a row with their places.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.grading.named import named

Pair = tuple[Tensor, Tensor]


def cosines(bank: Tensor, queries: Tensor) -> Tensor:
    """(Q, N)"""
    return F.normalize(queries, dim=1) @ F.normalize(bank, dim=1).T


def without(own: Tensor, similarity: Tensor) -> Tensor:
    """Similarities (Q, N) in which no query meets itself."""
    return similarity.masked_fill(torch.arange(similarity.shape[1]) == own[:, None], -torch.inf)


def nearest(similarity: Tensor, k: int) -> Pair:
    """The k largest of each row and where they are, fewer where there are fewer."""
    return similarity.topk(min(k, similarity.shape[1]), dim=1)


def count(weight: Tensor, voters: Tensor, classes: int) -> Pair:
    """Weights and labels of the voters (Q, k) → scores and predictions."""
    scores = torch.zeros(len(weight), classes).scatter_add_(1, voters, weight)
    scores = scores / scores.sum(dim=1, keepdim=True)
    best = scores.topk(2, dim=1).values
    return scores, scores.argmax(dim=1).masked_fill(best[:, 0] - best[:, 1] < 1e-4, -1)


def vote(similarity: Tensor, labels: Tensor, k: int, temperature: float, classes: int) -> Pair:
    near, index = nearest(similarity, k)
    weight = torch.softmax(near / temperature, dim=1)  # -inf weighs 0, and nothing overflows
    return count(weight, labels[index], classes)


def weighted_knn(bank, labels, queries, own, k, temperature, classes) -> Pair:
    """The right vote, and with changed arguments a part of wrong ones."""
    return vote(without(own, cosines(bank, queries)), labels, k, temperature, classes)


def not_normalised(bank, labels, queries, own, k, temperature, classes) -> Pair:
    """You compare by the plain product: a long feature is then near to everything. A cosine looks
    at the direction only."""
    return vote(without(own, queries @ bank.T), labels, k, temperature, classes)


def only_queries_normalised(bank, labels, queries, own, k, temperature, classes) -> Pair:
    """You bring one side to length 1 and leave the other: the longest images of the bank win."""
    similarity = F.normalize(queries, dim=1) @ bank.T
    return vote(without(own, similarity), labels, k, temperature, classes)


def columns_normalised(bank, labels, queries, own, k, temperature, classes) -> Pair:
    """You normalise each column, over the images. A cosine needs each image, a row, of length 1."""
    similarity = F.normalize(queries, dim=0) @ F.normalize(bank, dim=0).T
    return vote(without(own, similarity), labels, k, temperature, classes)


def distances(bank, labels, queries, own, k, temperature, classes) -> Pair:
    """You rank and weight by the distance between the features, not by their cosine."""
    return vote(without(own, -torch.cdist(queries, bank)), labels, k, temperature, classes)


def multiplied(bank, labels, queries, own, k, temperature, classes) -> Pair:
    """You multiply by the temperature: below 1 it should sharpen the vote, and here it flattens
    it."""
    return weighted_knn(bank, labels, queries, own, k, 1 / temperature, classes)


def unweighted(bank, labels, queries, own, k, temperature, classes) -> Pair:
    """Each of your neighbours has one vote, however far it is; the temperature plays no part."""
    return weighted_knn(bank, labels, queries, own, k, 1e9, classes)


def by_rank(bank, labels, queries, own, k, temperature, classes) -> Pair:
    """Your weights are 1, 1/2, 1/3 … by rank: it is lost how much nearer the first one is."""
    near, index = nearest(without(own, cosines(bank, queries)), k)
    weight = near.isfinite() / torch.arange(1, near.shape[1] + 1)
    return count(weight, labels[index], classes)


def cosine_as_weight(bank, labels, queries, own, k, temperature, classes) -> Pair:
    """Your weight is the cosine itself: a share can become negative, and neighbours of cosine 0.9
    and 0.5 count nearly alike."""
    near, index = nearest(without(own, cosines(bank, queries)), k)
    return count(near.masked_fill(near == -torch.inf, 0), labels[index], classes)


def exp_overflows(bank, labels, queries, own, k, temperature, classes) -> Pair:
    """You take exp(cosine / temperature) as it is: at 0.005 that is exp(200), too large for
    float32, and inf / inf is nan. Only the ratios of weights matter."""
    near, index = nearest(without(own, cosines(bank, queries)), k)
    return count((near / temperature).exp(), labels[index], classes)


def all_vote(bank, labels, queries, own, k, temperature, classes) -> Pair:
    """The whole bank votes in your answer: `k` plays no part."""
    return weighted_knn(bank, labels, queries, own, len(bank), temperature, classes)


def itself_may_vote(bank, labels, queries, own, k, temperature, classes) -> Pair:
    """A query that is in the bank votes for itself, with the largest weight: it knows its label."""
    return vote(cosines(bank, queries), labels, k, temperature, classes)


def minus_one_wraps(bank, labels, queries, own, k, temperature, classes) -> Pair:
    """You use `own` as an index where it is −1: that is the last image of the bank, which then
    loses its vote although nobody excluded it."""
    return weighted_knn(bank, labels, queries, own % len(bank), k, temperature, classes)


def dropped_after_the_choice(bank, labels, queries, own, k, temperature, classes) -> Pair:
    """You choose k neighbours and then strike out the query itself: k − 1 are left to vote, where
    another one should have moved up."""
    near, index = nearest(cosines(bank, queries), k)
    near = near.masked_fill(index == own[:, None], -torch.inf)
    return count(torch.softmax(near / temperature, dim=1), labels[index], classes)


def first_always_dropped(bank, labels, queries, own, k, temperature, classes) -> Pair:
    """You always leave out the nearest image, as if every query were in the bank; `own` says
    which are."""
    near, index = nearest(cosines(bank, queries), k + 1)
    weight = torch.softmax(near[:, 1:] / temperature, dim=1)
    return count(weight, labels[index[:, 1:]], classes)


def itself_at_zero(bank, labels, queries, own, k, temperature, classes) -> Pair:
    """You set the similarity of a query to itself to 0. That is no exclusion: where few others are
    left it still votes, and before those with negative cosines."""
    similarity = without(own, cosines(bank, queries))
    similarity = similarity.masked_fill(similarity == -torch.inf, 0)
    return vote(similarity, labels, k, temperature, classes)


def mean_of_a_class(bank, labels, queries, own, k, temperature, classes) -> Pair:
    """You average the weights within each class: five good neighbours then count no more than
    one."""
    near, index = nearest(without(own, cosines(bank, queries)), k)
    weight = torch.softmax(near / temperature, dim=1)
    same = labels[index][:, :, None] == labels[index][:, None]  # (Q, k, k)
    return count(weight / same.sum(dim=2), labels[index], classes)


def not_shares(bank, labels, queries, own, k, temperature, classes) -> Pair:
    """Your scores are sums of weights, not shares: a row does not sum to 1."""
    scores, predicted = weighted_knn(bank, labels, queries, own, k, temperature, classes)
    near, _ = nearest(without(own, cosines(bank, queries)), k)
    return scores * (near / temperature).exp().sum(dim=1, keepdim=True), predicted


def ties_by_order(bank, labels, queries, own, k, temperature, classes) -> Pair:
    """Your scores are right, but `argmax` decides a tie for the class with the smaller number."""
    scores, _ = weighted_knn(bank, labels, queries, own, k, temperature, classes)
    return scores, scores.round(decimals=5).argmax(dim=1)


def last_chunk_lost(bank, labels, queries, own, k, temperature, classes) -> Pair:
    """You go through the queries in equal chunks and lose those that do not fill the last one."""
    scores, predicted = weighted_knn(bank, labels, queries, own, k, temperature, classes)
    full = len(queries) // 2 * 2
    return scores * (torch.arange(len(queries)) < full)[:, None], predicted


WRONG = named(
    not_normalised, only_queries_normalised, columns_normalised, distances, multiplied, unweighted,
    by_rank, cosine_as_weight, exp_overflows, all_vote, itself_may_vote, minus_one_wraps,
    dropped_after_the_choice, first_always_dropped, itself_at_zero, mean_of_a_class, not_shares,
    ties_by_order, last_chunk_lost,
)  # fmt: skip
