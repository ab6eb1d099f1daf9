"""Unit 2's pictures show what they say; its questions' right answers are right."""

import math

import pytest
import torch
import torch.nn.functional as F
import torchvision.transforms as T

from course_lib.claims.u02_order import COLUMNS, SETTINGS
from course_lib.data import load
from course_lib.methods.supervised.cutmix import box, inside, kept_share
from course_lib.methods.supervised.losses import classification_loss
from course_lib.methods.supervised.pairs import mixed_label
from course_lib.nets.depth import survivals
from course_lib.nets.dropblock import realised
from course_lib.views import color, jitter
from course_lib.widgets import (
    boxes,
    by_heart,
    changes,
    depths,
    dropped,
    order_seen,
    policy,
    three_tasks,
)
from course_lib.widgets.questions import u01, u01_labels, u01_nets, u01_tokens, u02, u02_inside
from course_lib.widgets.questions import u02_theory as theory

BEFORE = (u01, u01_nets, u01_tokens, u01_labels)
UNIT = (u02, u02_inside, theory)


def questions(*modules):
    groups = [group for module in modules for group in vars(module).values()]
    return [question for group in groups if isinstance(group, tuple) for question in group]


def right(topic: str) -> str:
    return next(question.right for question in questions(*UNIT) if question.topic == topic)


def test_questions_are_distinct_also_from_unit_1_and_fit_on_buttons():
    topics = [question.topic for question in questions(*BEFORE, *UNIT)]
    assert len(set(topics)) == len(topics) and len(questions(*UNIT)) == 36
    for question in questions(*UNIT):
        assert len(set(question.options)) == len(question.options) >= 3
        assert max(map(len, question.options)) <= 28


def test_right_answers_about_labels_are_right():
    z = torch.tensor([[0.7, 0.3]]).log().requires_grad_()
    loss = F.cross_entropy(z, torch.tensor([[0.7, 0.3]]))
    (slope,) = torch.autograd.grad(loss, z)
    assert slope.abs().max() < 1e-7 and right("soft targets") == "0.7 and 0.3"
    where = box(torch.tensor([0.75]), torch.zeros(1, 2), 32, 32)
    pasted = 1 - kept_share(inside(where, 32, 32)).item()
    assert right("a box in the corner") == f"1/{round(1 / pasted)}" == "1/16"
    label, partner = torch.tensor([0, 1]), torch.tensor([1, 0])
    mixed = mixed_label(label, partner, torch.tensor([0.75, 0.75]), 2)
    assert right("label mass") == f"{mixed[0, 0]:.2f}" and mixed.sum(dim=1).eq(1).all()
    z = torch.randn(2, 2, generator=torch.Generator().manual_seed(0))
    parts = [classification_loss(z, of, "softmax") for of in (label, label[partner])]
    both = 0.75 * parts[0] + 0.25 * parts[1]
    torch.testing.assert_close(F.cross_entropy(z, mixed), both)
    assert right("two losses") == "yes, exactly"


def test_the_slides_code_is_as_wrong_as_the_question_says():
    assert not hasattr(T, "grayscale") and not hasattr(T, "Centercrop")
    assert right("names in code") == "it stops with an error"
    wanted = T.RandomAffine(degrees=(30, 70), translate=(0.1, 0.3), scale=(0.5, 0.75))
    drawn = [
        wanted.get_params(wanted.degrees, wanted.translate, wanted.scale, None, [40, 40])
        for _ in range(50)
    ]
    assert min(angle for angle, *_ in drawn) >= 30 and max(d[2] for d in drawn) <= 0.75
    assert right("never upright") == "an upright one"


def test_grey_images_have_no_saturation_and_no_hue():
    grey = torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    factors = torch.tensor([[1.0, 1.0, 1.9]]).expand(4, 3)
    only = jitter.Jitter(factors, torch.full((4,), 0.4), torch.arange(4).expand(4, 4))
    torch.testing.assert_close(jitter.apply(grey, only), grey)
    assert torch.equal(color.blend(grey, torch.zeros(4), torch.full((4,), 2)), grey)
    assert right("colour on grey") == "nothing"


def test_right_answers_about_blocks_and_squares_are_right():
    assert right("blocks on average") == f"{sum(survivals(12, 0.5)):.2f}" == "8.75"
    assert realised(0.6, 7, 14, 14) < 0.4 and right("realised rate") == "less than 40 %"
    assert 5 * math.sqrt(1 - 0.75) == 2.5  # λ = 0.75 on a map of 5 × 5
    assert 0.8 * 1 + 0.2 * 0 == 0.8 and right("the same mean") == "multiply by 0.8"


