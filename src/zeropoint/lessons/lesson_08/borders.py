"""What the padding of a layer stands for once biases are absorbed."""

from __future__ import annotations

import copy

import torch.nn.functional as F
from torch import Tensor, fx, nn

from zeropoint.quant.correction import channel_pairs


def padded_with_the_constant(before: fx.GraphModule, absorbed: fx.GraphModule) -> fx.GraphModule:
    """Return a copy of ``absorbed`` whose layers pad with what a zero of ``before`` has become.

    Absorption lowers channel ``i`` by ``c[i]``, so that the padded zeros of the next layer would have to be ``−c[i]``.

    Parameters
    ----------
    before, absorbed : fx.GraphModule – what went into ``absorb_biases``, and what came out
    """
    mended = copy.deepcopy(absorbed)
    for (old, _, _), (first, _, second) in zip(channel_pairs(before), channel_pairs(mended), strict=True):
        assert old.bias is not None and first.bias is not None  # folded
        if isinstance(second, nn.Conv2d) and any(second.padding):
            _pad_with(second, (old.bias - first.bias).detach().reshape(-1, 1, 1))
    return mended


def _pad_with(layer: nn.Conv2d, constant: Tensor) -> None:
    """Let a layer pad with ``−constant``, shape (channels, 1, 1)."""
    rows, columns = (int(width) for width in layer.padding)
    sides = (columns, columns, rows, rows)
    layer.padding = (0, 0)
    layer.register_forward_pre_hook(lambda _, inputs: F.pad(inputs[0] + constant, sides) - constant)
