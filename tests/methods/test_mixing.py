"""Mixup, Manifold Mixup, CutMix, Feature CutMix: their identities, and a reference with loops."""

import math

import pytest
import torch
import torch.nn.functional as F

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.methods import Time
from course_lib.methods.supervised.cutmix import box, inside, kept_share
from course_lib.methods.supervised.mixup import blend
from course_lib.methods.supervised.pairs import GROUP, mixed_label, partners, symmetric_beta
from course_lib.nets.stages import after, upto
from course_lib.train import create, train
from course_lib.train.loop import update
from course_lib.train.optimisers import optimiser
from tests.tiny import one_step, tiny_data, tiny_recipe

NAMES = ("mixup", "manifold_mixup", "cutmix", "feature_cutmix")
FEATURES = {"mixup": "manifold_mixup", "cutmix": "feature_cutmix"}
every_method = pytest.mark.parametrize("name", NAMES)
START = Time(0, 100, 0.0)
MANY = 20_000


def case(name: str, **words):
    """A method in float64 and its views of 32 samples."""
    data, recipe = tiny_data(), tiny_recipe(name, **words)
    method = create(recipe, data).double()
    views = method.views(data.batch(slice(0, 32)), Rng(3, 1, data.index[:32]))
    doubled = {
        key: value.double() if torch.is_tensor(value) and value.is_floating_point() else value
        for key, value in views.items()
    }
    return method, doubled


def rng(n: int = MANY, step: int = 0) -> Rng:
    return Rng(11, step, torch.arange(n))


# Pairs and weights


