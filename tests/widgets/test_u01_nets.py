"""Unit 1's pictures of nets show what they say; its questions' right answers are right."""

import math

import pytest
import torch
from torch import nn

from course_lib.data import load
from course_lib.methods.supervised.losses import aims, targets
from course_lib.nets import build
from course_lib.nets.alexnet import AlexNet
from course_lib.nets.convolution import separable
from course_lib.nets.receptive import receptive_field
from course_lib.nets.unravel import path_lengths
from course_lib.widgets import backbones, bends, depth, filters, loss_line, seen, surety, tokens
from course_lib.widgets.questions import u01, u01_labels, u01_nets, u01_tokens

PARTS = (u01_nets, u01_tokens, u01_labels)
GROUPS = [group for part in PARTS for group in vars(part).values() if isinstance(group, tuple)]
ALL = [question for group in GROUPS for question in group]


def right(topic: str) -> str:
    return next(question.right for question in ALL if question.topic == topic)


def weights(net: nn.Module) -> int:
    return sum(m.weight.numel() for m in net.modules() if isinstance(m, nn.Conv2d))


def test_questions_are_distinct_also_from_the_first_half_and_fit_on_buttons():
    first = [q.topic for group in vars(u01).values() if isinstance(group, tuple) for q in group]
    topics = [question.topic for question in ALL]
    assert len(set(topics + first)) == len(topics) + len(first) and len(topics) == 27
    for question in ALL:
        assert len(set(question.options)) == len(question.options) >= 3
        assert max(map(len, question.options)) <= 28


def test_right_answers_about_convolutions_are_right():
    one, wide = nn.Conv2d(8, 8, 3), nn.Conv2d(16, 16, 3)
    assert right("twice as wide") == f"{wide.weight.numel() // one.weight.numel()} times"
    assert right("a product of slopes") == f"1/{2**8}"
    size, _ = receptive_field([(3, 1)] * 3)
    assert right("three small kernels") == f"{size} × {size}"
    size, _ = receptive_field([(3, 2), (3, 1)])
    assert right("after a stride") == f"{size} × {size}"
    stack = nn.Sequential(*(nn.Conv2d(8, 8, 3, bias=False) for _ in range(3)))
    share = weights(stack) / weights(nn.Conv2d(8, 8, 7, bias=False))
    assert right("weights of a stack") == "27/49"
    assert share == pytest.approx(27 / 49)
    thin = weights(separable(64, 128)) / nn.Conv2d(64, 128, 3).weight.numel()
    assert right("separable") == f"about {100 * thin:.0f} %"


