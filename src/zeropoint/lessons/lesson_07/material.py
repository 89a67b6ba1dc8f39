"""What lesson 07 tries out: biases of 8 bits, two ways."""

from __future__ import annotations

import copy

import torch
from torch import nn

from zeropoint.quant import QuantizedModel, fake_quantize_affine
from zeropoint.quant.operators import layer_of


def with_8_bit_biases(quantized: QuantizedModel, unit: str) -> QuantizedModel:
    """Return a copy whose biases have 8 bits.

    Parameters
    ----------
    quantized : QuantizedModel
        From :func:`zeropoint.quant.quantize_model`; it stays as it is.
    unit : "own scale" or "accumulator steps"
        One step is a 127th of the layer's largest bias, or a step of the accumulator, s_x · s_w, as with 32 bits.
    """
    if unit not in ("own scale", "accumulator steps"):
        raise ValueError(f"unit is {unit!r}: expected 'own scale' or 'accumulator steps'.")
    narrow = copy.deepcopy(quantized)
    for name, qparams in narrow.bias_qparams.items():
        layer = layer_of(name, narrow.graph_module)
        assert layer.bias is not None  # bias_qparams are those of a bias
        bias = layer.bias.detach()
        scale = bias.abs().max() / 127 if unit == "own scale" else qparams.scale
        layer.bias = nn.Parameter(fake_quantize_affine(bias, scale, torch.zeros_like(scale), -128, 127))
    return narrow
