"""The mixing board shows what was asked for, what came of it, and which label is right."""

import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.widgets import mixing_board
from course_lib.widgets.mixing_board import GRIDS, PAIRS, Board, compute


def share_of_second(arrays: dict) -> float:
    """Counted in the picture: pixels that are B's (or black) and not A's."""
    first, second, mixed = arrays["images"]
    second = torch.zeros_like(second) if arrays["method"] == "Cutout" else second
    changed = (mixed != first).any(dim=0)
    assert torch.equal(mixed[:, changed], second[:, changed])
    return changed.float().mean().item()


@pytest.mark.parametrize("method", ["CutMix", "Cutout", "Feature CutMix"])
@pytest.mark.parametrize("place", [(0.5, 0.5), (0.0, 1.0), (0.9, 0.3)])
def test_what_is_said_of_the_area_is_counted_in_the_picture(method, place):
    arrays = compute(method, 0.5, 1.0, *place)
    assert share_of_second(arrays) == pytest.approx(arrays["real"], abs=0.01)
    assert arrays["asked"] == 0.5 and arrays["real"] <= 0.62
    if place != (0.5, 0.5):
        assert arrays["real"] < 0.45  # clipped at the border
    assert arrays["label"] == pytest.approx(1.0 if method == "Cutout" else 1 - arrays["real"])


def test_a_box_that_fits_covers_what_lambda_asks_for():
    arrays = compute("CutMix", 0.75, 1.0, 0.5, 0.5)
    assert arrays["real"] == pytest.approx(0.25) and arrays["box"] == [10, 30, 10, 30]
    assert "wrong" not in mixing_board.news(arrays)


def test_mixup_is_the_weighted_mean():
    arrays = compute("Mixup", 0.3)
    first, second, mixed = arrays["images"].float()
    assert (0.3 * first + 0.7 * second - mixed).abs().max() <= 0.51
    assert arrays["box"] is None and arrays["label"] == 0.3
    assert arrays["real"] == pytest.approx(arrays["asked"])


def test_the_density_has_mass_one_and_the_shape_of_its_alpha():
    for alpha in (0.7, 1.0, 4.0):
        x, y = compute(alpha=alpha)["density"]
        assert torch.trapezoid(y, x).item() == pytest.approx(1, abs=0.03)
        assert torch.allclose(y, y.flip(0))
    x, y = compute(alpha=0.2)["density"]
    assert y[0] > 10 * y[125] and (compute(alpha=1.0)["density"][1] - 1).abs().max() < 1e-9


@pytest.mark.parametrize("lam", [0.0, 1.0])
@pytest.mark.parametrize("method", GRIDS)
def test_the_ends_of_lambda_are_told_and_drawn(method, lam):
    arrays = compute(method, lam, down=0.5, across=0.5, pair=1)
    assert arrays["real"] == pytest.approx(1 - lam)
    first, second, mixed = arrays["images"]
    if method != "Cutout":
        assert torch.equal(mixed, first if lam else second)
    assert len(mixing_board.draw(arrays).axes) == 3
    assert f"λ = {lam:.2f}" in mixing_board.alt(arrays)


def test_every_pair_has_two_names_and_news_name_the_error():
    for pair in range(len(PAIRS)):
        first, second = compute(pair=pair)["names"]
        assert first != second and first in mixing_board.news(compute(pair=pair))
    clipped = compute("CutMix", 0.5, 1.0, 0.0, 0.0)
    assert clipped["real"] == pytest.approx(0.1225, abs=0.02)
    assert "A label by λ would be wrong by 38 points" in mixing_board.news(clipped)


def test_wrong_words_are_one_sentence():
    with pytest.raises(CourseError, match="did you mean 'CutMix'"):
        compute("Cutmix")
    with pytest.raises(CourseError, match="numbers from 0 to 1"):
        compute(lam=1.2)


def test_controls_redraw_once_each_and_drawing_follows_alpha(shown):
    board = Board()
    board.panel.show()
    board.method.choose("Mixup")
    board.lam.value = 0.2
    assert board.compute()["method"] == "Mixup" and board.compute()["label"] == 0.2
    before = len([bundle for bundle in shown if "image/png" in bundle])
    board.button.click()
    pictures = [bundle for bundle in shown if "image/png" in bundle]
    assert len(pictures) == before + 1 == 4
    assert f"λ = {board.lam.value:.2f}" in pictures[-1]["text/plain"]
    assert "Mixup" in board.panel.said.value and 'role="status"' in board.panel.said.value


def test_drawn_lambdas_have_the_spread_of_their_beta():
    spread = {}
    for alpha in (0.2, 4.0):
        board = Board("Mixup", alpha)
        board.panel.redraw = lambda: None
        values = []
        for _ in range(60):
            board.button.click()
            values.append(board.lam.value)
        spread[alpha] = torch.tensor(values).std().item()
    assert spread[0.2] == pytest.approx((1 / (4 * 1.4)) ** 0.5, abs=0.06)
    assert spread[4.0] == pytest.approx((1 / (4 * 9)) ** 0.5, abs=0.05)