def test_partners_are_a_permutation_within_aligned_groups_and_nobody_meets_itself():
    partner = partners(rng(64))
    row = torch.arange(64)
    assert torch.equal(partner.sort().values, row)
    assert torch.equal(partner // GROUP, row // GROUP)
    assert (partner != row).all()


def test_partners_of_half_a_batch_are_those_of_the_whole():
    whole = partners(rng(64))
    half = partners(Rng(11, 0, torch.arange(32, 64)))
    assert torch.equal(whole[32:] - 32, half)


def test_every_pair_of_a_group_is_equally_likely():
    partner = partners(rng(56_000)).view(-1, GROUP) % GROUP
    met = torch.stack([(partner == b).double().mean(dim=0) for b in range(GROUP)])
    deviation = (1 / 7 * 6 / 7 / 7000) ** 0.5
    assert (met - (1 - torch.eye(GROUP)) / 7).abs().max() < 5 * deviation


def test_groups_that_do_not_fit_are_refused():
    with pytest.raises(CourseError, match="groups of 8, and 12 of them do not divide"):
        partners(rng(12))


@pytest.mark.parametrize("alpha", [0.1, 0.2, 0.5, 1.0, 2.0, 8.0])
def test_symmetric_beta_is_beta(alpha):
    """By Kolmogorov and Smirnov; 1.95 / sqrt(n) is exceeded once in 1,000 times. Nearer to 0 and 1
    than a thousandth float32 has too few numbers for small alphas."""
    from scipy.stats import beta

    found = symmetric_beta(rng().uniform("lambda", 2), alpha).sort().values
    points = torch.linspace(0.001, 0.999, 999)
    below = torch.searchsorted(found, points).double() / MANY
    assert abs(below.numpy() - beta.cdf(points.numpy(), alpha, alpha)).max() < 1.95 / MANY**0.5


def test_symmetric_beta_is_finite_at_the_ends_of_its_draws():
    ends = torch.tensor([[0.0, 0.0], [0.0, 0.25], [1 - 2**-24, 0.25], [1 - 2**-24, 0.5]])
    for alpha in (0.01, 0.2, 1.0, 50.0):
        found = symmetric_beta(ends, alpha)
        assert (found >= 0).all() and (found <= 1).all(), alpha


def test_mixed_label_has_mass_one_and_the_weights_asked_for():
    label, partner = torch.tensor([0, 2, 2, 1]), torch.tensor([1, 0, 3, 2])
    kept = torch.tensor([0.25, 1.0, 0.5, 0.0], dtype=torch.float64)
    mixed = mixed_label(label, partner, kept, 3)
    assert torch.allclose(mixed.sum(dim=1), torch.ones(4).double(), atol=1e-15)
    assert mixed.tolist() == [[0.25, 0, 0.75], [0, 0, 1], [0, 0.5, 0.5], [0, 0, 1]]


def test_loss_of_a_mixed_label_is_the_mixed_loss():
    generator = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(16, 5, generator=generator, dtype=torch.float64)
    label, kept = torch.arange(16) % 5, torch.rand(16, generator=generator).double()
    partner = partners(rng(16))
    own, other = (F.cross_entropy(logits, y, reduction="none") for y in (label, label[partner]))
    mixed = F.cross_entropy(logits, mixed_label(label, partner, kept, 5), reduction="none")
    assert torch.allclose(mixed, kept * own + (1 - kept) * other, atol=1e-12)


# Boxes


@pytest.mark.parametrize("side", [(40, 40), (28, 36), (5, 5)])
def test_label_weight_is_the_kept_area_counted_pixel_by_pixel(side):
    height, width = side
    draws = rng(200)
    where = box(draws.uniform("lambda", 1)[:, 0], draws.uniform("place", 2), height, width)
    kept = kept_share(inside(where, height, width))
    for (top, bottom, left, right), found in zip(where.tolist(), kept.tolist(), strict=True):
        assert 0 <= top <= bottom <= height and 0 <= left <= right <= width
        outside = sum(
            not (top <= y < bottom and left <= x < right)
            for y in range(height)
            for x in range(width)
        )
        assert abs(found - outside / (height * width)) < 1e-12


def test_box_has_the_side_and_the_centre_asked_for():
    lam, centre = torch.tensor([0.75, 0.75, 1.0, 0.0]), torch.tensor([[0.5, 0.5]] * 4)
    centre[1] = torch.tensor([0.0, 0.9])  # hangs over the upper and the right border
    found = box(lam, centre, 40, 20).tolist()
    assert found[0] == [10, 30, 5, 15]  # half of each side
    assert found[1] == [0, 10, 13, 20]
    assert found[2][0] == found[2][1] and found[2][2] == found[2][3]
    assert found[3] == [0, 40, 0, 20]


def test_clipping_pastes_less_than_was_asked_for():
    """With sides r = sqrt(1 - λ) the expected area inside is E[(r - r²/4)²] = 1/2 - 1/5 + 1/48."""
    draws = rng()
    lam = symmetric_beta(draws.uniform("lambda", 2), 1.0)
    assert (1 - lam).mean().item() == pytest.approx(0.5, abs=5 * (1 / 12 / MANY) ** 0.5)
    pasted = 1 - kept_share(inside(box(lam, draws.uniform("place", 2), 28, 28), 28, 28))
    error = 5 * pasted.std().item() / MANY**0.5
    assert pasted.mean().item() == pytest.approx(1 / 2 - 1 / 5 + 1 / 48, abs=error)


def test_released_arithmetic_pastes_0_30_at_28_pixels():
    """Sides made even by rounding down, whole-pixel centres: a reference for the docstring."""
    draws, side = rng(), 28
    lam, place = draws.uniform("lambda", 1)[:, 0], draws.uniform("place", 2)
    pasted = []
    for share, (y, x) in zip(lam.tolist(), (place * side).long().tolist(), strict=True):
        half = int(side * math.sqrt(1 - share)) // 2
        rows = min(y + half, side) - max(y - half, 0)
        columns = min(x + half, side) - max(x - half, 0)
        pasted.append(rows * columns / side**2)
    found = torch.tensor(pasted)
    error = 5 * found.std().item() / MANY**0.5
    assert found.mean().item() == pytest.approx(0.30, abs=0.005 + error)  # 0.30 is rounded


@pytest.mark.parametrize("name", ["cutmix", "feature_cutmix"])
def test_pasted_pixels_are_the_partners_and_all_others_the_samples(name):
    method, views = case(name)
    x = upto(method.encoder, views["image"][0], 0 if name == "cutmix" else 2)
    mixed, kept = method.mix(x, views)
    from_a, from_b = (mixed == x).all(dim=1), (mixed == x[views["partner"]]).all(dim=1)
    assert (from_a | from_b).all()
    pasted = inside(box(views["lam"], views["place"], *x.shape[2:]), *x.shape[2:])[:, 0]
    assert from_b[pasted].all() and from_a[~pasted].all()
    assert torch.allclose(kept, 1 - pasted.double().mean(dim=(1, 2)), atol=1e-12)
    assert 0.2 < pasted.double().mean() < 0.45


def test_without_correction_the_label_has_the_weight_that_was_drawn():
    wrong, views = case("cutmix", corrected=False)
    right, _ = case("cutmix")
    x = views["image"][0]
    assert torch.equal(wrong.mix(x, views)[0], right.mix(x, views)[0])
    assert torch.equal(wrong.mix(x, views)[1], views["lam"])
    assert (right.mix(x, views)[1] - views["lam"]).abs().mean() > 0.1


# The methods


@every_method
def test_weight_one_is_no_mixing(name):
    method, views = case(name, probability=0.0)
    assert (views["lam"] == 1).all()
    plain = F.cross_entropy(method.head(method.encoder(views["image"][0])), views["label"])
    for layer in range(len(method.recipe.layers)):
        views["layer"] = torch.tensor([layer])
        assert method(views, START).loss.item() == pytest.approx(plain.item(), abs=1e-12)


@pytest.mark.parametrize("name", FEATURES)
def test_layer_zero_is_the_method_on_images(name):
    """The same partners, weights and boxes, and so the same loss and gradients."""
    found = []
    for which in (name, FEATURES[name]):
        method, views = case(which, layers=(0,), alpha=2.0)
        output = method(views, START)
        output.loss.backward()
        found.append([output.loss, *(p.grad for p in method.parameters())])
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))


