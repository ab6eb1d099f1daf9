"""Counters: parameters, multiply-adds, and what each layer contributes.

A multiply-add is one product that is added to a sum. Papers and torchvision say FLOPs and count
multiply-adds; the floating-point operations are twice as many. Norms, nonlinearities, pooling and
biases are left out, as they usually are: they are few beside the products.

    convolution   weights k² C_in / groups · C_out,  multiply-adds: weights · places of the output
    linear        weights inputs · outputs,          multiply-adds: weights · rows
    attention     QK^T and its product with V:       multiply-adds 2 L² d for L tokens of width d

Counting runs a copy on torch's meta device, which has shapes and no numbers: it costs nothing.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode


@dataclass(frozen=True)
class Layer:
    """A convolution or linear layer as it ran. output: shape of one image's; weights: no biases."""

    name: str
    kind: str
    output: tuple[int, ...]
    weights: int
    multiply_adds: int


def parameters(net: nn.Module) -> int:
    """All parameters, those shared by several layers once; buffers are none."""
    return sum(p.numel() for p in net.parameters())


def layers(net: nn.Module, shape: Sequence[int]) -> list[Layer]:
    """The convolutions and linear layers in the order in which they run on an image (C, H, W).

    Depth as papers count it is the length of this list, the classifier included and 1×1 shortcuts
    left out.
    """
    ghost, found, handles = on_meta(net), list[Layer](), []

    def hook(name: str):
        def record(layer: nn.Module, inputs: tuple, out: Tensor) -> None:
            weights = layer.weight.numel()
            uses = out.shape[2:].numel() if out.dim() == 4 else out[0].numel() // out.shape[-1]
            kind = type(layer).__name__
            found.append(Layer(name, kind, tuple(out.shape[1:]), weights, weights * uses))

        return record

    for name, part in ghost.named_modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            handles.append(part.register_forward_hook(hook(name)))
    ghost(torch.zeros(1, *shape, device="meta"))
    return found


def multiply_adds(net: nn.Module, shape: Sequence[int]) -> int:
    """All products that are added up for one image (C, H, W), those within attention too."""
    ghost = on_meta(net)
    with FlopCounterMode(display=False) as counter:
        ghost(torch.zeros(1, *shape, device="meta"))
    return counter.get_total_flops() // 2


def on_meta(net: nn.Module) -> nn.Module:
    """A copy without numbers, in float32 and eval mode, so that the net itself stays as it is."""
    return copy.deepcopy(net).to("meta").float().eval()
