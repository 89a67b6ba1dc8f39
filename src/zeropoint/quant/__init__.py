"""The mathematics of quantization: no I/O, the same functions for NumPy arrays and torch tensors.

Names that need torch (networks) are imported on first use, so that a lesson in pure NumPy starts in a blink.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from zeropoint.quant.accumulate import fold_zero_point, integer_conv2d, integer_linear, quantize_bias
from zeropoint.quant.affine import (
    QParams,
    choose_qparams_affine,
    dequantize_affine,
    fake_quantize_affine,
    quant_range,
    quantize_affine,
)
from zeropoint.quant.floating import (
    E2M1,
    E4M3,
    E5M2,
    MX_INT8,
    FloatFormat,
    choose_float_scale,
    fake_quantize_float,
    fake_quantize_mx,
)
from zeropoint.quant.granularity import Granularity, PerAxis, PerGroup, PerTensor
from zeropoint.quant.histogram import Histogram
from zeropoint.quant.histogram_observer import HistogramObserver
from zeropoint.quant.integer import quantized_add, quantized_avg_pool, quantized_conv2d, quantized_linear
from zeropoint.quant.metrics import mse, nbytes, sqnr_db
from zeropoint.quant.nvfp4 import NVFP4Scales, choose_nvfp4_scales, fake_quantize_nvfp4
from zeropoint.quant.observers import MinMaxObserver, MovingAverageMinMaxObserver
from zeropoint.quant.packing import pack_int4, unpack_int4
from zeropoint.quant.requantize import quantize_multiplier, requantize_fixed_point, requantize_float

if TYPE_CHECKING:  # for editors and type checkers: what _NEEDS_TORCH brings on first use
    from zeropoint.quant.absorption import absorb_biases
    from zeropoint.quant.allocation import allocate_bits, bit_costs, size_parts
    from zeropoint.quant.config import QConfig
    from zeropoint.quant.correction import correct_bias, equalize_cross_layer, spread_channels
    from zeropoint.quant.fusion import fold_batchnorm
    from zeropoint.quant.integer_network import IntegerNetwork
    from zeropoint.quant.prepare import QATModel, convert, prepare_qat
    from zeropoint.quant.ptq import quantize_model
    from zeropoint.quant.qat import FakeQuantize, LearnedStepSize, fake_quantize_ste, round_ste
    from zeropoint.quant.quantized_model import QuantizedModel
    from zeropoint.quant.reconstruction import adaround
    from zeropoint.quant.sensitivity import layer_errors, leave_one_out

_NEEDS_TORCH = {
    "FakeQuantize": "zeropoint.quant.qat",
    "IntegerNetwork": "zeropoint.quant.integer_network",
    "LearnedStepSize": "zeropoint.quant.qat",
    "QATModel": "zeropoint.quant.prepare",
    "QConfig": "zeropoint.quant.config",
    "QuantizedModel": "zeropoint.quant.quantized_model",
    "absorb_biases": "zeropoint.quant.absorption",
    "adaround": "zeropoint.quant.reconstruction",
    "allocate_bits": "zeropoint.quant.allocation",
    "bit_costs": "zeropoint.quant.allocation",
    "convert": "zeropoint.quant.prepare",
    "correct_bias": "zeropoint.quant.correction",
    "equalize_cross_layer": "zeropoint.quant.correction",
    "fake_quantize_ste": "zeropoint.quant.qat",
    "fold_batchnorm": "zeropoint.quant.fusion",
    "layer_errors": "zeropoint.quant.sensitivity",
    "leave_one_out": "zeropoint.quant.sensitivity",
    "prepare_qat": "zeropoint.quant.prepare",
    "quantize_model": "zeropoint.quant.ptq",
    "round_ste": "zeropoint.quant.qat",
    "size_parts": "zeropoint.quant.allocation",
    "spread_channels": "zeropoint.quant.correction",
}

__all__ = [
    "E2M1",
    "E4M3",
    "E5M2",
    "MX_INT8",
    "FakeQuantize",
    "FloatFormat",
    "Granularity",
    "Histogram",
    "HistogramObserver",
    "IntegerNetwork",
    "LearnedStepSize",
    "MinMaxObserver",
    "MovingAverageMinMaxObserver",
    "NVFP4Scales",
    "PerAxis",
    "PerGroup",
    "PerTensor",
    "QATModel",
    "QConfig",
    "QParams",
    "QuantizedModel",
    "absorb_biases",
    "adaround",
    "allocate_bits",
    "bit_costs",
    "choose_float_scale",
    "choose_nvfp4_scales",
    "choose_qparams_affine",
    "convert",
    "correct_bias",
    "dequantize_affine",
    "equalize_cross_layer",
    "fake_quantize_affine",
    "fake_quantize_float",
    "fake_quantize_mx",
    "fake_quantize_nvfp4",
    "fake_quantize_ste",
    "fold_batchnorm",
    "fold_zero_point",
    "integer_conv2d",
    "integer_linear",
    "layer_errors",
    "leave_one_out",
    "mse",
    "nbytes",
    "pack_int4",
    "prepare_qat",
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
    "round_ste",
    "size_parts",
    "spread_channels",
    "sqnr_db",
    "unpack_int4",
]


if not TYPE_CHECKING:  # a type checker that saw it would believe in every misspelt name

    def __getattr__(name: str) -> object:
        if name in _NEEDS_TORCH:
            return getattr(import_module(_NEEDS_TORCH[name]), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
