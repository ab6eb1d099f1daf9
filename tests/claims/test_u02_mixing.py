"""R018 to R021 and the order table: every arm runs, one factor differs, verdicts say what they
mean, and differences are resolved as the interval says."""

import math

import pytest
import torch

from course_lib.claims import known, u01_runs, u02_cutmix, u02_mixing, u02_order
from course_lib.claims.scenes import recipe
from course_lib.data import Dataset
from course_lib.train.recipes import as_dict
from tests.tiny import tiny_data

MODULES = (u02_mixing, u02_cutmix, u02_order)
CLAIMS = {claim.key: claim for module in MODULES for claim in module.CLAIMS}
SETTINGS = u02_order.SETTINGS | {f"noisy {k}": v for k, v in u02_mixing.NOISY.items()}
SETTINGS |= {f"local {k}": v for k, v in u02_cutmix.LOCAL.items()}


def small(name: str, split: str) -> Dataset:
    """Instead of fashion, clutter and scenes: 28 px, four classes, grey but for scenes."""
    data = tiny_data(160 if split == "train" else 40, size=28)
    image = data.image if name == "scenes" else data.image[:, :1]
    return Dataset(name, split, {}, data.columns | {"image": image}, data.classes)


def masked(images: int) -> dict[str, Dataset]:
    """Scenes whose object is their left half."""
    mask = torch.zeros(40, 28, 28, dtype=torch.uint8)
    mask[:, :, :14] = 1
    found = {split: small("scenes", split) for split in ("val", "test")}
    return {
        split: Dataset("scenes", split, {}, data.columns | {"mask": mask}, data.classes)
        for split, data in found.items()
    }


@pytest.fixture
def tiny_sets(monkeypatch):
    """Every run of these claims on 160 images."""
    for module in (u01_runs, *MODULES):
        for name, value in (("loaded", small), ("PROBE_STEPS", 2)):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, value)
    for module in (u01_runs, u02_mixing):
        monkeypatch.setattr(module, "some", lambda name, images, seed: small(name, "train"))
    monkeypatch.setattr(u02_cutmix, "annotated", masked)
    caches = (u01_runs.trained, u02_mixing.misled, u02_order.logits, u02_order.tested)
    caches += (u02_order.floors,)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


def test_every_claim_is_known_and_can_be_stamped():
    for key, claim in CLAIMS.items():
        assert known()[key] == claim
        assert len(claim.stamp()) == 16


@pytest.mark.slow
@pytest.mark.parametrize("key", CLAIMS)
def test_every_arm_gives_a_number(key, tiny_sets):
    claim = CLAIMS[key]
    for arm in claim.arms:
        assert math.isfinite(claim.probe(arm)), arm


@pytest.mark.slow
def test_floors_are_named(tiny_sets, monkeypatch):
    monkeypatch.setattr(u02_order, "IMAGES", 100)
    asked = ["chance", "raw pixels kNN", "random net kNN"]
    assert list(u02_order.floors()) == list(u02_order.floors("val")) == asked
    assert u02_mixing.untrained_rank()["untrained net"] > 1
    found = u02_cutmix.everywhere()
    assert found["the whole image"] == 0.5 and found["untrained net"] >= 0.25


MIXING = {"method", "alpha", "layers", "probability", "shared", "corrected", "loss", "multi"}
ONE_FACTOR = [
    ("baseline", "Cutout", {"cutout"}),
    ("baseline", "stochastic depth", {"survival"}),
    ("baseline", "DropBlock", {"keep"}),
    ("CutMix", "CutMix uncorrected", {"corrected"}),
    ("CutMix", "Feature CutMix", {"method", "layers"}),
    ("Mixup", "Manifold Mixup", {"method", "layers", "alpha"}),
    *(("baseline", name, MIXING) for name in ("Mixup", "CutMix")),
    ("noisy no mixing", "noisy Mixup", MIXING),
    ("local CutMix", "local Mixup", {"method", "probability", "corrected"}),
    ("local baseline", "local Mixup", MIXING),
]


@pytest.mark.parametrize(("one", "other", "factor"), ONE_FACTOR)
def test_two_arms_differ_in_one_factor(one, other, factor):
    first, second = (as_dict(recipe(SETTINGS[arm], 1)) for arm in (one, other))
    flat = [{**r.pop("net_options"), **r.pop("augment"), **r} for r in (first, second)]
    different = {name for name in {*flat[0], *flat[1]} if flat[0].get(name) != flat[1].get(name)}
    assert different == factor if factor is not MIXING else different <= factor


