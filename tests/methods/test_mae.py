"""MAE: what is hidden stays hidden, and the loss is that of the hidden (arXiv 2111.06377)."""

import math

import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.data import Dataset
from course_lib.methods import Time
from course_lib.methods.masked.patches import moments, patchify, take, unpatchify
from course_lib.train import create, train
from tests.tiny import tiny_data, tiny_recipe

T = Time(0, 100, 0.0)


def made(samples: int = 3, step: int = 0, **words):
    """A method in float64 and views: 16 px, patches of 2 px, 64 of them and 16 visible."""
    data = tiny_data()
    method = create(tiny_recipe("mae", **words), data).double()
    views = method.views(data.batch(slice(0, samples)), Rng(0, step, data.index[:samples]))
    return method, {**views, "image": views["image"].double()}


def gray(size: int = 28) -> Dataset:
    """32 images like those of Fashion-MNIST."""
    index = torch.arange(32)
    image = (255 * Rng(5, 0, index).uniform("gray", size * size)).view(32, 1, size, size)
    return Dataset("gray", "train", {}, {"image": image.to(torch.uint8), "index": index}, ("a",))


def by_loops(method, views) -> float:
    """The equation, one hidden patch and one pixel at a time."""
    image, order = views["image"][0], views["order"]
    painted = method.predict(method.latent(image, order), order)
    total, count = 0.0, 0
    for b in range(len(image)):
        visible = order[b, :16].tolist()
        for i in range(64):
            if i in visible:
                continue
            row, column = 2 * (i // 8), 2 * (i % 8)
            pixels = [
                image[b, c, row + y, column + x].item()
                for y in range(2)
                for x in range(2)
                for c in range(3)
            ]
            mean = sum(pixels) / 12
            deviation = math.sqrt(sum((p - mean) ** 2 for p in pixels) / 12 + 5e-8)
            for pixel, prediction in zip(pixels, painted[b, i].tolist(), strict=True):
                total += (prediction - (pixel - mean) / deviation) ** 2
                count += 1
    assert count == len(image) * 48 * 12
    return total / count


def test_equals_the_equation_written_with_loops():
    method, views = made()
    assert method(views, T).loss.item() == pytest.approx(by_loops(method, views), abs=1e-10)


def test_the_encoder_cannot_know_what_is_hidden():
    method, views = made()
    image, order = views["image"][0], views["order"]
    patches = patchify(image, 2)
    seen = order.argsort(dim=1) < 16
    other = unpatchify(torch.where(seen[..., None], patches, 1 - patches), 2)
    assert not torch.equal(image, other)
    assert torch.equal(method.latent(image, order), method.latent(other, order))
    peeped = unpatchify(torch.where(seen[..., None], 1 - patches, patches), 2)
    assert not torch.allclose(method.latent(image, order), method.latent(peeped, order))


def test_the_encoder_computes_visible_tokens_only():
    method, views = made()
    lengths = []
    for net in (method.encoder.body.blocks[0], method.decoder[0]):
        net.register_forward_hook(lambda module, given, out: lengths.append(out.shape[1]))
    method(views, T)
    assert lengths == [16, 64]


def test_the_loss_ignores_visible_patches():
    method, views = made()
    painted = []
    method.pixels.register_forward_hook(lambda module, given, out: painted.append(out))
    output = method(views, T)
    (gradient,) = torch.autograd.grad(output.loss, painted[0])  # (B, 64, 12)
    hidden = views["order"].argsort(dim=1) >= 16
    assert gradient[~hidden].eq(0).all()
    assert gradient[hidden].ne(0).any(dim=1).all()


@pytest.mark.parametrize(("ratio", "visible"), [(0.75, 16), (0.5, 32), (0.9, 6), (0.6, 26)])
def test_the_share_of_hidden_patches_is_the_ratio(ratio, visible):
    method, views = made(ratio=ratio)
    order = views["order"]
    assert torch.equal(order.sort(dim=1).values, torch.arange(64).expand(3, 64))
    hidden = order.argsort(dim=1) >= method.visible
    assert hidden.double().mean(dim=1).tolist() == [1 - visible / 64] * 3
    assert abs(hidden.double().mean() - ratio) < 0.5 / 64


def test_rounding_takes_no_visible_patch_away():
    """100 (1 - 0.9) is 9.99… in floating point, which int() would make 9."""
    words = {"net.patch": 2, "augment.size": 20, "ratio": 0.9}
    assert made(**words)[0].visible == 10


@pytest.mark.parametrize("ratio", [0.0, 0.995, 1.0])
def test_a_ratio_that_leaves_nothing_to_see_or_to_paint_is_refused(ratio):
    with pytest.raises(CourseError, match="of 64 patches visible: choose one that leaves some"):
        made(ratio=ratio)


def test_masks_are_a_function_of_seed_step_and_sample():
    method, views = made(samples=8)
    data = tiny_data()
    rows = torch.tensor([5, 2])
    again = method.views(data.batch(rows), Rng(0, 0, data.index[rows]))
    assert torch.equal(again["order"], views["order"][rows])
    assert not torch.equal(made(samples=8, step=1)[1]["order"], views["order"])
    assert len(views["order"].unique(dim=0)) == 8


def test_unshuffling_undoes_shuffling():
    x = torch.rand(4, 9, 5)
    order = torch.rand(4, 9).argsort(dim=1)
    shuffled = take(x, order)
    for b in range(4):
        assert all(torch.equal(shuffled[b, j], x[b, order[b, j]]) for j in range(9))
    assert torch.equal(take(shuffled, order.argsort(dim=1)), x)


def test_tokens_go_back_to_their_places_before_positions_are_added():
    method, views = made(samples=2)
    latent, order = method.latent(views["image"][0], views["order"]), views["order"]
    tokens = []
    method.decoder.register_forward_hook(lambda module, given, out: tokens.append(given[0]))
    method.predict(latent, order)
    for b in range(2):
        for i in range(64):
            place = order[b].tolist().index(i)
            own = method.enter(latent[b, place]) if place < 16 else method.mask_token
            assert torch.allclose(tokens[0][b, i], own + method.positions[i], atol=1e-12)


@pytest.mark.parametrize(("channels", "size", "patch"), [(3, 6, 2), (1, 28, 4)])
def test_patches_lie_along_rows_and_come_back(channels, size, patch):
    images = torch.rand(2, channels, size, size)
    patches = patchify(images, patch)
    side = size // patch
    assert patches.shape == (2, side * side, patch * patch * channels)
    for i in range(side * side):
        row, column = patch * (i // side), patch * (i % side)
        block = images[:, :, row : row + patch, column : column + patch]
        assert torch.equal(patches[:, i], block.permute(0, 2, 3, 1).flatten(1))
    assert torch.equal(unpatchify(patches, patch), images)


def test_normalised_patches_have_mean_0_and_variance_1_and_flat_ones_are_0():
    patches = torch.rand(2, 5, 12, dtype=torch.float64)
    patches[0, 0] = 0.25
    mean, deviation = moments(patches)
    target = (patches - mean) / deviation
    assert target[0, 0].eq(0).all()
    assert torch.allclose(target.mean(dim=-1), torch.zeros(2, 5).double(), atol=1e-12)
    expected = torch.ones(2, 5).double()
    expected[0, 0] = 0
    assert torch.allclose(target.var(dim=-1, correction=0), expected, atol=1e-5)


def painting(value: float, **words):
    """A method that predicts one value for every pixel, and views."""
    method, views = made(**words)
    method.pixels.weight.data.zero_()
    method.pixels.bias.data.fill_(value)
    return method, views


def test_predicting_the_mean_costs_1_and_anything_else_its_square_more():
    for value in (0.0, 0.5, -2.0):
        method, views = painting(value)
        assert method(views, T).loss.item() == pytest.approx(1 + value**2, rel=1e-4)


def test_targets_without_normalisation_are_pixels():
    method, views = painting(0.5, normalise=False)
    hidden = take(patchify(views["image"][0], 2), views["order"][:, 16:])
    expected = (hidden - 0.5).square().mean().item()
    assert method(views, T).loss.item() == pytest.approx(expected, abs=1e-12)
    assert math.isnan(method.constant_loss(32))


@pytest.mark.parametrize("normalise", [True, False])
def test_a_reconstruction_keeps_what_is_visible_and_paints_the_rest(normalise):
    method, views = painting(0.25, normalise=normalise)
    picture = method.reconstruct(views)
    assert picture.shape == (3, 3, 16, 16)
    patches, painted = patchify(views["image"][0], 2), patchify(picture, 2)
    seen = views["order"].argsort(dim=1) < 16
    assert torch.equal(painted[seen], patches[seen])
    mean, deviation = moments(patches) if normalise else (torch.zeros(3, 64, 1), 1.0)
    expected = (0.25 * deviation + mean).expand_as(painted).double()
    assert torch.allclose(painted[~seen], expected[~seen], atol=1e-12)


def test_features_are_the_mean_over_all_tokens():
    method, views = made()
    x = views["image"][0]
    assert torch.equal(method.encode(x), method.encoder.tokens(x).mean(dim=1))
    assert method.encoder.tokens(x).shape[1] == 64


def test_gray_images_of_28_px_have_49_patches():
    method = train(tiny_recipe("mae", steps=2, batch=16), data=gray(), say=None)
    assert (method.patch, len(method.positions), method.visible) == (4, 49, 12)
    assert method.pixels.out_features == 16


def test_a_net_without_patches_is_refused():
    data = tiny_data()
    with pytest.raises(CourseError, match="it needs net=vit, not convnet"):
        recipe = tiny_recipe("mae")
        create(type(recipe)(net="convnet"), data)
