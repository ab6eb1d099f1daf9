"""One batch on many processes: gather, mean and BatchNorm with the gradient of the whole batch.

W processes hold B/W different rows each. Every rank computes the mean loss of its own rows, and
DistributedDataParallel averages gradients over ranks, so a collective inside the loss must pass
back the SUM over ranks of what each rank's loss says about its rows. A raw `all_gather` passes
back nothing to other ranks' rows and a raw `all_reduce` is off by W. With one process all of these
are the identity.
"""

from collections.abc import Callable

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import batch_norm


def accelerator():
    """This process's device and its place among the others, as torchrun or `accelerate` set them.

    Buffers are not broadcast: every rank computes the same ones, from the whole batch.
    """
    from accelerate import Accelerator, DistributedDataParallelKwargs

    alike = DistributedDataParallelKwargs(broadcast_buffers=False)
    return Accelerator(cpu=not torch.cuda.is_available(), kwargs_handlers=[alike])


def device(accelerator) -> torch.device:
    """Where this process computes; "cpu", never "cpu:0", which a checkpoint cannot be loaded to."""
    own = accelerator.device
    return torch.device("cpu") if own.type == "cpu" else own


def world() -> int:
    """How many processes share the batch."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Which of them this is; rank r holds rows r B/W to (r + 1) B/W of the batch."""
    return dist.get_rank() if world() > 1 else 0


def wait() -> None:
    """Until every rank is here."""
    if world() > 1:
        dist.barrier()


def anyone(told: bool) -> bool:
    """Whether any rank was told so; asks all ranks, so all must call it."""
    if world() == 1:
        return told
    flag = torch.tensor(float(told), device=collective_device())
    dist.all_reduce(flag)
    return bool(flag)


def collective_device() -> torch.device:
    """Where tensors must lie to be sent."""
    return torch.device("cuda" if dist.get_backend() == "nccl" else "cpu")


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        x = x.contiguous()  # empty_like keeps strides, and a permuted part would arrive permuted
        parts = [torch.empty_like(x) for _ in range(world())]
        dist.all_gather(parts, x)
        return torch.cat(parts)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        gradient = gradient.contiguous().clone()
        dist.all_reduce(gradient)
        return gradient.chunk(world())[rank()]


class _Mean(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        total = x.contiguous().clone()
        dist.all_reduce(total)
        return total / world()

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        gradient = gradient.contiguous().clone()
        dist.all_reduce(gradient)
        return gradient / world()


def gather(x: Tensor) -> Tensor:
    """Rows of all ranks in rank order, with gradient. (B/W, ...) → (B, ...)."""
    return _Gather.apply(x) if world() > 1 else x


def mean(x: Tensor) -> Tensor:
    """The mean over ranks of an equally shaped tensor, with gradient."""
    return _Mean.apply(x) if world() > 1 else x


@torch.no_grad()
def shared(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """function(x) for a function of rows, every rank computing its part: (B, ...) → (B, ...).

    For work that all ranks need and none should repeat, such as the features that are clustered.
    """
    if world() == 1:
        return function(x)
    each = -(-len(x) // world())
    rows = torch.arange(rank() * each, (rank() + 1) * each, device=x.device)
    return gather(function(x[rows % len(x)]))[: len(x)]


class _Normalise(torch.autograd.Function):
    """x by the mean and the variance of all ranks' rows; gives those two as well.

    torch's kernels compute each rank's own, normalise by given ones, and give the gradient as if
    these were constants. What is missing is how they depend on x: a line in x for each channel.
    """

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor, eps: float):
        unused = torch.zeros_like(weight), torch.zeros_like(weight)  # their dtype is the results'
        own = torch.batch_norm_update_stats(x, *unused, 0.0)  # mean and variance, each (C,)
        every = gather(torch.stack(own)[None])  # (W, 2, C)
        centre, within = every.mean(0)
        variance = within + every[:, 0].var(0, correction=0)  # and between ranks
        ctx.save_for_backward(x, weight, centre, variance)
        ctx.eps = eps
        ctx.mark_non_differentiable(centre, variance)
        return batch_norm(x, centre, variance, weight, bias, eps=eps), centre, variance

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor, *unused: Tensor):
        x, weight, centre, variance = ctx.saved_tensors
        given = weight, centre, variance, None, None, False, ctx.eps, [True, True, True]
        own, scale, shift = torch.ops.aten.native_batch_norm_backward(gradient, x, *given)
        total = torch.stack([scale, shift])  # what the rows say about the norm's weight and bias
        dist.all_reduce(total)
        total *= x.shape[1] / (x.numel() * world())
        inverse = torch.rsqrt(variance + ctx.eps)  # one over the deviation
        slope = -weight * inverse.square() * total[0]
        level = -weight * inverse * total[1] - slope * centre
        shape = [1, -1] + [1] * (x.dim() - 2)
        line = torch.addcmul(level.view(shape), slope.view(shape), x)
        return (own + line).to(x.dtype), scale, shift, None


class SyncBatchNorm(nn.modules.batchnorm._BatchNorm):
    """BatchNorm over the rows of all ranks, on any device (torch's own runs on CUDA only).

    x (B/W, C, ...) → the same shape. Statistics are float32 or better.
    """

    def _check_input_dim(self, x: Tensor) -> None:
        if x.dim() < 2:
            raise ValueError(f"BatchNorm takes (B, C, ...), not {tuple(x.shape)}.")

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or world() == 1:
            return super().forward(x)
        plain = torch.ones_like(self.running_mean), torch.zeros_like(self.running_mean)
        weight, bias = (self.weight, self.bias) if self.affine else plain
        out, centre, variance = _Normalise.apply(x, weight, bias, self.eps)
        with torch.no_grad():
            count = world() * x.numel() / x.shape[1]
            self.num_batches_tracked += 1
            self.running_mean.lerp_(centre.to(self.running_mean), self.momentum)
            unbiased = variance * count / (count - 1)
            self.running_var.lerp_(unbiased.to(self.running_var), self.momentum)
        return out


def synchronise(module: nn.Module) -> nn.Module:
    """Turns every BatchNorm inside into SyncBatchNorm, in place; state-dict keys stay the same."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d):
            part.__class__ = SyncBatchNorm
    return module


def all_equal(x: Tensor) -> bool:
    """Whether every rank holds the same numbers; asks all ranks, so all must call it."""
    every = gather(x.detach()[None].double())
    return bool((every == every[:1]).all())


__all__ = [
    "SyncBatchNorm",
    "all_equal",
    "anyone",
    "gather",
    "mean",
    "rank",
    "shared",
    "synchronise",
    "wait",
    "world",
]
