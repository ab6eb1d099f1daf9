"""The design: what is counted is what convolutions do, and every question can be met."""

from collections import Counter

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.core.errors import CourseError
from course_lib.core.randomness import Rng
from course_lib.grading.engine import examine
from course_lib.grading.exercises.u01 import field
from course_lib.grading.exercises.u01._layers import places_of, seen, weights_of
from course_lib.grading.registry import find

EXERCISE = find("u01/field")
LISTS = [
    [(3, 1), (3, 1)],
    [(7, 2), (3, 1), (5, 1)],
    [(3, 2), (3, 2), (3, 2)],
    [(5, 1), (7, 2), (3, 2), (3, 1)],
]


def questions(seed=0):
    return EXERCISE.inputs(Rng(seed, 0, torch.zeros(1, dtype=torch.int64)))


@pytest.mark.parametrize("made", LISTS)
def test_what_is_counted_is_what_convolutions_do(made):
    x = h = torch.ones(1, 3, 64, 64, dtype=torch.float64, requires_grad=True)
    weights, channels = 0, 3
    for kernel, stride in made:
        layer = nn.Conv2d(channels, 8, kernel, stride, kernel // 2, bias=False)
        weights, channels = weights + layer.weight.numel(), 8
        h = F.conv2d(h, torch.ones_like(layer.weight).double(), None, stride, kernel // 2)
    assert (h.shape[2], weights) == (places_of(made), weights_of(made, 8))
    middle = h.shape[2] // 2
    (reach,) = torch.autograd.grad(h[0, 0, middle, middle], x)
    assert int(reach[0, 0].sum(dim=0).gt(0).sum()) == seen(made)


@pytest.mark.parametrize("seed", range(12))
def test_every_question_is_sound_and_can_be_met(seed):
    made = questions(seed)
    assert Counter(case.kind for case in made) == dict.fromkeys(field.KINDS, field.EACH)
    for case in made:
        size, places, budget, depth, width = case.args
        assert 3 <= size <= 64 and places in (8, 16, 32, 64) and 2 <= depth <= 5
        assert field.wanting(EXERCISE.reference(*case.args), case.args) is None
        assert (
            field.wanting(EXERCISE.reference(size, places, budget, depth, width), case.args) is None
        )


def test_each_limit_is_kept_to_the_last_unit():
    asked = (9, 32, 9 * 3 * 8 + 9 * 64, 2, 8)  # 3 × 3 of stride 2, then 3 × 3: sees 7
    made = [(3, 2), (3, 1)]
    assert field.wanting(made, (7, *asked[1:])) is None
    for place, sentence in (
        (0, "sees 7 pixels"),
        (1, "has 32 × 32 places"),
        (2, "has 792 weights"),
        (3, "has 2 layers"),
    ):
        tighter = [7, *asked[1:]]
        tighter[place] = {0: 8, 1: 64, 2: 791, 3: 1}[place]
        assert sentence in field.wanting(made, tuple(tighter))


FORMS = [
    (lambda *asked: [], "no list of pairs"),
    (lambda *asked: [(3, 1, 8)], "is no pair"),
    (lambda *asked: [(3.0, 1)], "is no pair"),
    (lambda *asked: [(9, 1)], "there is no layer (9, 1)"),
    (lambda *asked: [(3, 4)], "there is no layer (3, 4)"),
    (lambda *asked: [(3, True)], "is no pair"),
    (lambda *asked: None, "no list of pairs"),
]


@pytest.mark.parametrize(("answer", "said"), FORMS)
def test_a_slip_in_the_form_is_said(answer, said):
    result = examine(EXERCISE, answer)
    assert result.state == "wrong" and said in result.sentence


def test_lists_in_place_of_pairs_will_do():
    assert examine(EXERCISE, lambda *asked: [list(p) for p in EXERCISE.reference(*asked)]).points


def test_the_sentence_names_a_question_and_what_it_lacks():
    def one_short(*asked):
        made = EXERCISE.reference(*asked)
        return made if asked != questions()[5].args else [(3, 1)]

    size, places, budget, depth, width = field.exhibit(6)
    said = examine(EXERCISE, one_short).sentence
    assert said.startswith("You meet 15 of 16 questions.") and "Question 6 " in said
    assert f"field={size}, places={places}, budget={budget}, depth={depth}, width={width}" in said
    assert said.endswith("You give [(3, 1)]: its last map sees 3 pixels along each axis.")


@pytest.mark.parametrize("number", [0, 17, "1", True])
def test_there_is_no_other_exhibit(number):
    with pytest.raises(CourseError, match="numbered 1 to 16"):
        field.exhibit(number)


FAMOUS = {
    "VGG": lambda size, places, budget, depth, width: [(3, 1)] * depth,
    "ResNet's stem": lambda size, places, budget, depth, width: (
        [(7, 2)] + [(3, 2)] * ((64 // places).bit_length() - 2) + [(3, 1)] * depth
    )[:depth],
    "strided VGG": lambda size, places, budget, depth, width: (
        [(3, 2)] * ((64 // places).bit_length() - 1) + [(3, 1)] * depth
    )[:depth],
}


@pytest.mark.parametrize("name", FAMOUS)
def test_no_famous_net_meets_all(name):
    result = examine(EXERCISE, FAMOUS[name])
    assert result.state == "wrong" and result.points == 0
