"""Unit 2's cheat sheet: every number and formula on it is computed again."""

import inspect
import math
import re

import pytest
import torch

from course_lib.core import paths
from course_lib.methods.supervised.pairs import symmetric_beta
from course_lib.nets.depth import survivals
from course_lib.nets.dropblock import realised, seed_rate
from course_lib.views import affine, color
from course_lib.widgets import boxes
from tests.docs.test_cheatsheets import row as of_unit_1

TEXT = (paths.root() / "docs" / "cheatsheets" / "02.md").read_text(encoding="utf-8")
NUMBERS = TEXT.partition("**Numbers**")[2].partition("**Traps**")[0]
FORMULAS = TEXT.partition("**Numbers**")[0]


def row(name, part=NUMBERS):
    return of_unit_1(name, part)


def test_what_cutmix_pastes():
    asked, real, wrong = boxes.summary(boxes.compute(side=224))
    assert row("CutMix, $") == (
        f"asked for {asked:.2f}, pasted {real:.2f}; label wrong by {wrong:.2f} on average if not "
        "counted again"
    )
    assert row("a box of a quarter") == f"pastes 1/{4 * 4}"


def test_blocks_on_average():
    told = ", ".join(f"{sum(survivals(n, 0.5)):.2f} of {n}" for n in (12, 54))
    assert row("blocks on average") == f"$(3 L - 1) / 4$: {told}"
    assert r"$q_l = 1 - \frac{l}{L} (1 - q_L)$" in row("stochastic depth", FORMULAS)
    assert survivals(4, 0.2) == pytest.approx([1 - k / 4 * 0.8 for k in (1, 2, 3, 4)])


def test_what_dropblock_drops():
    few, many = (realised(1 - rate, 7, 14, 14) for rate in (0.1, 0.4))
    assert row("DropBlock, 14") == f"asked for 0.10: {few:.3f}; for 0.40: {many:.3f}"
    assert r"\frac{1 - \text{keep}}{b^2} \cdot \frac{H W}{(H - b + 1)(W - b + 1)}" in row(
        "DropBlock", FORMULAS
    )
    assert seed_rate(0.7, 3, 10, 8) == pytest.approx(0.3 / 9 * 80 / (8 * 6))


def test_the_variance_of_a_weight():
    spread = {alpha: 1 / (4 * (2 * alpha + 1)) for alpha in (1, 2, 0.2)}
    told = ", ".join(f"{value:.3f} for $\\alpha = {alpha}$" for alpha, value in spread.items())
    assert row("variance of").endswith(told)
    uniform = torch.rand(200_000, 2, generator=torch.Generator().manual_seed(0))
    for alpha, value in spread.items():
        assert symmetric_beta(uniform, alpha).var().item() == pytest.approx(value, rel=0.02)


def test_draws_and_their_error():
    assert row("draws", FORMULAS).startswith(r"error $\sqrt{V / n}$")
    assert math.sqrt(1 / 10_000) / math.sqrt(1 / 100) == pytest.approx(0.1)
    assert row("ten times finer") == "a hundred times the draws"


def test_weights_of_grey_and_the_way_back():
    red, green, blue = color.LUMA[3]
    assert f"{red} red + {green} green + {blue} blue" in row("affine", FORMULAS)
    assert "invert" in inspect.getsource(affine.warp)  # each new pixel asks where it comes from


def test_numbers_of_the_paper_are_those_of_the_lecture():
    text = (paths.root() / "lectures" / "02_augmentation.py").read_text(encoding="utf-8")
    quiz = (paths.PACKAGE / "widgets" / "questions" / "u02_inside.py").read_text(encoding="utf-8")
    for number in re.findall(r"\d\d\.\d\d", row("CutMix on ImageNet")):
        assert number in text + quiz