def test_all_arms_train_equally_long_on_the_same_net():
    shared = ("net", "width", "batch", "epochs", "steps", "lr", "weight_decay", "data", "smoothing")
    for names in (u02_order.SETTINGS, u02_mixing.NOISY, u02_cutmix.LOCAL):
        made = [as_dict(recipe(words, 1)) for words in names.values()]
        for name in shared:
            assert len({repr(r[name]) for r in made}) == 1, name


@pytest.mark.slow
def test_one_net_answers_all_columns(tiny_sets):
    found = {what: u02_order.measured(f"CutMix, {what}", 1, 2) for what in u02_order.COLUMNS}
    assert all(0 <= value <= 1 for value in found.values())
    assert u01_runs.trained.cache_info().misses == 1 and len(set(found.values())) > 1


def test_worse_images_are_worse_as_said(tiny_sets):
    clean, noisy, hidden = (
        u02_order.tested(how).int() for how in ("clean", "with noise", "with a hidden square")
    )
    assert torch.equal(clean, small("clutter", "test").image.int())
    inner = (clean > 100) & (clean < 150)  # far enough from black and white not to be clipped
    spread = (noisy - clean)[inner].double().std().item() / 255
    assert spread == pytest.approx(u02_order.NOISE, rel=0.1)
    changed = hidden != clean
    assert (hidden[changed] == 0).all()
    rows = changed[:, 0].any(dim=2).sum(dim=1)
    assert rows.max() <= u02_order.HIDDEN and rows.min() >= u02_order.HIDDEN - 2


class Leaning(torch.nn.Module):
    """Two classes; what is said of an image's mean brightness above a half."""

    def __init__(self, said):
        super().__init__()
        self.said, self.head = said, torch.nn.Identity()

    def encode(self, x):
        score = self.said(x.mean(dim=(1, 2, 3)) - 0.5)
        return torch.stack([score, -score], dim=1)


@pytest.fixture
def leaning(monkeypatch):
    """Puts a net that leans to white or black in the place of the trained ones, and black and
    white images in that of fashion."""
    image = torch.zeros(64, 1, 4, 4, dtype=torch.uint8)
    image[::2] = 255
    columns = {"image": image, "label": torch.zeros(64).long(), "index": torch.arange(64)}
    found = Dataset("fashion", "test", {}, columns, ("a", "b"))
    monkeypatch.setattr(u02_mixing, "loaded", lambda *_: found)
    return lambda said: monkeypatch.setattr(u02_mixing, "misled", lambda *_: Leaning(said))


@pytest.mark.parametrize(("sharp", "low", "high"), [(0, 0, 1e-6), (1, 0, 0.03), (1e3, 0.15, 0.35)])
def test_straight_and_bent_answers(leaning, sharp, low, high):
    """A net that answers the same everywhere is straight; one that decides at a half is not."""
    leaning(lambda above: sharp * above)
    assert low <= u02_mixing.bend("Mixup", 1) <= high


def test_softer_answers_bend_less_and_relatively_as_much(leaning):
    found = {}
    for name, score in (("soft", 0.1), ("sure", 2.0)):
        leaning(lambda above, score=score: score * above.sign())
        found[name] = [u02_mixing.bend(f"Mixup{end}", 1) for end in ("", u02_mixing.RELATIVE)]
    assert found["soft"][0] < 0.2 * found["sure"][0]
    assert found["soft"][1] == pytest.approx(found["sure"][1], rel=1e-4)


def test_noise_is_on_training_labels_alone(tiny_sets, monkeypatch):
    seen = []
    monkeypatch.setattr(u02_mixing, "train", lambda made, data, say: seen.append(data))
    u02_mixing.misled("Mixup", 1)
    u02_mixing.misled("no mixing", 1)
    u02_mixing.misled("no mixing", 2)
    one, other, later = (data.label for data in seen)
    assert torch.equal(one, other) and not torch.equal(one, later)
    wrong = seen[0].label.ne(seen[0].columns["clean"]).double().mean().item()
    assert wrong == pytest.approx(0.3, abs=5 * (0.3 * 0.7 / 160) ** 0.5)


