"""Padding with what a zero has become undoes the border of bias absorption."""

from __future__ import annotations

import torch
from torch import nn

from zeropoint.lessons.lesson_08.borders import padded_with_the_constant
from zeropoint.quant import absorb_biases, fold_batchnorm


def test_with_the_constant_as_padding_the_function_is_the_old_one() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 5, 3, padding=(1, 2)))
    with torch.no_grad():
        network[0].weight.mul_(0.01)
        network[1].bias.fill_(20.0)  # far above 0: no value is cut off
    network.eval()
    x = torch.randn(2, 3, 6, 6)
    before = fold_batchnorm(network)
    absorbed = absorb_biases(before, [x])
    assert (absorbed(x) - before(x)).abs().max() > 0.5
    assert torch.allclose(padded_with_the_constant(before, absorbed)(x), before(x), atol=1e-3)
    assert (absorbed(x) - before(x)).abs().max() > 0.5, "the absorbed network itself is left as it was"
