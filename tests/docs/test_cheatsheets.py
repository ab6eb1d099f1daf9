"""The cheat sheets: one page each, and every number and formula on it is computed again."""

import inspect
import math
import re

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

from course_lib.core import paths
from course_lib.evaluate.knn import knn
from course_lib.nets import vit

FOLDER = paths.root() / "docs" / "cheatsheets"
SHEETS = sorted(FOLDER.glob("*.md"))
TEXT = (FOLDER / "01.md").read_text(encoding="utf-8")
NUMBERS = TEXT.partition("**Numbers**")[2].partition("**Traps**")[0]
FORMULAS = TEXT.partition("**Numbers**")[0]


def row(name, part=NUMBERS):
    """What stands in the row that begins like this."""
    (found,) = re.findall(rf"^\| {re.escape(name)}.*? \| (.*) \|$", part, re.MULTILINE)
    return found


def millions(build, **options):
    with torch.device("meta"):  # shapes without weights
        net = build(**options)
    return f"{sum(p.numel() for p in net.parameters()) / 1e6:.1f}"


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.stem)
def test_it_fits_on_a_page(sheet):
    text = sheet.read_text(encoding="utf-8")
    assert len(text.split()) < 900 and len(text.splitlines()) < 70
    assert re.match(r"# Unit \d+ on a page: ", text)
    for part in ("**Formulas**", "**Shapes.**", "**Numbers**", "**Traps**"):
        assert part in text


def test_losses_of_nets_that_know_nothing():
    flat = torch.zeros(1, 1000)
    ten, thousand = (F.cross_entropy(flat[:, :k], torch.tensor([0])) for k in (10, 1000))
    yes = F.binary_cross_entropy_with_logits(flat[:, :10], torch.eye(10)[:1], reduction="sum")
    assert row("a net that knows nothing") == (
        f"softmax $\\log K$: {ten:.3f} for 10 classes, {thousand:.3f} for 1,000; "
        f"10 sigmoids at one half: {yes:.3f}"
    )


def test_where_exponentials_overflow():
    ends = [
        next(n for n in range(999) if torch.tensor(n, dtype=torch.float32).exp() > end)
        for end in (torch.finfo(torch.float32).max, torch.finfo(torch.float16).max)
    ]
    assert row("overflow") == f"from $z = {ends[0]}$ in `float32`, from {ends[1]} in `float16`"


def test_the_floor_of_label_smoothing():
    gap = math.log(10 * 0.9 / 0.1 + 1)
    z = torch.zeros(1, 10, dtype=torch.float64)
    z[0, 0] = gap
    z.requires_grad_()
    loss = F.cross_entropy(z, torch.tensor([0]), label_smoothing=0.1)
    (slope,) = torch.autograd.grad(loss, z)
    assert slope.abs().max() < 1e-9  # so this gap is the best one
    targets = z.softmax(dim=1)[0]
    assert row("smoothing") == (
        f"targets {targets[0]:.2f} and {targets[1]:.2f}, floor {loss:.3f}, gap {gap:.3f}"
    )


def test_the_target_of_several_right_classes_has_its_floor():
    assert "$k$ right classes: target $1/k$, floor $\\log k$" in row("softmax", FORMULAS)
    target = torch.tensor([[0.25] * 4 + [0.0] * 6])
    loss = F.cross_entropy(200 * target, target)
    assert loss == pytest.approx(math.log(4), abs=1e-4)


def weights(*layers):
    return sum(layer.weight.numel() for layer in layers)


