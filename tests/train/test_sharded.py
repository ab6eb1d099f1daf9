"""FSDP2, tried small: a ViT whose weights are shared out over two processes trains alike."""

import pytest
import torch

from course_lib.core import sync
from course_lib.core.randomness import Rng
from course_lib.methods import Time
from course_lib.train import create
from tests.pair import Pair
from tests.tiny import tiny_data, tiny_recipe

pytestmark = pytest.mark.slow


def gradients(sharded: bool) -> dict[str, torch.Tensor]:
    """Of SimCLR on a small ViT, each rank with its share of 32 rows; whole, and averaged."""
    data, recipe = tiny_data(32), tiny_recipe("simclr", net="vit", **{"net.depth": 2})
    method = sync.synchronise(create(recipe, data).double())
    if sharded:
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard

        mesh = init_device_mesh("cpu", (sync.world(),))
        for block in method.encoder.body.blocks:
            fully_shard(block, mesh=mesh)
        fully_shard(method, mesh=mesh)
    rows = torch.arange(32).chunk(sync.world())[sync.rank()]
    batch = data.batch(rows)
    views = method.views(batch, Rng(0, 0, batch["index"]))
    method({**views, "image": views["image"].double()}, Time(0, 1, 0.0)).loss.backward()
    return {
        name: parameter.grad.full_tensor() if sharded else parameter.grad
        for name, parameter in method.named_parameters()
    }


def test_sharded_gradient_is_that_of_one_process():
    pair = Pair()
    try:
        one, both = gradients(False), pair.run(gradients, True)
    finally:
        pair.close()
    for rank in both:
        for name, gradient in one.items():
            error = (rank[name] - gradient).norm() / gradient.norm()
            assert error < 1e-7, f"{name}: {error:.1e}"
