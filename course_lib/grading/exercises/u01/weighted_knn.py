"""The weighted vote of the nearest neighbours, as scores, with images that may not vote."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.core.randomness import Rng
from course_lib.grading.exercise import Case, Exercise, Right
from course_lib.grading.exercises.u01._votes import WRONG, Pair, cosines, weighted_knn, without

CONTRACT = """
The readout that needs no training: the most similar images of a bank vote. Write
`weighted_knn(bank, labels, queries, own, k, temperature, classes)` → `(scores, predicted)`.

- `bank` (N, D): features, whose `labels` are (N,) int64. `queries` (Q, D): features. Both float32
  and of any length, but never all zeros.
- `own` (Q,) int64: the row of the bank that holds the query itself and may not vote for it, or −1
  if the query is not in the bank.
- The similarity is the cosine. Of those that may vote, the `k` most similar do, or all of them if
  there are fewer than `k`. Each votes for its label with the weight exp(cosine / `temperature`);
  temperatures go down to 0.005.
- `scores` (Q, `classes`) float32: the share of the weight that each class got. A row sums to 1.
- `predicted` (Q,) int64: the class of the highest score, or −1 where the two highest differ by
  less than 0.0001: the order of the classes must not decide a tie.
"""


def by_threshold(bank, labels, queries, own, k, temperature, classes) -> Pair:
    cosine = without(own, cosines(bank.double(), queries.double()))  # (Q, N)
    last = cosine.sort(dim=1, descending=True).values[:, min(k, len(bank)) - 1, None]
    weight = torch.exp((cosine - 1) / temperature) * (cosine >= last)
    shares = weight @ F.one_hot(labels, classes).double()
    shares = (shares / shares.sum(dim=1, keepdim=True)).float()
    top = shares.amax(dim=1, keepdim=True)
    tied = (shares > top - 1e-4).sum(dim=1) > 1
    return shares, torch.where(tied, -1, shares.argmax(dim=1))


def query_by_query(bank, labels, queries, own, k, temperature, classes) -> Pair:
    rows, predicted = [], []
    for query, row in zip(queries.double(), own.tolist(), strict=True):
        lengths = bank.double().norm(dim=1) * query.norm()
        cosine = ((bank.double() @ query) / lengths).tolist()
        voters = sorted((n for n in range(len(bank)) if n != row), key=lambda n: -cosine[n])[:k]
        share = [0.0] * classes
        for n in voters:
            share[int(labels[n])] += math.exp((cosine[n] - cosine[voters[0]]) / temperature)
        share = [one / sum(share) for one in share]
        second, first = sorted(share)[-2:]
        rows.append(share)
        predicted.append(-1 if first - second < 1e-4 else share.index(first))
    return torch.tensor(rows), torch.tensor(predicted)


def fan(degrees: Tensor, lengths: Tensor, turn: Tensor) -> Tensor:
    """Features (n, D) at graded angles in one plane. degrees, lengths: (n,). turn: (D, 2)."""
    angle = degrees * math.pi / 180
    return (torch.stack([angle.cos(), angle.sin()], dim=1) * lengths[:, None]) @ turn.T


def clear(case: Case) -> bool:
    """Whether neither the choice of the neighbours nor that of a class hangs on rounding."""
    bank, _, queries, own, k, _, _ = case.args
    near = without(own, cosines(bank, queries)).sort(dim=1, descending=True).values
    last = near[:, k - 1] - near[:, k] if k < len(bank) else torch.ones(1)
    best = weighted_knn(*case.args)[0].topk(2, dim=1).values
    lead = best[:, 0] - best[:, 1]
    return bool((last > 1e-3).all() and ((lead < 1e-6) | (lead > 1e-3)).all())


def inputs(rng: Rng) -> list[Case]:
    draws = (drawn(rng.fold(number)) for number in range(100))
    return next(cases for cases in draws if all(map(clear, cases)))


def drawn(rng: Rng) -> list[Case]:
    turn = torch.linalg.qr(rng.normal("turn", 16).view(8, 2)).Q  # (8, 2), two orthonormal columns
    degrees = torch.tensor([0.0, 14, 27, 45, 58, 80, 103, 130, 160]) + 4 * rng.uniform("a", 9)[0]
    lengths = torch.tensor([3.0, 0.5, 2.0, 0.7, 1.0, 4.0, 0.6, 1.5, 2.5])
    bank = fan(degrees, lengths, turn)  # (9, 8)
    asked = torch.tensor([4.0, 33, 68, 97, 142]) + 4 * rng.uniform("b", 5)[0]
    queries = fan(asked, torch.tensor([1.0, 2.0, 0.5, 3.0, 1.5]), turn)  # (5, 8)
    label = rng.uniform("label", 4)[0].argsort()[torch.tensor([0, 1, 1, 2, 0, 2, 1, 0, 2])]
    new, own = torch.full((5,), -1), torch.tensor([0, 2, 4, 6, 8])
    mixed = torch.tensor([0, -1, 4, -1, -1])
    some = torch.where((mixed >= 0)[:, None], bank[own], queries)
    plane = fan(degrees, lengths, torch.eye(2))
    twice = torch.stack([plane[0], 2 * plane[0], plane[5]])  # one image under two labels
    hand = torch.tensor([[2.0, 0.0], [3.0, 4.0], [0.0, 1.0]])  # cosines 1, 0.6 and 0 with (1, 0)
    return [
        Case(
            "one query, three images",
            (hand, torch.tensor([0, 1, 1]), torch.tensor([[1.0, 0.0]]), new[:1], 2, 0.5, 2),
        ),
        Case("three neighbours, new queries", (bank, label, queries, new, 3, 0.07, 5)),
        Case("five neighbours, a high temperature", (bank, label, queries, new, 5, 1.0, 5)),
        Case("the queries are images of the bank", (bank, label, bank[own], own, 3, 0.2, 5)),
        Case("two of the queries are in the bank", (bank, label, some, mixed, 4, 0.1, 5)),
        Case("more neighbours than there are", (bank, label, some, mixed, 20, 0.5, 5)),
        Case("a very low temperature", (bank, label, queries, new, 4, 0.005, 5)),
        Case(
            "one image under two labels",
            (twice, torch.tensor([2, 1, 0]), plane[[1, 4]], new[:2], 3, 0.1, 3),
        ),
    ]


EXERCISE = Exercise(
    id="u01/weighted_knn",
    title="A weighted vote of neighbours",
    kind="implement",
    contract=CONTRACT,
    reference=weighted_knn,
    inputs=inputs,
    wrong=WRONG,
    right=(Right("by a threshold", by_threshold), Right("query by query", query_by_query)),
    hints=(
        "Four steps: cosines of every query with every image, strike out `own`, keep the k "
        "largest, share out their weights. Which of them does the check complain about?",
        "A similarity of minus infinity is struck out for good: exp turns it into a weight of 0. "
        "`torch.arange(N) == own[:, None]` is true exactly where a query meets itself, and "
        "nowhere in a row whose `own` is −1. And remember what exercise 1 did before each exp.",
        "`near, index = similarity.topk(min(k, N), dim=1)`, then "
        "`weight = torch.softmax(near / temperature, dim=1)` already sums to 1, and "
        "`torch.zeros(Q, classes).scatter_add_(1, labels[index], weight)` gives the scores. "
        "The two largest of a row, `scores.topk(2, dim=1).values`, tell whether there is a tie.",
    ),
    points=3,
    tolerance=1e-3,
)