def test_draws_differ_and_the_slides_are_never_upright():
    arrays = changes.compute(changes.PLACE, n=3)
    rows = arrays["rows"]
    assert all(images.shape == (3, 3, 40, 40) for images in rows.values())
    assert not torch.equal(rows["around upright"][0], rows["around upright"][1])
    slide = changes.PLACE["as on the slide"]
    assert slide["angle_from"] > 0 and slide["zoom_to"] < 1
    around = changes.PLACE["around upright"]
    assert around["angle_from"] < 0 < around["angle_to"]
    assert around["zoom_from"] < 1 < around["zoom_to"]
    same = changes.draws({}, 2)
    assert torch.equal(same[0], arrays["image"]) and torch.equal(same[1], arrays["image"])


def test_policies_change_what_their_names_say(shown):
    grey = changes.draws({"gray": 1}, 1)[0].float()
    assert (grey[0] - grey[2]).abs().max() <= 1
    hole = changes.draws(changes.HOLES["Cutout, black"], 4)
    assert all(0 < (image == 0).all(dim=0).sum() <= 16 * 16 for image in hole)
    changes.show({"grey": {"gray": 1}}, "All grey.", n=2)
    assert "2 random draws a row. All grey." in shown[0]["text/plain"]


def test_the_mysterys_labels_are_those_of_its_images(shown):
    arrays = changes.training()
    assert len(arrays["images"]) == len(arrays["words"]) == 6
    first, other = changes.image()[0], changes.image(changes.PARTNER)[0]
    mixed = arrays["images"][-1]
    own, pasted = ((mixed == of).all(dim=0) for of in (first, other))  # both where both are grey
    assert (own | pasted).all()
    told = [float(line.split()[0]) for line in arrays["words"][-1].split("\n")]
    assert sum(told) == pytest.approx(1) and 0.1 < told[1] < 0.5
    assert own.double().mean() >= told[0] - 0.005 and pasted.double().mean() >= told[1] - 0.005
    changes.show_training()
    assert "0.60 a donkey, 0.40 a sports car" in shown[0]["text/plain"]


def test_what_is_pasted_is_counted_as_the_method_counts_it():
    arrays = boxes.compute(draws=64, side=28)
    lam = 1 - arrays["asked"].float()
    centre = boxes.Rng(0, 0, torch.arange(64)).uniform("place", 2)
    torch.testing.assert_close(1 - kept_share(inside(box(lam, centre, 28, 28), 28, 28)),
                               arrays["real"])  # fmt: skip
    assert (arrays["real"] <= arrays["asked"] + 2 / 28).all()


def test_half_is_asked_for_and_a_third_is_pasted(shown):
    asked, real, wrong = boxes.summary(boxes.compute(side=224))
    assert asked == pytest.approx(0.5, abs=0.005) and real == pytest.approx(0.32, abs=0.01)
    assert wrong == pytest.approx(asked - real, abs=0.005)
    boxes.show()
    assert [row.split(" | ")[0] for row in shown[-1]["text/plain"].split("\n")[1:]] == [
        *("28 × 28", "40 × 40", "224 × 224")
    ]


def test_chances_of_depths_add_up(shown):
    arrays = depths.compute(6, 0.5)
    counts = arrays["counts"]
    assert counts.sum().item() == pytest.approx(1) and len(counts) == 7
    mean = (counts * torch.arange(7)).sum().item()
    assert mean == pytest.approx(arrays["mean"]) == pytest.approx((3 * 6 - 1) / 4)
    assert depths.counts([1.0, 0.0]).tolist() == [0, 1, 0]
    depths.show()
    assert "the mean of 8.75" in shown[0]["text/plain"]


def test_a_smooth_map_is_guessed_where_single_places_are_gone():
    y, x = torch.meshgrid(torch.arange(12.0), torch.arange(12.0), indexing="ij")
    phase = torch.arange(30.0)[:, None, None]
    values = torch.sin(x / 3 + phase).double() + torch.cos(y / 3 + 2 * phase).double()
    generator = torch.Generator().manual_seed(0)
    gone = torch.rand(30, 12, 12, generator=generator) < 0.2
    before = dropped.FITTED
    dropped.FITTED = 20
    try:
        guess = dropped.filled(values, gone)
        assert torch.equal(guess[~gone], values[~gone])
        assert dropped.explained(values, guess, gone) > 0.9
        assert dropped.explained(values, values.masked_fill(gone, 0.0), gone) < 0.1
    finally:
        dropped.FITTED = before


