"""The mathematics of quantization: no I/O, the same functions for NumPy arrays and torch tensors.

Names that need torch (networks) are imported on first use, so that a lesson in pure NumPy starts in a blink.
"""

from __future__ import annotations

from importlib import import_module

from zeropoint.quant.accumulate import fold_zero_point, integer_conv2d, integer_linear, quantize_bias
from zeropoint.quant.affine import (
    QParams,
    choose_qparams_affine,
    dequantize_affine,
    fake_quantize_affine,
    quant_range,
    quantize_affine,
)
from zeropoint.quant.granularity import Granularity, PerAxis, PerGroup, PerTensor
from zeropoint.quant.histogram import Histogram, HistogramObserver
from zeropoint.quant.integer import quantized_add, quantized_avg_pool, quantized_conv2d, quantized_linear
from zeropoint.quant.metrics import mse, nbytes, sqnr_db
from zeropoint.quant.observers import MinMaxObserver, MovingAverageMinMaxObserver
from zeropoint.quant.requantize import quantize_multiplier, requantize_fixed_point, requantize_float

_NEEDS_TORCH = {
    "fold_batchnorm": "zeropoint.quant.fusion",
    "QConfig": "zeropoint.quant.quantized_model",
    "QuantizedModel": "zeropoint.quant.quantized_model",
    "quantize_model": "zeropoint.quant.ptq",
}

__all__ = [
    "Granularity",
    "Histogram",
    "HistogramObserver",
    "MinMaxObserver",
    "MovingAverageMinMaxObserver",
    "PerAxis",
    "PerGroup",
    "PerTensor",
    "QConfig",
    "QParams",
    "QuantizedModel",
    "choose_qparams_affine",
    "dequantize_affine",
    "fake_quantize_affine",
    "fold_batchnorm",
    "fold_zero_point",
    "integer_conv2d",
    "integer_linear",
    "mse",
    "nbytes",
    "quant_range",
    "quantize_affine",
    "quantize_bias",
    "quantize_model",
    "quantize_multiplier",
    "quantized_add",
    "quantized_avg_pool",
    "quantized_conv2d",
    "quantized_linear",
    "requantize_fixed_point",
    "requantize_float",
    "sqnr_db",
]


def __getattr__(name: str) -> object:
    if name in _NEEDS_TORCH:
        return getattr(import_module(_NEEDS_TORCH[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
