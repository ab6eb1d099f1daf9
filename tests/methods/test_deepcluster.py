"""k-means, whitening and the epochs of DeepCluster (Caron et al. 2018, arXiv 1807.05520)."""

import copy
import math

import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import normalized_mutual_info_score as nmi

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.data import Dataset
from course_lib.methods import Facts, Time
from course_lib.methods.clustering import kmeans as module
from course_lib.methods.clustering.deepcluster import DeepCluster, DeepClusterRecipe
from course_lib.methods.clustering.kmeans import evenly, kmeans, whiten
from course_lib.train import create, train
from course_lib.train.batches import Batches
from tests.tiny import tiny_data, tiny_recipe

FIRST, SECOND = Time(0, 100, 0.0), Time(2, 100, 1.0)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def points(n: int = 60, dim: int = 4, dtype=torch.float64) -> torch.Tensor:
    return torch.randn(n, dim, generator=generator(n), dtype=dtype)


def repeated() -> torch.Tensor:
    """Eight places, ten samples on each: some first centres coincide, so clusters are empty."""
    return points(8).repeat_interleave(10, dim=0)


def turned(x: torch.Tensor) -> torch.Tensor:
    """The same points after a rotation and a reflection."""
    return x @ torch.linalg.qr(points(x.shape[1], x.shape[1])).Q


def sizes(labels: torch.Tensor, clusters: int) -> torch.Tensor:
    return labels.bincount(minlength=clusters)


def refreshed(t: Time = FIRST, data: Dataset | None = None, **words) -> DeepCluster:
    data = data or tiny_data()
    method = create(tiny_recipe("deepcluster", **words), data)
    method.refresh(Batches(data, 32, 0, torch.device("cpu")), t)
    return method


def lloyd_by_loops(x: torch.Tensor, centres: torch.Tensor, iterations: int) -> list[int]:
    """Assign, average, assign: one sample and one centre at a time."""
    where = [centre.clone() for centre in centres]

    def assign():
        return [min(range(len(where)), key=lambda k: float((p - where[k]).norm())) for p in x]

    labels = assign()
    for _ in range(iterations):
        for k in range(len(where)):
            own = [p for p, label in zip(x, labels, strict=True) if label == k]
            where[k] = sum(own) / len(own) if own else where[k]
        labels = assign()
    return labels


@pytest.mark.parametrize("iterations", [1, 2, 9])
def test_kmeans_equals_lloyds_algorithm_written_with_loops(iterations):
    x = points()
    first = x[torch.randperm(60, generator=generator(3))[:7]]
    found = kmeans(x, 7, generator(3), iterations)
    assert found.labels.tolist() == lloyd_by_loops(x, first, iterations)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("reassign", [True, False])
@pytest.mark.parametrize("data", [points, repeated])
def test_inertia_never_increases_and_is_that_of_the_result(dtype, reassign, data):
    x = data().to(dtype)
    for seed in range(5):
        found = kmeans(x, 8, generator(seed), reassign=reassign)
        assert (found.inertia.diff() <= 1e-6 * found.inertia[0]).all()
        distance = (x[:, None] - found.centres).square().sum(dim=2)  # (N, K)
        nearest = distance.min(dim=1)
        assert torch.allclose(found.inertia[-1], nearest.values.mean(), atol=1e-6)
        assert torch.allclose(distance.gather(1, found.labels[:, None])[:, 0], nearest.values)


def test_empty_clusters_are_refilled_or_stay():
    x = repeated()
    for seed in range(5):
        alone = kmeans(x, 8, generator(seed), reassign=False)
        filled = kmeans(x, 8, generator(seed), reassign=True)
        assert (sizes(alone.labels, 8) == 0).any()
        assert (sizes(filled.labels, 8) > 0).sum() > (sizes(alone.labels, 8) > 0).sum()
        assert filled.inertia[-1] < alone.inertia[-1]


def test_an_empty_cluster_keeps_its_centre_until_it_is_split():
    x, centres = points(6), points(3)
    after, empty = module.means(x, torch.tensor([0, 0, 2, 2, 2, 0]), centres)
    assert empty.tolist() == [False, True, False]
    assert torch.allclose(after, torch.stack([x[[0, 1, 5]].mean(0), centres[1], x[2:5].mean(0)]))


def test_samples_that_are_all_equal_end_in_one_cluster():
    found = kmeans(torch.ones(30, 3), 5, generator())
    assert sizes(found.labels, 5).tolist() == [30, 0, 0, 0, 0]
    assert found.centres.isfinite().all() and found.inertia.max() == 0


