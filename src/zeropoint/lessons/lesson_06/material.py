"""What lesson 06 compares with: a network for hardware that knows no zero point."""

from __future__ import annotations

import copy

from zeropoint.quant import QuantizedModel, choose_qparams_affine


def with_symmetric_activations(quantized: QuantizedModel) -> QuantizedModel:
    """Return a copy whose activations are signed and symmetric, their zero point 0, over the ranges of the original.

    Behind a ReLU no value is negative, so half of the codes is never used: −128 … 127 leaves 0 … 127.

    Parameters
    ----------
    quantized : QuantizedModel
        From :func:`zeropoint.quant.quantize_model`; it stays as it is.
    """
    symmetric = copy.deepcopy(quantized)
    for quantizer in symmetric.activation_quantizers().values():
        assert quantizer.qparams is not None  # calibration is over
        scale, zero_point, quant_min, quant_max = quantizer.qparams
        low = (quant_min - zero_point) * scale
        high = (quant_max - zero_point) * scale
        quantizer.qparams = choose_qparams_affine(low, high, bit_width=quantizer.bit_width, signed=True, symmetric=True)
    for name in symmetric.weight_qparams:
        symmetric.round_bias(name)  # its step is the input's scale times the weight's
    return symmetric
