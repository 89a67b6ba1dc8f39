"""Costs from shapes, against counts by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from zeropoint.vision.costs import LayerCost, layer_costs, layer_kind
from zeropoint.vision.models import mobilenet, resnet20

IMAGE = torch.zeros(1, 3, 32, 32)


def macs_by_loops(conv: nn.Conv2d, height: int, width: int) -> int:
    """Count the multiplications of a convolution one output value at a time (padding included)."""
    count = 0
    for _ in range(conv.out_channels):
        for _ in range(height * width):
            count += conv.in_channels // conv.groups * conv.kernel_size[0] * conv.kernel_size[1]
    return count


@pytest.mark.parametrize(
    ("conv", "size"),
    [
        (nn.Conv2d(3, 8, 3, padding=1), 6),
        (nn.Conv2d(4, 6, 3, stride=2, padding=1), 3),
        (nn.Conv2d(6, 6, 5, padding=2, groups=6), 6),
        (nn.Conv2d(4, 8, 1, groups=2), 6),
        (nn.Conv2d(2, 2, (3, 1), padding=(1, 0)), 6),
    ],
)
def test_macs_of_a_convolution(conv: nn.Conv2d, size: int) -> None:
    (cost,) = layer_costs(nn.Sequential(conv), torch.zeros(1, conv.in_channels, 6, 6))
    assert cost.macs == macs_by_loops(conv, size, size)
    assert cost.values == conv.weight.numel() + conv.in_channels * 36 + conv.out_channels * size**2


def test_a_batch_reads_the_weights_once() -> None:
    net = nn.Sequential(nn.Linear(10, 4))
    one = layer_costs(net, torch.zeros(1, 10))[0]
    many = layer_costs(net, torch.zeros(7, 10))[0]
    assert (many.macs, many.inputs, many.outputs) == (7 * one.macs, 7 * one.inputs, 7 * one.outputs)
    assert many.weights == one.weights == 40


def test_costs_leave_no_hooks_and_follow_the_order_of_the_pass() -> None:
    net = resnet20().eval()
    names = [cost.layer for cost in layer_costs(net, IMAGE)]
    assert names[0] == "conv1" and names[-1] == "fc" and len(names) == 22
    assert not any(module._forward_hooks for module in net.modules())


def test_resnet20_has_the_published_number_of_multiply_accumulates() -> None:
    # He et al. 2015 do not print it; 40.8 M is their layer table multiplied out, with 1×1 shortcuts (option B)
    total = sum(cost.macs for cost in layer_costs(resnet20().eval(), IMAGE))
    stages = [(3, 16, 32, 1), *[(16, 16, 32, 6)], (16, 32, 16, 1), (32, 32, 16, 5), (32, 64, 8, 1), (64, 64, 8, 5)]
    by_hand = sum(n * 9 * a * b * s * s for a, b, s, n in stages) + 16 * 32 * 256 + 32 * 64 * 64 + 640
    assert total == by_hand


def test_kinds_of_the_mobile_network() -> None:
    kinds = {cost.kind for cost in layer_costs(mobilenet().eval(), IMAGE)}
    assert kinds == {"conv 3×3", "depthwise 3×3", "pointwise 1×1", "linear"}
    assert layer_kind(nn.Conv2d(1, 1, 3)) == "conv 3×3"  # one channel is no depthwise convolution


def test_int8_moves_a_quarter_of_the_bytes() -> None:
    cost = LayerCost("fc", "linear", 12, 12, 4, 3)
    assert cost.intensity(8) == 4 * cost.intensity(32) == 12 / 19