def test_rank_of_classes_of_one_image_each_is_one(tiny_sets, monkeypatch):
    few = small("clutter", "test")
    same = few.image[:1].expand_as(few.image) + torch.zeros_like(few.image)
    flat = Dataset("clutter", "test", {}, few.columns | {"image": same}, few.classes)
    free = u02_mixing.class_rank("baseline", 1, 1)
    monkeypatch.setattr(u02_mixing, "loaded", lambda *_: flat)
    assert u02_mixing.class_rank("baseline", 1, 1) < 1.5 < free


@pytest.mark.parametrize("arm", CLAIMS["R021-places"].arms)
def test_places_are_one_samples_alone(arm, tiny_sets):
    assert u02_cutmix.strayed(arm, 1) == 0


def test_a_seam_that_leaks_is_seen(tiny_sets, monkeypatch):
    from course_lib.methods.supervised.cutmix import CutMix

    mix = CutMix.mix

    def soft(self, x, views):
        mixed, kept = mix(self, x, views)
        return 0.9 * mixed + 0.1 * x, kept

    monkeypatch.setattr(CutMix, "mix", soft)
    assert u02_cutmix.strayed("pasted places, against B", 1) > 1e-3


def held(verdict, margin: float, *arms) -> bool:
    return verdict({f"arm {i}": list(arm) for i, arm in enumerate(arms)}, margin)


def test_lower_wants_the_mean_and_two_of_three():
    assert held(u02_cutmix.lower, 0.0, [0.1, 0.1, 0.3], [0.2, 0.2, 0.25])
    assert not held(u02_cutmix.lower, 0.0, [0.1, 0.3, 0.3], [0.9, 0.2, 0.2])
    assert not held(u02_cutmix.lower, 0.0, [0.2, 0.2, 0.2], [0.2, 0.2, 0.2])


def test_in_order_allows_the_margin():
    assert held(u02_cutmix.in_order, 0.0, [0.7, 0.8], [0.7, 0.7], [0.6, 0.6])
    assert not held(u02_cutmix.in_order, 0.0, [0.7, 0.7], [0.8, 0.8], [0.6, 0.6])
    assert not held(u02_cutmix.in_order, 0.01, [0.7, 0.7], [0.6, 0.6], [0.62, 0.62])
    assert held(u02_cutmix.in_order, 0.03, [0.7, 0.7], [0.6, 0.6], [0.62, 0.62])


def test_none_strayed_wants_all():
    assert held(u02_cutmix.none_strayed, 1e-6, [0.0, 1e-7], [0.0, 0.0])
    assert not held(u02_cutmix.none_strayed, 1e-6, [0.0, 1e-5], [0.0, 0.0])


TABLE = {
    "one, accuracy": [0.50, 0.52, 0.54],
    "two, accuracy": [0.60, 0.62, 0.64],
    "three, accuracy": [0.55, 0.49, 0.60],
    "two, calibration error": [0.1, 0.1, 0.2],
}


def test_pairs_are_resolved_by_their_paired_differences():
    """One and two differ by exactly a tenth in every seed; three goes up and down."""
    yes, no = u02_order.resolved(TABLE, "accuracy")
    assert [(d.first, d.second) for d in yes] == [("two", "one")]
    assert yes[0].mean == pytest.approx(0.1) and yes[0].half == pytest.approx(0, abs=1e-12)
    assert {(d.first, d.second) for d in no} == {("two", "three"), ("three", "one")}
    assert all(d.mean > 0 for d in yes + no)


def test_interval_is_students():
    """With three seeds t is 4.303; deviation of 1, 2, 3 is 1."""
    middle, half = u02_order.interval([1.0, 2.0, 3.0])
    assert middle == 2 and half == pytest.approx(4.3027 / math.sqrt(3), rel=1e-4)


def test_columns_hold_their_own_arms_largest_first():
    assert list(u02_order.column(TABLE, "accuracy")) == ["two", "three", "one"]
    assert u02_order.column(TABLE, "calibration error") == {"two": [0.1, 0.1, 0.2]}


def test_columns_are_not_mistaken_for_one_another():
    values = {arm: [0.0, 1.0] for arm in CLAIMS["augmentation_order"].arms}
    for what in u02_order.COLUMNS:
        assert list(u02_order.column(values, what)) == list(u02_order.SETTINGS)
