"""A convolution or linear layer in integers, ready to run: codes in, exact sums out."""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from zeropoint.quant.accumulate import centred, quantize_bias
from zeropoint.quant.affine import QParams, quantize_affine
from zeropoint.quant.operators import Weighted
from zeropoint.quant.quantized_model import QuantizedModel


class IntegerLayer(NamedTuple):
    """A convolution or linear layer as integers.

    Attributes
    ----------
    w_q : integer tensor, shape (out, in) or (out, in / groups, kH, kW)
    bias_q : int32 tensor, shape (out,), in steps of ``s_x · s_w``
    x_qparams, w_qparams : QParams
    """

    w_q: Tensor
    bias_q: Tensor
    x_qparams: QParams
    w_qparams: QParams


def integer_layer(quantized: QuantizedModel, name: str, module: Weighted) -> IntegerLayer:
    """Return a layer of a quantized network as integers.

    Raises
    ------
    ValueError
        When it is not wholly quantized, has several scales in one output channel, or pads with something else than 0.
    """
    x_qparams = quantized.input_qparams(name)
    w_qparams = quantized.weight_qparams.get(name)
    if x_qparams is None or w_qparams is None:
        raise ValueError(f"Layer {name!r} is not quantized, or only in part: quantize its weights and what it reads.")
    out = len(module.weight)
    scales = w_qparams.scale.numel()
    padding_mode = getattr(module, "padding_mode", "zeros")
    if scales not in (1, out) or padding_mode != "zeros":
        raise ValueError(
            f"Layer {name!r} has {scales} weight scales and padding mode "
            f"{padding_mode!r}: expected 1 or {out}, one an output channel, and 'zeros'."
        )
    bias = torch.zeros(out) if module.bias is None else module.bias.detach()
    bias_q = quantize_bias(bias, x_qparams.scale, w_qparams.scale)
    return IntegerLayer(quantize_affine(module.weight.detach(), *w_qparams), bias_q, x_qparams, w_qparams)


def largest_sum(layer: IntegerLayer) -> int:
    """Return a bound for |accumulator| of a layer: every input at the code farthest from its zero point."""
    x = layer.x_qparams
    weights = centred(layer.w_q, layer.w_qparams.zero_point).abs()
    farthest = max(x.quant_max - int(x.zero_point), int(x.zero_point) - x.quant_min)
    return int((weights.flatten(1).sum(1) * farthest + layer.bias_q.long().abs()).max())


class Summation:
    """What a layer sums: its integers as float64, which holds them exactly and has the quicker kernels.

    Attributes
    ----------
    x_scale : float32 tensor, shape ()
    w_scale : float32 tensor, which broadcasts against the sums
    largest : int – no sum is farther from 0
    """

    def __init__(self, layer: IntegerLayer, module: Weighted):
        self._module = module
        self._weight = centred(layer.w_q, layer.w_qparams.zero_point).double()
        channels = (-1, *[1] * (self._weight.ndim - 2))  # out channels come last, or before height and width
        self._bias = layer.bias_q.double().reshape(channels)
        self.x_scale: Tensor = layer.x_qparams.scale
        self.w_scale: Tensor = layer.w_qparams.scale.reshape(channels)
        self.largest = largest_sum(layer)

    def of(self, qdata: Tensor, zero_point: Tensor) -> Tensor:
        """Return the sums over codes, bias included: whole numbers as float64, shape (N, out) or (N, out, H', W')."""
        x = qdata.double() - zero_point
        if isinstance(self._module, nn.Linear):
            total = F.linear(x, self._weight)
        else:
            total = _convolve(x, self._weight, self._module)
        total += self._bias
        return total


def _convolve(x: Tensor, weight: Tensor, module: nn.Conv2d) -> Tensor:
    """Return the sums of a convolution of centred codes: what padding inserts is 0, as z_x stands for."""
    plain = isinstance(module.padding, tuple) and module.dilation == (1, 1)
    if not plain or weight.shape[1] > 1 or module.groups < len(weight):
        return F.conv2d(x, weight, None, module.stride, module.padding, module.dilation, module.groups)
    # depthwise: torch's float64 kernel takes a call a channel, so add up shifted inputs, one for each tap
    rows, columns = cast(tuple[int, int], module.padding)
    down, right = module.stride
    padded = F.pad(x, (columns, columns, rows, rows))
    seen = padded.unfold(2, weight.shape[2], down).unfold(3, weight.shape[3], right)  # (N, C, H', W', kH, kW)
    total = torch.zeros((), dtype=x.dtype)
    for i in range(weight.shape[2]):
        for j in range(weight.shape[3]):
            total = total + seen[..., i, j] * weight[:, 0, i, j, None, None]
    return total