def test_more_clusters_than_samples_are_refused():
    with pytest.raises(CourseError, match="9 clusters of 8 samples: choose a number from 1 to 8"):
        kmeans(points(8), 9, generator())


@pytest.mark.parametrize("data", [points, repeated])
def test_turning_all_samples_turns_the_clusters(data):
    x = data()
    found, after = kmeans(x, 8, generator(1)), kmeans(turned(x), 8, generator(1))
    assert torch.equal(found.labels, after.labels)
    assert torch.allclose(turned(found.centres), after.centres)


def test_chunks_change_nothing(monkeypatch):
    whole = kmeans(points(), 7, generator())
    monkeypatch.setattr(module, "CHUNK", 11)
    parts = kmeans(points(), 7, generator())
    assert torch.equal(whole.labels, parts.labels)
    assert torch.allclose(whole.centres, parts.centres)


@pytest.mark.parametrize(("dims", "dtype"), [(6, torch.float64), (3, torch.float64), (6, None)])
def test_whitened_features_have_the_identity_as_covariance(dims, dtype):
    stretch = torch.logspace(-2, 1, 6, dtype=torch.float64)
    x = turned(points(500, 6) * stretch + 3).to(dtype or torch.float32)
    white = whiten(x, dims)
    assert white.dtype == x.dtype and white.shape == (500, dims)
    assert torch.allclose(white.mean(dim=0), torch.zeros_like(white[0]), atol=1e-3)
    assert torch.allclose(white.T.cov(correction=0), torch.eye(dims, dtype=x.dtype), atol=1e-3)


def test_whitening_keeps_the_directions_of_most_variance():
    x = points(500, 4) * torch.tensor([1.0, 9.0, 3.0, 0.1])
    kept = torch.cat([whiten(x, 2), x], dim=1).T.corrcoef()[:2, 2:].abs()  # (2, 4)
    assert kept.argmax(dim=1).tolist() == [1, 2]


def test_whitening_does_not_depend_on_signs_or_axes():
    white, other = (whiten(x, 5) for x in (points(100, 5), turned(points(100, 5))))
    assert not torch.allclose(white, other)
    assert torch.allclose(white @ white.T, other @ other.T)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_directions_without_variance_give_zeros_and_no_noise(dtype):
    x = F.pad(points(50, 3, dtype), (0, 2), value=0.7)  # two dead units
    white = whiten(x, 5)
    assert torch.equal(white[:, 3:], torch.zeros(50, 2, dtype=dtype))
    assert torch.equal(
        whiten(torch.full((50, 3), 0.7, dtype=dtype), 3), torch.zeros(50, 3, dtype=dtype)
    )


def test_rows_are_even_over_the_clusters_that_have_any():
    labels = torch.tensor([0] * 50 + [2] * 7 + [3] * 3)
    rows = evenly(labels, 60, generator())
    assert sizes(labels[rows], 5).tolist() == [20, 0, 20, 20, 0]
    often = rows.bincount(minlength=60)
    assert often[:50].max() == 1  # none of a large cluster twice
    assert set(often[50:57].tolist()) == {2, 3} and set(often[57:].tolist()) == {6, 7}
    assert sizes(labels[rows[:31]], 4).tolist() == [11, 0, 10, 10]  # any beginning is even too
    assert not torch.equal(rows, evenly(labels, 60, generator(1)))


def test_labels_are_the_clusters_of_whitened_features_of_unit_length():
    data, method = tiny_data(), create(tiny_recipe("deepcluster"), tiny_data())
    with torch.no_grad():
        features = copy.deepcopy(method).eval().encode(data.image.float() / 255)
    x = F.normalize(whiten(features, 64), dim=1)
    method.refresh(Batches(data, 32, 0, torch.device("cpu")), FIRST)
    distance = torch.stack([(x - x[method.labels == k].mean(dim=0)).norm(dim=1) for k in range(12)])
    settled = (distance.argmin(dim=0) == method.labels).float().mean()
    assert sizes(method.labels, 12).min() > 0 and settled == 1
    assert torch.equal(method.sizes, sizes(method.labels, 12))


