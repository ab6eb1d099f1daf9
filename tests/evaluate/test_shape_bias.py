"""Shape bias: every invariant of its definition, and a sentence where there is none."""

import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.evaluate.shape_bias import ABSTAINED, Cues, coarse, count, decide, shape_bias

SHAPE = torch.tensor([0, 0, 1, 1, 2, 2, 3, 3])
TEXTURE = torch.tensor([1, 2, 2, 0, 0, 1, 3, 3])  # the last two agree
ANSWERS = torch.tensor([0, 2, 1, 1, ABSTAINED, 3, 3, 0])


def test_counts_are_those_by_hand():
    found = count(ANSWERS, SHAPE, TEXTURE)
    assert found == Cues(shape=3, texture=1, other=1, abstained=1)
    assert found.bias == shape_bias(ANSWERS, SHAPE, TEXTURE) == 0.75
    assert found.decided == pytest.approx(4 / 6)


def test_images_whose_cues_agree_are_left_out():
    for last in ([3, 3], [0, 1], [ABSTAINED, ABSTAINED]):
        answers = torch.cat([ANSWERS[:6], torch.tensor(last)])
        assert count(answers, SHAPE, TEXTURE) == count(ANSWERS[:6], SHAPE[:6], TEXTURE[:6])


@pytest.mark.parametrize("neither", [ABSTAINED, 4])
def test_answers_that_name_neither_cue_do_not_move_the_bias(neither):
    more = torch.full((50,), neither)
    extra = torch.zeros(50, dtype=torch.int64)
    found = count(
        torch.cat([ANSWERS, more]), torch.cat([SHAPE, extra]), torch.cat([TEXTURE, extra + 1])
    )
    assert found.bias == 0.75
    assert found.decided == pytest.approx(4 / 56)


def test_bias_lies_in_its_range_and_both_biases_add_up_to_one():
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        answers, shape, texture = torch.randint(0, 4, (3, 60), generator=generator)
        found = count(answers, shape, texture)
        assert 0 <= found.bias <= 1 and 0 <= found.decided <= 1
        assert found.texture_bias == 1 - found.bias
        swapped = count(answers, texture, shape)
        assert swapped.bias == pytest.approx(found.texture_bias)


def test_a_net_that_follows_one_cue_has_a_bias_of_one_or_zero():
    assert shape_bias(SHAPE, SHAPE, TEXTURE) == 1
    assert shape_bias(TEXTURE, SHAPE, TEXTURE) == 0


def test_fine_classes_are_joined_by_their_mean_not_their_sum():
    probabilities = torch.tensor([[0.15, 0.15, 0.15, 0.15, 0.4], [0.3, 0.3, 0.2, 0.1, 0.1]])
    group = torch.tensor([0, 0, 0, 0, 1])
    found = coarse(probabilities, group, 2)
    assert torch.allclose(found, torch.tensor([[0.15, 0.4], [0.225, 0.1]]))
    assert decide(found).tolist() == [1, 0]  # the sum would say 0 twice
    unused = coarse(probabilities, torch.tensor([0, -1, -1, -1, 1]), 2)
    assert torch.equal(unused, probabilities[:, [0, 4]])
    each = coarse(probabilities, torch.arange(5), 5)
    assert torch.equal(each, probabilities)


def test_a_net_that_is_not_sure_enough_abstains():
    probabilities = torch.tensor([[0.5, 0.3, 0.2], [0.2, 0.35, 0.45]])
    assert decide(probabilities).tolist() == [0, 2]
    assert decide(probabilities, 0.5).tolist() == [0, ABSTAINED]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: count(ANSWERS[:6], SHAPE, TEXTURE), "shape is torch.int64 .8,. beside 6 answers"),
        (lambda: count(ANSWERS.float(), SHAPE, TEXTURE), "answers is torch.float32"),
        (lambda: count(SHAPE, SHAPE, SHAPE), "textures='conflict'"),
        (lambda: shape_bias(torch.full((8,), ABSTAINED), SHAPE, TEXTURE), "knows either cue"),
        (lambda: coarse(torch.rand(2, 3), torch.tensor([0, 1]), 2), "2 fine ones, but there are 3"),
        (lambda: coarse(torch.rand(2, 2), torch.tensor([0, 0]), 2), "Coarse class 1 has no fine"),
        (lambda: decide(torch.rand(2, 2), 1.5), "from 0 to 1"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(call, sentence):
    with pytest.raises(CourseError, match=sentence) as caught:
        call()
    assert "\n" not in str(caught.value)