@pytest.mark.parametrize("layer", [0, 1, 2, 3])
@every_method
def test_against_loops(name, layer):
    method, views = case(name, layers=(layer,))
    maps = upto(method.encoder, views["image"][0], layer)
    mixed, weights = by_loops(maps.detach(), views, "cutmix" in name)
    logits = method.head(after(method.encoder, mixed, layer)).log_softmax(dim=1)
    loss = 0.0
    for i, weight in enumerate(weights):
        own, other = views["label"][i], views["label"][views["partner"][i]]
        loss -= (weight * logits[i, own] + (1 - weight) * logits[i, other]).item() / len(weights)
    assert method(views, START).loss.item() == pytest.approx(loss, rel=1e-9)


def by_loops(maps: torch.Tensor, views: dict, boxes: bool) -> tuple[torch.Tensor, list[float]]:
    """Mixed maps (B, D, h, w) and weights, place by place."""
    mixed, weights = maps.clone(), []
    height, width = maps.shape[2:]
    for i, j in enumerate(views["partner"].tolist()):
        lam, (down, across) = views["lam"][i].item(), views["place"][i].tolist()
        half, pasted = math.sqrt(1 - lam) / 2, 0
        ends = [[round(n * min(1, max(0, c + s))) for s in (-half, half)]
                for n, c in ((height, down), (width, across))]  # fmt: skip
        for y in range(height):
            for x in range(width):
                within = ends[0][0] <= y < ends[0][1] and ends[1][0] <= x < ends[1][1]
                if boxes and within:
                    mixed[i, :, y, x] = maps[j, :, y, x]
                    pasted += 1
                elif not boxes:
                    mixed[i, :, y, x] = lam * maps[i, :, y, x] + (1 - lam) * maps[j, :, y, x]
        weights.append(1 - pasted / (height * width) if boxes else lam)
    return mixed, weights


@pytest.mark.parametrize("name", ["manifold_mixup", "feature_cutmix"])
def test_gradient_reaches_both_sources(name):
    """By the chain rule at the layer where one mixes: sample i of 8 gives to both its roles."""
    method, views = case(name, layers=(2,))
    views["lam"][:] = 0.5
    maps = upto(method.encoder, views["image"][0], 2).detach().requires_grad_()
    mixed, _ = method.mix(maps, views)
    (only,) = torch.autograd.grad(mixed[0].sum(), maps)
    touched = only.abs().sum(dim=(1, 2, 3)).nonzero().flatten().tolist()
    assert touched == sorted({0, views["partner"][0].item()})


@every_method
def test_nothing_is_mixed_at_test(name):
    method, views = case(name)
    method.eval()
    x = views["image"][0]
    assert torch.equal(method.encode(x), method.encoder(x))
    assert torch.equal(method.encode(x)[:5], method.encode(x[:5]))


@every_method
def test_one_weight_a_sample_or_a_batch(name):
    _, own = case(name)
    _, shared = case(name, shared=True)
    assert len(set(own["lam"].tolist())) == 32
    assert len(set(shared["lam"].tolist())) == 1 and len(set(shared["place"][:, 0].tolist())) == 1


def test_probability_is_how_often_a_sample_is_mixed():
    data, recipe = tiny_data(4096, size=4), tiny_recipe("cutmix", probability=0.25)
    views = create(recipe, tiny_data()).views(data.batch(slice(None)), Rng(1, 0, data.index))
    share = (views["lam"] < 1).double().mean().item()
    assert share == pytest.approx(0.25, abs=5 * (0.25 * 0.75 / 4096) ** 0.5)


