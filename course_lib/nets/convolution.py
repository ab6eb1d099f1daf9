"""Cheaper convolutions: grouped ones as dense ones, and depthwise separable ones (MobileNet).

A grouped convolution (Krizhevsky et al. 2012, to split a net over two GPUs; Xie et al. 2016, arXiv
1611.05431, as cardinality) is a dense one whose weights between groups are zero. In the extreme,
depthwise, each channel is a group; with a 1×1 convolution after it that is a separable one (Howard
et al. 2017, arXiv 1704.04861), with k² C_in + C_in C_out weights in place of k² C_in C_out:

    ratio = 1 / C_out + 1 / k²
"""

import torch
from torch import nn


@torch.no_grad()
def as_dense(conv: nn.Conv2d) -> nn.Conv2d:
    """A convolution with one group that computes the same: block-diagonal weights."""
    dense = nn.Conv2d(
        conv.in_channels,
        conv.out_channels,
        conv.kernel_size,
        conv.stride,
        conv.padding,
        conv.dilation,
        bias=conv.bias is not None,
        device=conv.weight.device,
        dtype=conv.weight.dtype,
    )
    dense.weight.zero_()
    inputs, outputs = conv.in_channels // conv.groups, conv.out_channels // conv.groups
    for g in range(conv.groups):
        rows = slice(g * outputs, (g + 1) * outputs)
        dense.weight[rows, g * inputs : (g + 1) * inputs] = conv.weight[rows]
    if conv.bias is not None:
        dense.bias.copy_(conv.bias)
    return dense


def separable(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """3×3 on each channel alone, then 1×1 across channels, each with its norm and ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, stride, padding=1, groups=inputs, bias=False),
        nn.BatchNorm2d(inputs),
        nn.ReLU(),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )
