"""kNN: agrees with scikit-learn, and the identities of the protocol."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from course_lib.core.errors import CourseError
from course_lib.evaluate import knn


def blobs(n: int, seed: int, noise: float = 2.0) -> tuple[torch.Tensor, torch.Tensor]:
    centres = torch.randn(5, 12, generator=torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 5, (n,), generator=generator)
    return centres[labels] + noise * torch.randn(n, 12, generator=generator), labels


@pytest.mark.parametrize("k", [1, 10, 20, 100])
def test_agrees_exactly_with_sklearn(k):
    (bank, labels), (queries, _) = blobs(400, 1), blobs(60, 2)
    theirs = KNeighborsClassifier(
        k,
        metric="cosine",
        algorithm="brute",
        weights=lambda d: np.exp((1 - d) / 0.07),
    ).fit(bank.double().numpy(), labels.numpy())
    ours = knn(bank, labels, queries, k=k)
    assert ours.tolist() == theirs.predict(queries.double().numpy()).tolist()


def test_temperature_to_zero_is_the_nearest_neighbour():
    (bank, labels), (queries, _) = blobs(300, 1), blobs(50, 2)
    cold = knn(bank, labels, queries, k=20, temperature=1e-6)
    assert torch.equal(cold, knn(bank, labels, queries, k=1))
    assert not torch.equal(cold, knn(bank, labels, queries, k=20))


def test_vote_weights_follow_the_similarity():
    """At T=0.07 cosine 0.9 outvotes four neighbours at 0.8 and not five: the ratio is 4.17."""

    def at(cosine: float) -> list[float]:
        return [cosine, (1 - cosine**2) ** 0.5]

    for rivals, winner in ((4, 0), (5, 1)):
        bank = torch.tensor([at(0.9)] + [at(0.8)] * rivals)
        labels = torch.tensor([0] + [1] * rivals)
        assert knn(bank, labels, torch.tensor([[1.0, 0.0]]), k=rivals + 1).tolist() == [winner]


def test_an_image_finds_itself_unless_excluded():
    bank, _ = blobs(200, 1)
    names = torch.arange(200)
    assert torch.equal(knn(bank, names, bank, k=1), names)
    others = knn(bank, names, bank, k=1, exclude_self=True)
    assert not others.eq(names).any()


def test_rotation_and_length_do_not_matter():
    (bank, labels), (queries, _) = blobs(300, 1), blobs(50, 2)
    turn = torch.linalg.qr(torch.randn(12, 12, generator=torch.Generator().manual_seed(3)))[0]
    longer = 5 * torch.rand(50, 1, generator=torch.Generator().manual_seed(4)) + 0.1
    assert torch.equal(
        knn(bank @ turn, labels, queries @ turn * longer), knn(bank, labels, queries)
    )


def test_chunks_do_not_matter():
    (bank, labels), (queries, _) = blobs(300, 1), blobs(50, 2)
    whole = knn(bank, labels, queries), knn(bank, labels, bank, exclude_self=True)
    parts = (
        knn(bank, labels, queries, chunk=7),
        knn(bank, labels, bank, exclude_self=True, chunk=7),
    )
    assert all(map(torch.equal, whole, parts))


def test_bad_input_is_refused():
    bank, labels = blobs(10, 1)
    with pytest.raises(CourseError, match="between 1 and 10"):
        knn(bank, labels, bank, k=11)
    with pytest.raises(CourseError, match="between 1 and 9"):
        knn(bank, labels, bank, k=10, exclude_self=True)
    with pytest.raises(CourseError, match="row by row"):
        knn(bank, labels, bank[:5], k=3, exclude_self=True)
    with pytest.raises(CourseError, match="temperature must be positive"):
        knn(bank, labels, bank, k=3, temperature=0)
