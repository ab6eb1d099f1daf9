"""CutMix: the mass of a label is the share of its pixels, and no library's function solves it."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torchvision.transforms import v2

from course_lib.core.randomness import Rng
from course_lib.grading.engine import examine
from course_lib.grading.exercises.u02._boxes import around, box, kept, mixed, sides
from course_lib.grading.registry import find
from course_lib.methods.supervised import cutmix as library
from course_lib.methods.supervised.pairs import mixed_label

EXERCISE = find("u02/cutmix")


def cases(seed=0):
    return EXERCISE.inputs(Rng(seed, 0, torch.zeros(1, dtype=torch.int64)))


@pytest.mark.parametrize("seed", range(5))
def test_a_labels_mass_is_the_share_of_its_pixels(seed):
    for case in cases(seed):
        images, labels, partner, lam, centre, classes = case.args
        # the tens of a pixel say whose it is
        whose = torch.arange(len(images)).view(-1, 1, 1, 1).expand_as(images).clone()
        marked, targets = EXERCISE.reference(whose, labels, partner, lam, centre, classes)
        assert torch.allclose(targets.sum(dim=1), torch.ones(len(images)))
        for n, row in enumerate(marked[..., 0]):
            for label in range(classes):
                share = (labels[row] == label).double().mean().item()
                assert share == pytest.approx(targets[n, label].item(), abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_no_side_is_near_a_whole_number_and_some_are_odd_and_clipped(seed):
    odd = clipped = 0
    for case in cases(seed):
        images, _, _, lam, centre, _ = case.args
        size = (images.shape[1], images.shape[2])
        for share, place in zip(lam.tolist(), centre.tolist(), strict=True):
            ends = [whole * (1 - share) ** 0.5 for whole in size]
            assert all(0.02 < end % 1 < 0.98 for end in ends) or share == 1
            odd += any(int(end) % 2 for end in ends)
            clipped += kept(size, share, box(size, share, place)) > 1 - int(ends[0]) * int(
                ends[1]
            ) / (size[0] * size[1])
    assert odd > 3 and clipped > 3


def test_by_hand():
    images = torch.stack([torch.zeros(4, 4, 1), torch.ones(4, 4, 1)])
    both = torch.tensor([1, 0])
    lam, centre = torch.tensor([0.7, 0.7]), torch.tensor([[0, 0], [2, 2]])  # sides of 2.19
    made, targets = EXERCISE.reference(images, torch.tensor([0, 1]), both, lam, centre, 2)
    assert made[0].sum() == 1 and made[1].sum() == 12
    assert targets.tolist() == [[15 / 16, 1 / 16], [4 / 16, 12 / 16]]


def first_two(images, labels, classes):
    out = v2.CutMix(num_classes=classes)(images.permute(0, 3, 1, 2), labels)
    return out[0].permute(0, 2, 3, 1), out[1]


def courses(images, labels, partner, lam, centre, classes):
    """The course's boxes and labels, with centres as shares of the image."""
    size = images.shape[1:3]
    where = library.box(lam, (centre + 0.5) / torch.tensor(size), *size)
    pasted = library.inside(where, *size)
    made = torch.where(pasted[:, 0, :, :, None], images[partner], images)
    return made, mixed_label(labels, partner, library.kept_share(pasted), classes).float()


def box_one_too_large(images, labels, partner, lam, centre, classes):
    return mixed(
        images,
        labels,
        partner,
        lam,
        centre,
        classes,
        lambda size, a, c: around(size, c, *(side + 1 for side in sides(size, a))),
    )


def rounded_up(images, labels, partner, lam, centre, classes):
    rule = lambda size, a, c: around(size, c, *(round(n * (1 - a) ** 0.5) for n in size))  # noqa: E731
    return mixed(images, labels, partner, lam, centre, classes, rule)