def test_layer_is_drawn_once_a_step_and_each_about_equally_often():
    data = tiny_data(8, size=4)
    method = create(tiny_recipe("feature_cutmix", layers=(0, 1, 2, 3)), tiny_data())
    drawn = [
        int(method.views(data.batch(slice(None)), Rng(1, step, data.index))["layer"])
        for step in range(200)
    ]
    counts = torch.tensor(drawn).bincount(minlength=4)
    assert len(counts) == 4 and (counts - 50).abs().max() < 5 * (200 * 3 / 16) ** 0.5


def test_layer_is_the_same_for_both_halves_of_a_batch():
    """Which two processes would have."""
    data, settings = tiny_data(16, size=4), {"layers": (0, 1, 2, 3)}
    method = create(tiny_recipe("manifold_mixup", **settings), tiny_data())
    for step in range(8):
        halves = [
            method.views(data.batch(rows), Rng(1, step, data.index[rows]))["layer"].item()
            for rows in (slice(0, 8), slice(8, 16))
        ]
        assert halves[0] == halves[1]


@pytest.mark.parametrize("net", ["resnet", "vit"])
@every_method
def test_other_nets_can_be_mixed_inside(name, net):
    words = {"net": net, "layers": (0, 1, 2)}
    words |= {"net.depth": 2} if net == "vit" else {"net.blocks": (1, 1), "width": 4}
    method, views = case(name, **words)
    for layer in range(3):
        views["layer"] = torch.tensor([layer])
        assert torch.isfinite(method(views, START).loss)


@every_method
def test_smoothed_labels_are_the_mean_of_hard_and_even_ones(name):
    losses = [case(name, smoothing=eps)[0](case(name)[1], START).loss for eps in (0.0, 0.2)]
    method, views = case(name)
    layer = method.recipe.layers[int(views["layer"])]
    mixed, _ = method.mix(upto(method.encoder, views["image"][0], layer), views)
    logits = method.head(after(method.encoder, mixed, layer))
    even = -logits.log_softmax(dim=1).mean()
    assert losses[1].item() == pytest.approx(0.8 * losses[0].item() + 0.2 * even.item(), rel=1e-9)


def test_maps_in_bfloat16_are_mixed_with_the_weight_of_the_label():
    lam = torch.full((8,), 0.3003)
    x, other = torch.full((8, 1), 1.0).bfloat16(), torch.zeros(8, 1).bfloat16()
    assert torch.equal(blend(x, other, lam), lam[:, None].bfloat16())
    assert blend(x, x, lam).eq(1).all()


WRONG = {
    "alpha above 0": {"alpha": 0.0},
    "a probability from 0 to 1": {"probability": 1.5},
    "alpha=nan": {"alpha": float("nan")},
    "at least 0 and less than 1": {"smoothing": 2.0},
    "a layer at least": {"layers": "[]"},
    "this net has stages 0 to 4": {"layers": "[0,5]"},
    r"layers=\(-1,\)": {"layers": "[-1]"},
    "set it to 1": {"augment.views": 2},
}


@pytest.mark.parametrize("sentence", WRONG)
def test_settings_that_make_no_sense_are_refused(sentence):
    with pytest.raises(CourseError, match=sentence):
        create(tiny_recipe("manifold_mixup", **WRONG[sentence]), tiny_data())


def test_a_batch_that_is_no_multiple_of_eight_is_refused():
    with pytest.raises(CourseError, match="groups of 8, and 12 of them do not divide"):
        train(tiny_recipe("mixup", batch=12), data=tiny_data(), say=None)


def test_parts_smaller_than_a_group_are_refused():
    with pytest.raises(CourseError, match="and 4 of them do not divide"):
        one_step("mixup", "fp64", 1.0, batch=32, accumulate=8, net="vit", **{"net.depth": 1})


def test_layers_survive_a_run_folder(tmp_path):
    """JSON has lists, the recipe a tuple; the same command must find its own run again."""
    from course_lib.train.recipes import as_dict, from_dict

    recipe = tiny_recipe("manifold_mixup", layers="[0,2]")
    assert recipe.layers == (0, 2) and from_dict(as_dict(recipe)) == recipe


@every_method
def test_a_step_trains_every_parameter(name):
    data, recipe = tiny_data(), tiny_recipe(name)
    method = create(recipe, data)
    before = [p.detach().clone() for p in method.parameters()]
    batch, optim = data.batch(slice(0, 32)), optimiser(method, recipe)
    update(method, method, optim, batch, recipe, START, 1e-2, torch.float32)
    assert all(not torch.equal(a, b) for a, b in zip(before, method.parameters(), strict=True))