def test_right_answers_about_blocks_paths_and_tokens_are_right():
    assert right("paths left") == "half"
    assert 2 * sum(path_lengths(15)) == sum(path_lengths(16))
    block = build("resnet", width=8, depth=4).blocks[0]
    x = torch.rand(2, 8, 6, 6)
    assert right("gamma at zero") == "its input" and torch.equal(block(x), x)
    net = build("vit", size=32, patch=4, dim=16, depth=1, heads=2, class_token=True)
    assert net.tokens(torch.rand(1, 3, 32, 32)).shape[1] == 8 * 8 + 1
    assert right("tokens") == str((224 // 16) ** 2 + 1)
    assert right("finer patches") == f"{(2 * 2) ** 2} times"


def test_right_answers_about_labels_are_right():
    z = torch.zeros(1, 10)
    asked = aims(targets(torch.tensor([2]), z), "softmax", 0.1)[0, 2].item()
    assert right("smoothed target") == f"{asked:.2f}"
    p = torch.tensor([0.0, 1.0, 0.0])
    assert right("sure and right") == f"{(p - p).norm():.0f}"


def test_bends_have_the_slopes_that_the_text_gives():
    arrays = bends.compute()
    z, tanh = arrays["z"], arrays["tanh"]
    torch.testing.assert_close(tanh["slope"], 1 - z.tanh().square())
    assert set(arrays["ReLU"]["slope"].tolist()) == {0.0, 1.0}
    assert "1 at zero and 0.42, 0.07, 0.01" in bends.alt(arrays)
    assert len(bends.draw(arrays).axes) == 2


def test_filters_are_drawn_around_grey_and_learn_from_noise():
    before, after = filters.learn(steps=1, images=64)
    assert before.shape == after.shape == (16, 3, 7, 7) and not torch.equal(before, after)
    assert before.abs().max() < 0.05 / math.sqrt(3 * 49) * 1.01
    shown = filters.visible(torch.tensor([-2.0, 0.0, 1.0]).view(1, 1, 1, 3))
    assert shown.flatten().tolist() == pytest.approx([0.0, 0.5, 0.75])
    assert filters.wall(after).shape == (2 * 23, 8 * 23, 3)
    image = torch.zeros(3, 40, 40, dtype=torch.uint8)
    arrays = {"before": before, "after": after, "image": image, "word": "a bag"}
    arrays["maps"] = torch.randn(filters.SHOWN, 40, 40)
    axes = [ax for part in filters.draw(arrays).subfigs for ax in part.axes]
    assert len(axes) == 2 + 2 * (1 + filters.SHOWN)
    assert "16 filters of 7 by 7" in filters.alt(arrays)


def test_the_stored_nets_first_filters_stayed_near_their_start():
    found = filters.turned()  # the lecture says that they hardly moved
    assert set(found) == {"supervised", "label-free"} and min(found.values()) > 0.9


def test_the_box_of_the_gradient_has_the_side_of_the_formula():
    fields = seen.stacks(images=2, draws=4)
    assert [field["formula"] for field in fields] == [3, 5, 7, 7]
    assert all(field["extent"] == (field["formula"],) * 2 for field in fields)
    three, large = (field["gradient"][2:9, 2:9] for field in fields[2:])
    assert three[3, 3] / three.mean() > 1.5 * large[3, 3] / large.mean()


def test_the_core_holds_its_share():
    gradient = torch.zeros(9, 9)
    gradient[4, 4], gradient[4, 6], gradient[4, 2] = 1.0, 0.02, 0.02
    assert seen.core(gradient) == 1
    gradient[4, 6] = gradient[4, 2] = 0.2
    assert seen.core(gradient) == 5


@pytest.mark.slow
def test_stages_see_what_the_table_says(shown):
    fields = seen.stages(images=4)
    assert [field["formula"] for field in fields] == 2 * [3, 9, 21, 37]
    seen.show(fields)
    last = shown[-1]["text/plain"].split("\n")[-1]
    assert last.startswith("supervised net, stage 4 | 37 | 37 × 37 | ")
    assert "random net, stage 4: sees 37 × 37" in shown[0]["text/plain"]


def test_gradients_explode_in_the_plain_net_only(shown):
    arrays = depth.compute(depth=16, images=8)
    ratio = {name: norms[0] / norms[-1] for name, norms in arrays["norms"].items()}
    assert ratio["plain"] > 3 * ratio["residual, gamma 1"] > 10
    assert ratio["residual, gamma 0"] < 10
    assert {len(norms) for norms in arrays["norms"].values()} == {17}
    assert "each of 16 blocks" in depth.alt(arrays) and len(depth.draw(arrays).axes) == 1


def test_the_mystery_of_depth_waits_for_its_numbers(monkeypatch):
    monkeypatch.setattr(depth.claim_table, "stored", lambda key: None)
    assert "course claims run R005" in depth.mystery()

    class Record:
        seeds, arms = [1, 2], {"plain, 32 blocks": [0.5, 0.7]}

    monkeypatch.setattr(depth.claim_table, "stored", lambda key: Record)
    assert depth.mystery().endswith("plain, 32 blocks:     0.600")


def test_patches_come_together_again_and_disorder_moves_what_it_should():
    images = load("scenes", "val", n=6).image
    pieces = tokens.patches(images, 8)
    assert pieces.shape == (6, 25, 3, 8, 8)
    assert torch.equal(pieces[0, 6], images[0, :, 8:16, 8:16])
    assert torch.equal(tokens.together(pieces, 5), images)
    assert tokens.together(pieces, 5, gap=2).shape == (6, 3, 48, 48)
    arrays = tokens.compute()
    moved = arrays["moved"]
    assert moved["ViT without positions"] < 1e-5 < 1e-4 < moved["ViT with positions"]
    assert moved["ViT with positions"] < moved["convnet"]
    assert not torch.equal(arrays["image"], arrays["shuffled"])


def test_halving_the_patch_makes_sixteen_times_the_pairs(shown):
    tokens.show_costs((10, 5))
    rows = [row.split(" | ") for row in shown[0]["text/plain"].split("\n")[1:]]
    pairs = [int(row[2].replace(",", "")) for row in rows]
    assert pairs == [256, 4096]


@pytest.mark.slow
def test_named_nets_are_counted(shown):
    backbones.show("AlexNet (torchvision's)", "ViT-B/16")
    alex, vit = (row.split(" | ") for row in shown[0]["text/plain"].split("\n")[1:])
    assert alex[1:5] == ["2012", "8 layers", "61.1", "96"]
    assert vit[2:4] == ["12 blocks", "86.6"] and int(vit[4]) > 95
    deep = backbones.measure("ResNeXt-101 32x8d")
    assert deep["depth"] == "101 layers"
    assert right("a count of parameters") == f"{deep['parameters'] / 1e6:.1f} million"


def test_the_speed_that_is_shown_is_the_stored_one(shown, monkeypatch, capsys):
    backbones.show_speed()
    rows = [row.split(" | ") for row in shown[0]["text/plain"].split("\n")]
    table = {row[0]: dict(zip(rows[0][1:], map(float, row[1:]), strict=True)) for row in rows[1:]}
    arms = backbones.stored("R009", "figures").arms
    assert 4 * len(table) == len(arms)
    net, what = "ResNet-18, twice as wide", "images/s training"
    assert table[net][what] == pytest.approx(sum(arms[f"{net}, {what}"]) / 3, rel=0.01)
    light, heavy = table["MobileNet"], table["AlexNet"]  # what the text lets students find
    assert light["million multiply-adds"] < heavy["million multiply-adds"]
    assert light[what] < heavy[what]
    monkeypatch.setattr(backbones, "stored", lambda *key: None)
    backbones.show_speed()
    assert "course claims run R009" in capsys.readouterr().out


def test_the_alexnet_that_is_shown_has_seven_layers_below_its_classifier():
    net = build("alexnet", width=8)
    assert isinstance(net, AlexNet) and len(net.layers()) == 7


def test_the_smoothed_loss_is_least_where_the_dot_is():
    arrays = surety.compute()
    (gap, loss), losses = arrays["best"][0.1], arrays["losses"][0.1]
    at = int(losses.argmin())
    assert arrays["gap"][at].item() == pytest.approx(gap, abs=0.06)
    assert losses[at].item() == pytest.approx(loss, abs=1e-3)
    assert (arrays["losses"][0.0].diff() < 0).all() and set(arrays["best"]) == {0.1}


def test_reliability_is_told_with_its_numbers(shown, monkeypatch):
    label = load("fashion", "val").label

    def certain(eps):
        return 20.0 * torch.nn.functional.one_hot(label, 10).float() if eps else torch.zeros(1, 10)

    monkeypatch.setattr(surety, "overtrain", lambda eps: certain(eps).expand(len(label), 10))
    surety.show_runs((0.0, 0.1))
    rows = [row.split(" | ") for row in shown[-1]["text/plain"].split("\n")[1:]]
    assert rows[1] == ["0.1", "100.0", "100.0", "0.0", "0.000"]
    assert rows[0][2] == "10.0" and rows[0][4] == f"{math.log(10):.3f}"
    assert "calibration error 0.0 %" in shown[0]["text/plain"]


@pytest.mark.slow
def test_overtraining_learns_and_depends_on_smoothing_only():
    hard, again = (surety.overtrain(0.0, images=100, steps=10) for _ in range(2))
    soft = surety.overtrain(0.3, images=100, steps=10)
    assert torch.equal(hard, again) and not torch.equal(hard, soft)
    label = load("fashion", "val").label
    assert hard.argmax(dim=1).eq(label).float().mean() > 0.3


def test_a_net_with_its_channels_shuffled_is_the_same_function():
    net = loss_line.fresh(0, width=4)
    own = loss_line.weights(net)
    other = loss_line.shuffled(own)
    x = load("fashion", "train").image[:16].float() / 255
    with torch.no_grad():
        same = torch.func.functional_call(net, other, (x,))
        torch.testing.assert_close(same, net(x), atol=1e-4, rtol=1e-4)
    assert not torch.equal(own["0.stages.1.0.weight"], other["0.stages.1.0.weight"])
    losses = loss_line.along(net, own, other, images=32)
    assert losses[0] == pytest.approx(losses[-1], abs=1e-4) and len(losses) == loss_line.POINTS


def test_a_barrier_is_what_rises_above_the_line():
    assert loss_line.barrier([1.0, 3.0, 2.0]) == pytest.approx(1.5)
    assert loss_line.barrier([2.0, 1.0, 0.5]) == 0


@pytest.mark.slow
def test_lines_between_nets(shown):
    arrays = loss_line.compute(steps=40, shared=30)
    assert list(arrays["losses"]) == list(loss_line.LINES)
    start, together, apart, same = arrays["losses"].values()
    assert start[0] > 2 > start[-1] == together[0] == apart[0]
    assert loss_line.barrier(together) < loss_line.barrier(apart)
    assert same[-1] == pytest.approx(same[0], abs=1e-3) and max(same) > same[0] + 0.1
    _, all_shared, *_ = loss_line.compute(steps=3, shared=3)["losses"].values()
    assert all_shared == pytest.approx([all_shared[0]] * loss_line.POINTS, abs=1e-5)
    assert len(loss_line.draw(arrays).axes) == 1