def test_loss_is_cross_entropy_with_the_cluster_of_each_sample_by_its_index():
    """Of data whose rows are not in the order of their index, and where some are missing."""
    order = torch.randperm(64, generator=generator())[:40]
    whole = tiny_data()
    data = Dataset("tiny", "train", {}, whole.batch(order), whole.classes)
    method = refreshed(data=data, lr=0.1).double()
    with torch.no_grad():
        method.classifier.weight.mul_(100)
    batch = data.batch(torch.tensor([7, 3, 3, 21]))
    views = method.views(batch, Rng(0, 0, batch["index"]))
    views["image"] = views["image"].double()
    logits = method.classifier(method.encoder(views["image"][0])).tolist()
    total = 0.0
    for row, index in zip(logits, batch["index"].tolist(), strict=True):
        total += math.log(sum(math.exp(v) for v in row)) - row[int(method.labels[index])]
    assert method(views, FIRST).loss.item() == pytest.approx(total / 4, abs=1e-9)
    shown = data.index[method.visits()[:40]]  # the loop looks rows up, not indices
    counts = sizes(method.labels[shown], 12)
    assert counts[method.sizes > 0].min() >= counts.max() - 1 and method.sizes.sum() == 40


def test_every_epoch_has_new_clusters_and_a_new_classifier():
    data = tiny_data()
    loader = Batches(data, 32, 0, torch.device("cpu"))
    method = refreshed()
    first = copy.deepcopy(method.state_dict())
    assert first["classifier.weight"].std().item() == pytest.approx(0.01, rel=0.2)
    with torch.no_grad():
        method.classifier.bias.fill_(3.0)
        method.classifier.weight.fill_(3.0)
    method.refresh(loader, FIRST)
    for key, value in method.state_dict().items():
        assert torch.equal(value, first[key]), f"{key} after the same epoch"
    method.refresh(loader, SECOND)
    for key in ("labels", "rows", "classifier.weight"):
        assert not torch.equal(method.state_dict()[key], first[key]), key


def test_refresh_reads_features_in_eval_mode_and_leaves_the_encoder_as_it_was():
    data = tiny_data()
    method = create(tiny_recipe("deepcluster"), data).train()
    before = copy.deepcopy(method.encoder.state_dict())
    method.refresh(Batches(data, 32, 0, torch.device("cpu")), FIRST)
    assert all(part.training for part in method.modules())
    for key, value in method.encoder.state_dict().items():
        assert torch.equal(value, before[key]), key
    small = create(tiny_recipe("deepcluster"), data)
    small.refresh(Batches(data, 8, 0, torch.device("cpu")), FIRST)
    assert torch.equal(small.labels, method.labels)  # no statistics of a batch


def test_switches_reach_what_they_switch(monkeypatch):
    assert refreshed(uniform=False).visits() is None
    assert torch.equal(refreshed(uniform=False).labels, refreshed().labels)
    asked = []
    monkeypatch.setattr(module, "split", lambda *all: asked.append(all) or all[2])
    same = Dataset("same", "train", {}, tiny_data().batch(torch.arange(64)), tuple("abcd"))
    same.image[:] = same.image[:1]  # one image only: clusters are empty
    refreshed(data=same, reassign=False)
    assert not asked
    refreshed(data=same, reassign=True)
    assert asked


def test_one_image_only_is_one_cluster_and_no_crash():
    same = Dataset("same", "train", {}, tiny_data().batch(torch.arange(64)), tuple("abcd"))
    same.image[:] = same.image[:1]
    method = train(tiny_recipe("deepcluster", steps=3), data=same, say=None)
    assert method.sizes.max() == 64
    assert all(value.isfinite().all() for value in method.state_dict().values())


def test_clusters_are_three_a_class_or_as_many_as_asked():
    assert len(refreshed().sizes) == 12 and len(refreshed(clusters=5).sizes) == 5
    assert refreshed(clusters=5).constant_loss(32) == math.log(5)
    with pytest.raises(CourseError, match="65 clusters of 64 samples"):
        refreshed(clusters=65)
    with pytest.raises(CourseError, match="clusters=0 is three times the classes"):
        DeepCluster(DeepClusterRecipe(), Facts(3, 16, 0, 64))


def test_agreement_with_the_classes_does_not_depend_on_cluster_numbers():
    data, method = tiny_data(), refreshed()
    other = torch.randperm(12, generator=generator())[method.labels]
    assert nmi(data.label, other) == pytest.approx(nmi(data.label, method.labels))


def test_logs_tell_the_largest_cluster_and_how_many_are_used():
    data, method = tiny_data(), refreshed()
    method.sizes.copy_(torch.tensor([16, 48] + 10 * [0]))
    output = method(method.views(data.batch(slice(0, 8)), Rng(0, 0, data.index[:8])), FIRST)
    assert output.logs["largest"] == 0.75
    assert output.logs["used"].item() == pytest.approx(2 / 12)
