"""Optimisers that leave the compiler out are the same optimisers."""

import os
import subprocess
import sys

import pytest
import torch
from torch import nn

from course_lib.core.lean import lean
from course_lib.core.paths import PACKAGE

KINDS = {
    torch.optim.AdamW: {"lr": 0.1, "fused": True, "weight_decay": 0.1},
    torch.optim.SGD: {"lr": 0.1, "momentum": 0.9, "fused": True},
}


def stepped(kind: type, options: dict, steps: int) -> tuple[nn.Linear, torch.optim.Optimizer]:
    net = nn.Linear(3, 2)
    with torch.no_grad():
        net.weight.copy_(torch.arange(6.0).view(2, 3))
        net.bias.zero_()
    optim = kind([{"params": [net.weight]}, {"params": [net.bias], "weight_decay": 0.0}], **options)
    for step in range(steps):
        optim.zero_grad()
        net(torch.ones(4, 3) * step).square().sum().backward()
        optim.step()
    return net, optim


@pytest.mark.parametrize("kind", KINDS)
def test_lean_steps_are_torchs_own(kind):
    (ours, own), (theirs, usual) = (stepped(k, KINDS[kind], 3) for k in (lean(kind), kind))
    assert torch.equal(ours.weight, theirs.weight) and torch.equal(ours.bias, theirs.bias)
    assert isinstance(own, kind) and own.state_dict().keys() == usual.state_dict().keys()
    fresh = stepped(lean(kind), KINDS[kind], 0)[1]
    fresh.load_state_dict(usual.state_dict())
    assert str(fresh.state_dict()) == str(usual.state_dict())


@pytest.mark.slow
def test_a_run_resumed_and_a_probe_do_not_import_the_compiler(tmp_path):
    code = """
import sys, torch
from course_lib.train import train
from tests.tiny import tiny_data, tiny_recipe
train(tiny_recipe("simclr", steps=2), sys.argv[1], data=tiny_data(), stop_after=1, say=None)
train(tiny_recipe("simclr", steps=2), sys.argv[1], data=tiny_data(), say=None)
from course_lib.evaluate.linear import fit
x = torch.randn(20, 3)
fit(x, (x[:, 0] > 0).long(), 2)
print("torch._dynamo" in sys.modules)
"""
    found = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "run")],
        cwd=PACKAGE.parent,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "False", found.stdout