def field(*layers, size=41):
    """The side of the patch of the image that the middle of the last map depends on."""
    x = torch.zeros(1, 1, size, size, requires_grad=True)
    y = x
    for kernel, stride in layers:
        y = F.conv2d(y, torch.ones(1, 1, kernel, kernel), stride=stride)
    (slope,) = torch.autograd.grad(y[0, 0, y.shape[2] // 2, y.shape[3] // 2], x)
    return int((slope[0, 0].abs().sum(dim=0) > 0).sum())


def test_receptive_fields_follow_the_rule():
    assert r"$r \leftarrow r + (k - 1)\, j$, then $j \leftarrow j \cdot" in row("recep", FORMULAS)
    for layers in ([(3, 1)] * 3, [(3, 2)] * 3, [(5, 2), (3, 1), (2, 2), (3, 1)]):
        r = j = 1
        for kernel, stride in layers:
            r, j = r + (kernel - 1) * j, j * stride
        assert field(*layers) == r
    assert field(*[(3, 1)] * 3) == field((7, 1)) == 7


def test_weights_of_convolutions():
    three = weights(*[nn.Conv2d(16, 16, 3) for _ in range(3)])
    seven = weights(nn.Conv2d(16, 16, 7))
    assert row("three 3 × 3") == (
        f"the same field, ${three // 256} C^2$ weights for ${seven // 256} C^2$: "
        f"{three / seven:.3f}"
    )
    apart = weights(nn.Conv2d(96, 96, 3, groups=96), nn.Conv2d(96, 128, 1))
    share = apart / weights(nn.Conv2d(96, 128, 3))
    assert row("depthwise") == f"{share:.3f} of a dense 3 × 3"
    assert share == pytest.approx(1 / 128 + 1 / 9)
    assert row("separable", FORMULAS) == "$1 / C_{\\text{out}} + 1 / k^2$ of the weights"


def test_the_side_of_a_map():
    assert "(n + 2\\,\\text{padding} - k) / \\text{stride} \\rfloor + 1" in row("conv", FORMULAS)
    for n, kernel, stride, padding in ((40, 3, 2, 1), (28, 5, 3, 0), (7, 2, 2, 1)):
        out = nn.Conv2d(1, 1, kernel, stride, padding)(torch.zeros(1, 1, n, n))
        assert out.shape[-1] == (n + 2 * padding - kernel) // stride + 1


def test_tokens():
    size, patch = (inspect.signature(vit).parameters[n].default for n in ("size", "patch"))
    with torch.device("meta"):
        large = torchvision.models.vit_b_16().encoder.pos_embedding.shape[1]
    assert row("tokens") == (
        f"{size} px by {patch}: {(size // patch) ** 2}; "
        f"224 px by 16: {large - 1}, and {large} with a class token"
    )


@pytest.mark.slow
def test_parameters_of_the_named_nets():
    models = torchvision.models
    assert row("million parameters") == (
        f"AlexNet {millions(models.alexnet)} (torchvision's), VGG-16 {millions(models.vgg16)}, "
        f"ResNet-50 {millions(models.resnet50)}, ResNet-152 {millions(models.resnet152)}, "
        f"ResNeXt-101 32x8d {millions(models.resnext101_32x8d)}"
    )


def test_guessing():
    spread = math.sqrt(100 * 0.1 * 0.9)
    assert row("100 test images") == f"guessing names {100 * 0.1:.0f} ± {spread:.0f} rightly"


def test_paths_of_a_residual_net():
    lengths = [bin(path).count("1") for path in range(2**6)]  # which of six branches it takes
    assert "$n$ blocks are $2^n$ paths of mean length $n/2$" in row("residual", FORMULAS)
    assert sum(lengths) / len(lengths) == 6 / 2


def test_settings_of_the_library_are_those_of_the_page():
    k, temperature = (inspect.signature(knn).parameters[n].default for n in ("k", "temperature"))
    assert f"$k = {k}$, $T = {temperature}$" in row("kNN", FORMULAS)


def test_dates_and_sets_are_the_right_ones():
    assert row("ImageNet") == (
        "1K: 1.28 million images of 1,000 classes; 21K: 14.2 million of 21,841, one within another"
    )
    glossary = (paths.root() / "docs" / "glossary.md").read_text(encoding="utf-8")
    assert re.search(r"### transformer\n[^#]*from 2017", glossary)
    assert re.search(r"### ImageNet\n[^#]*1\.28 million[^#]*1,000[^#]*14\.2\s+million", glossary)