def labels_of_the_pixels_of_others(images, labels, partner, lam, centre, classes):
    """The right picture, and the weight of the image to which it is the partner."""
    out, targets = EXERCISE.reference(images, labels, partner, lam, centre, classes)
    return out, targets[partner]


def last_row_left_out(images, labels, partner, lam, centre, classes):
    def rule(size, a, c):
        top, bottom, left, right = box(size, a, c)
        return top, min(bottom, size[0] - 1), left, min(right, size[1] - 1)

    return mixed(images, labels, partner, lam, centre, classes, rule)


OTHERS = [box_one_too_large, rounded_up, labels_of_the_pixels_of_others, last_row_left_out]


@pytest.mark.parametrize("answer", OTHERS)
def test_other_mistakes_fail_too(answer):
    assert examine(EXERCISE, answer).state == "wrong"


PASTED = {
    "the course's": courses,
    "torchvision": lambda x, y, partner, lam, centre, k: first_two(x, y, k),
    "untouched": lambda x, y, partner, lam, centre, k: (x, torch.eye(k)[y]),
    "torchvision's Mixup": lambda x, y, partner, lam, centre, k: v2.MixUp(num_classes=k)(x, y),
}


@pytest.mark.parametrize("name", PASTED)
def test_no_function_of_a_library_solves_it(name):
    result = examine(EXERCISE, PASTED[name])
    assert result.state == "wrong" and result.points == 0


def written(images, labels, partner, lam, centre, classes,
            clone=True, half=False, clip=True, by_lam=False, add=True):  # fmt: skip
    """A loop as a student writes it, with each of the usual slips."""
    height, width = images.shape[1:3]
    out, targets = images.clone() if clone else images, torch.zeros(len(images), classes)
    for n, other in enumerate(partner.tolist()):
        root = (1 - lam[n].item()) ** 0.5
        r, c = int(height * root), int(width * root)
        top, left = int(centre[n, 0]) - r // 2, int(centre[n, 1]) - c // 2
        bottom, right = (top + r // 2 * 2, left + c // 2 * 2) if half else (top + r, left + c)
        if clip:
            top, left = max(top, 0), max(left, 0)
            bottom, right = min(bottom, height), min(right, width)
        out[n, top:bottom, left:right] = images[other, top:bottom, left:right]
        pasted = 1 - lam[n] if by_lam else (bottom - top) * (right - left) / (height * width)
        for label, share in ((labels[n], 1 - pasted), (labels[other], pasted)):
            targets[n, label] = share + (targets[n, label] if add else 0)
    return out, targets


SLIPS = {
    "pasted in place": {"clone": False},
    "copied script": {"half": True, "by_lam": True},
    "never clipped": {"clip": False},
    "lam written over": {"by_lam": True, "add": False},
    "lam not recomputed": {"by_lam": True},
    "half on each side": {"half": True},
    "label overwritten": {"add": False},
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_students_slip_is_called_by_its_name(name):
    assert examine(EXERCISE, written).state == "right"
    assert examine(EXERCISE, partial(written, **SLIPS[name])).wrong == name


def counted_by_change(images, labels, partner, lam, centre, classes):
    out, _ = EXERCISE.reference(images, labels, partner, lam, centre, classes)
    share = (out != images).any(dim=3).float().mean(dim=(1, 2))[:, None]
    hot = F.one_hot(labels, classes).float()
    return out, (1 - share) * hot + share * hot[partner]


def as_many_classes_as_seen(images, labels, partner, lam, centre, classes):
    return EXERCISE.reference(images, labels, partner, lam, centre, int(labels.max()) + 1)


@pytest.mark.parametrize("seed", range(3))
def test_a_common_ground_and_a_class_that_no_image_has_are_among_the_cases(seed):
    assert examine(EXERCISE, counted_by_change, seed).wrong == "changed pixels"
    assert examine(EXERCISE, as_many_classes_as_seen, seed).wrong == "classes of the batch"