@pytest.mark.slow
def test_squares_hide_more_than_single_places(shown):
    dropped.show()
    single, squares = (row.split(" | ") for row in shown[-1]["text/plain"].split("\n")[1:])
    assert abs(int(single[1]) - int(squares[1])) <= 1
    assert int(single[2]) > int(squares[2]) + 20  # what the lecture says of the picture


def test_the_realised_rates_lie_below_the_nominal_ones(shown):
    dropped.show_rates()
    for row in shown[0]["text/plain"].split("\n")[1:]:
        rates = [float(value) for value in row.split(" | ")[1:]]
        assert all(a < b for a, b in zip(rates, (10, 25, 40), strict=True))


def test_a_plan_mixes_whom_it_says():
    partner, kept, pasted = by_heart.plan("CutMix", 64)
    assert partner.ne(torch.arange(64)).all() and partner.div(8, rounding_mode="floor").equal(
        torch.arange(64) // 8
    )
    torch.testing.assert_close(kept.double(), kept_share(pasted))
    again, believed, same = by_heart.plan("CutMix, λ as drawn", 64)
    assert torch.equal(again, partner) and torch.equal(same, pasted)
    assert (believed <= kept + 0.04).all() and (kept - believed).mean() > 0.05
    assert by_heart.plan("as they are", 8)[1].eq(1).all()


@pytest.mark.slow
def test_every_way_is_judged_by_three_measures(shown, monkeypatch):
    label = load("fashion", "val").label
    net = by_heart.learn("Mixup", images=64, steps=3)
    assert torch.equal(net(torch.ones(1, 1, 28, 28)), by_heart.learn("Mixup", 64, 3)(
        torch.ones(1, 1, 28, 28)))  # fmt: skip
    found = by_heart.judge(net)
    assert 0 < found["accuracy"] < 1 and found["bins"].count.sum() == len(label)
    monkeypatch.setattr(by_heart, "learn", lambda way: net)
    monkeypatch.setattr(by_heart, "judge", lambda net: found)
    by_heart.show(("as they are", "Mixup"))
    rows = [row.split(" | ") for row in shown[-1]["text/plain"].split("\n")[1:]]
    assert rows[0][1:] == rows[1][1:] and rows[0][1] == f"{100 * found['accuracy']:.1f}"


def test_what_is_not_measured_is_not_drawn(monkeypatch, capsys):
    monkeypatch.setattr(order_seen, "stored", lambda *_: None)
    order_seen.show()
    assert "not measured yet" in capsys.readouterr().out


@pytest.mark.slow
def test_the_table_of_methods_says_what_seeds_resolve(shown, monkeypatch):
    def values(name, what):
        up = 0.2 * (name == "CutMix") - 0.1 * (name == "DropBlock")
        return [0.5 + up + 0.001 * seed * (1 + (name == "Mixup")) for seed in range(3)]

    class Record:
        arms = {f"{name}, {what}": values(name, what) for name in SETTINGS for what in COLUMNS}

    monkeypatch.setattr(order_seen, "stored", lambda *_: Record)
    order_seen.show()
    rows = dict(row.split(" | ") for row in shown[-1]["text/plain"].split("\n")[1:])
    assert rows["accuracy"] == "better: CutMix; worse: DropBlock"
    assert rows["calibration error"] == "better: DropBlock; worse: CutMix"
    assert "CutMix 70.1" in shown[0]["text/plain"] and list(rows) == list(COLUMNS)


@pytest.mark.slow
def test_what_the_lecture_says_of_the_three_tasks_is_so():
    turned, tinted, erased = (policy.compute(**{of: 4}) for of in ("turn", "colour", "erase"))
    for arrays, lost in ((turned, "orientation"), (tinted, "colour")):
        gains = {task: arrays["accuracy"][task] - arrays["before"][task] for task in policy.TASKS}
        assert abs(arrays["accuracy"][lost] - arrays["chance"][lost]) < 5  # down to chance
        assert all(gain > 0 for task, gain in gains.items() if task != lost)
    assert erased["accuracy"]["class"] < erased["before"]["class"] - 2  # hides what one must see
    assert three_tasks.IMAGES == 96
