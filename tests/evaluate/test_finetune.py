"""Fine-tuning: starts at the probe, moves all, leaves the original alone; and nested labels."""

import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.evaluate import extract, finetune, fit, predict, subset
from course_lib.evaluate.features import state_hash
from course_lib.evaluate.finetune import FineTuned, layer_rates
from course_lib.nets import build


def task(n: int = 256) -> tuple[torch.Tensor, torch.Tensor]:
    """Which corner is bright."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 4, (n,), generator=generator)
    x = torch.randint(0, 120, (n, 1, 32, 32), generator=generator, dtype=torch.uint8)
    for row, label in enumerate(labels.tolist()):
        top, left = 16 * (label // 2), 16 * (label % 2)
        x[row, :, top : top + 16, left : left + 16] += 15
    return x, labels


def start():
    torch.manual_seed(0)
    net = build("convnet", width=8, in_channels=1)
    x, labels = task()
    return net, fit(extract(net, x), labels, 4, [1e-1])[0], x, labels


def test_learning_rate_zero_is_the_probe():
    net, probe, x, labels = start()
    tuned = finetune(net, probe, x, labels, lr=0, epochs=2)
    expected = probe.logits(extract(net, x)).argmax(1)
    assert torch.equal(predict(tuned, x), expected)
    assert state_hash(tuned.encoder) == state_hash(net)


@pytest.mark.slow
def test_all_parameters_learn_and_the_original_does_not():
    net, probe, x, labels = start()
    before = state_hash(net)
    first = FineTuned(net, probe).state_dict()
    tuned = finetune(net, probe, x, labels, lr=1e-2, epochs=16, batch=64)
    assert state_hash(net) == before
    same = [n for n, p in tuned.named_parameters() if torch.equal(p, first[n])]
    assert same == []
    probed = probe.logits(extract(net, x)).argmax(1).eq(labels).float().mean()
    assert predict(tuned, x).eq(labels).float().mean() > probed
    assert predict(tuned, x).eq(labels).float().mean() > 0.9


@pytest.mark.slow
def test_same_seed_same_bits():
    net, probe, x, labels = start()
    runs = [finetune(net, probe, x, labels, epochs=1, batch=64, seed=s) for s in (0, 0, 1)]
    assert state_hash(runs[0]) == state_hash(runs[1]) != state_hash(runs[2])


@pytest.mark.parametrize("name", ["convnet", "resnet", "vit"])
def test_rates_fall_with_depth_from_the_head(name):
    net = build(name)
    probe = fit(torch.randn(50, net.dim), torch.arange(50) % 4, 4, [1.0])[0]
    tuned = FineTuned(net, probe)
    groups = layer_rates(tuned, 0.5)
    factors = [group["factor"] for group in groups]
    assert factors == sorted(factors)
    assert factors[-1] == 1
    assert factors[-2] == 0.5
    assert len(set(factors)) == len(factors)
    listed = [id(p) for group in groups for p in group["params"]]
    assert sorted(listed) == sorted(id(p) for p in tuned.parameters())


def test_bad_rates_are_refused():
    net, probe, x, labels = start()
    with pytest.raises(CourseError, match="decay lie in"):
        finetune(net, probe, x, labels, decay=1.5)


def test_subsets_are_balanced_nested_and_of_their_seed():
    labels = torch.randint(0, 7, (500,), generator=torch.Generator().manual_seed(0))
    small, large = subset(labels, 3, seed=1), subset(labels, 20, seed=1)
    assert labels[small].bincount().tolist() == [3] * 7
    assert labels[large].bincount().tolist() == [20] * 7
    assert set(small.tolist()) < set(large.tolist())
    assert set(small.tolist()) != set(subset(labels, 3, seed=2).tolist())
    with pytest.raises(CourseError, match="rarest class"):
        subset(labels, 400)


def test_few_images_still_get_enough_steps():
    net, probe, x, labels = start()
    said: list[str] = []
    finetune(net, probe, x[:8], labels[:8], epochs=1, least=3, say=said.append)
    assert said[0].startswith("fine-tuning, step 1 of 3,")
    finetune(net, probe, x[:64], labels[:64], epochs=1, batch=16, least=3, say=said.append)
    assert said[1].startswith("fine-tuning, step 1 of 4,")
