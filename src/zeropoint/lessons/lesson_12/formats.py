"""The number formats that lesson 12 compares, each as one function, and whole networks whose numbers are in them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from zeropoint.quant import (
    E2M1,
    E4M3,
    MX_INT8,
    FloatFormat,
    PerAxis,
    PerGroup,
    PerTensor,
    QConfig,
    choose_float_scale,
    choose_qparams_affine,
    fake_quantize_affine,
    fake_quantize_float,
    fake_quantize_mx,
    fake_quantize_nvfp4,
    quantize_model,
)
from zeropoint.quant.nvfp4 import NVFP4_BLOCK
from zeropoint.quant.operators import WEIGHTED
from zeropoint.quant.quantized_model import QUANTIZER_SUFFIX, ActivationQuantizer, QuantizedModel

MX_BLOCK = 32
Largest = Tensor | float | None  # the magnitude that calibration found for an activation; None for weights


@dataclass(frozen=True)
class NumberFormat:
    """A way to store a tensor (N, C, …): elements of a few bits, and scales.

    Attributes
    ----------
    name : str
    bits : int – of an element
    block : int – values along the channels that share a scale; 0 where all weights of an output channel do
    scale_bits : int – of that scale
    tensor_bits : int – of one more scale, for the whole tensor
    rounding : function (x, block, largest) → x rounded
    activation_bits : int or None
        Of integer activations with one scale a tensor, where the scheme has these; None where activations are rounded
        as weights are.
    weight_only : bool – whether the scheme leaves activations in float
    """

    name: str
    bits: int
    block: int
    scale_bits: int
    tensor_bits: int
    rounding: Callable[[Tensor, int, Largest], Tensor]
    activation_bits: int | None = None
    weight_only: bool = False


def integer(bits: int, *, whole: bool = False) -> Callable[[Tensor, int, Largest], Tensor]:
    """Return the rounding to signed, symmetric integers with a scale for each block, output channel, or tensor."""
    scheme = {"bit_width": bits, "signed": True, "symmetric": True, "narrow_range": True}

    def symmetric(w: Tensor, block: int, _: Largest) -> Tensor:
        granularity = PerGroup(block, 1) if block else PerTensor() if whole else PerAxis(0)
        largest = granularity.expand(granularity.reduce(torch.amax, w.abs()))
        return fake_quantize_affine(w, *choose_qparams_affine(-largest, largest, **scheme))

    return symmetric


def _fp8(x: Tensor, _: int, largest: Largest) -> Tensor:
    whole = x.abs().amax() if largest is None else torch.as_tensor(largest)
    return fake_quantize_float(x, E4M3, choose_float_scale(whole, E4M3))


def _mx(fmt: FloatFormat) -> Callable[[Tensor, int, Largest], Tensor]:
    return lambda x, block, _: fake_quantize_mx(x, fmt, axis=1, block_size=block)


def _nvfp4(x: Tensor, block: int, largest: Largest) -> Tensor:
    return fake_quantize_nvfp4(x, axis=1, block_size=block, largest=largest)


MXFP4 = NumberFormat("MXFP4", 4, MX_BLOCK, 8, 0, _mx(E2M1))
NVFP4 = NumberFormat("NVFP4", 4, NVFP4_BLOCK, 8, 32, _nvfp4)
INT8_PER_TENSOR = NumberFormat("INT8 per tensor", 8, 0, 0, 32, integer(8, whole=True), activation_bits=8)
FORMATS = (
    NumberFormat("INT8 per channel", 8, 0, 16, 0, integer(8), activation_bits=8),
    NumberFormat("FP8 (E4M3)", 8, 0, 0, 32, _fp8),
    NumberFormat("MXINT8", 8, MX_BLOCK, 8, 0, _mx(MX_INT8)),
    NumberFormat("MXFP8 (E4M3)", 8, MX_BLOCK, 8, 0, _mx(E4M3)),
    NumberFormat("INT4 per channel", 4, 0, 16, 0, integer(4), activation_bits=4),
    NumberFormat("INT4 groups of 32", 4, MX_BLOCK, 16, 0, integer(4), weight_only=True),
    MXFP4,
    NVFP4,
)


def _rounded_up(x: Tensor, block: int, _: Largest) -> Tensor:
    """Round to E2M1 with the smallest power of two as scale that lets no value of the block saturate."""
    blocks = PerGroup(block, 1)
    largest = blocks.reduce(torch.amax, x.abs()).clamp_min(torch.finfo(torch.float32).tiny)
    scale = torch.exp2(torch.ceil(torch.log2(largest / E2M1.max_val)))
    return fake_quantize_float(x, E2M1, blocks.expand(scale))


#: What lies between MXFP4 and NVFP4, one change at a time.
BETWEEN = (
    MXFP4,
    replace(MXFP4, name="MXFP4 in blocks of 16", block=NVFP4_BLOCK),
    replace(MXFP4, name="MXFP4, scale rounded up", rounding=_rounded_up),
    replace(NVFP4, name="NVFP4 in blocks of 32", block=MX_BLOCK),
    NVFP4,
)

#: INT4 with what NVFP4 has: a scale for each 16 values, of activations computed from each image.
INT4_IN_BLOCKS = NumberFormat("INT4 in blocks of 16", 4, NVFP4_BLOCK, 16, 0, integer(4))


def scaled_back(fmt: NumberFormat) -> NumberFormat:
    """Return the format with one factor per tensor that takes out how much smaller the tensor has become on average."""

    def rounding(x: Tensor, block: int, largest: Largest) -> Tensor:
        x_hat = fmt.rounding(x, block, largest)
        shrunk = (x * x_hat).sum() / x.square().sum().clamp_min(torch.finfo(x.dtype).tiny)  # x_hat ≈ shrunk · x
        return x_hat / shrunk if shrunk > 0 else x_hat

    return replace(fmt, name=f"{fmt.name}, scaled back", rounding=rounding)


def shrunk_to(fmt: NumberFormat, share: float) -> NumberFormat:
    """Return the format with every rounded tensor multiplied by ``share``, below 1."""

    def rounding(x: Tensor, block: int, largest: Largest) -> Tensor:
        return share * fmt.rounding(x, block, largest)

    return replace(fmt, name=f"{fmt.name}, shrunk by {100 * (1 - share):.1f} %", rounding=rounding)


def rounded(x: Tensor, fmt: NumberFormat, largest: Largest = None) -> Tensor:
    """Return a tensor (N, C, …) in a format; the last block along the channels may be shorter than the others."""
    channels = x.shape[1]
    block = min(fmt.block, channels)
    missing = -channels % block if block else 0
    if not missing:
        return fmt.rounding(x, block, largest)
    filled = torch.cat([x, x.new_zeros(x.shape[0], missing, *x.shape[2:])], 1)  # zeros change no largest magnitude
    return fmt.rounding(filled, block, largest)[:, :channels]


def network_in(
    model: nn.Module,
    fmt: NumberFormat,
    batches: Sequence[Tensor],
    *,
    activations: bool,
    activation_range: str = "minmax",
) -> QuantizedModel:
    """Return a folded copy of a network that computes in float with numbers of a format.

    Parameters
    ----------
    model : nn.Module – in evaluation mode; not changed
    fmt : NumberFormat – of the weights of every layer
    batches : calibration images, for the range or the largest magnitude of each activation
    activations : bool – whether what the layers read is rounded too; biases stay in float
    activation_range : str – how calibration finds the range of an activation, as in ``QConfig``
    """
    bits = (fmt.activation_bits or 8) if activations else None
    config = QConfig(weight_bits=None, activation_bits=bits, activation_range=activation_range)
    network = quantize_model(model, batches, config)
    if activations and fmt.activation_bits is None:
        for name, quantizer in network.activation_quantizers().items():
            network.graph_module.set_submodule(f"{name}{QUANTIZER_SUFFIX}", _Rounded(fmt, _largest(quantizer)))
    for layer in network.graph_module.modules():
        if isinstance(layer, WEIGHTED):
            layer.weight = nn.Parameter(rounded(layer.weight.detach(), fmt))
    return network


def bits_per_weight(model: nn.Module, fmt: NumberFormat) -> float:
    """Return the bits that a network's weights take on average: elements, scales of blocks, and the tensors' scales."""
    bits = 0
    count = 0
    for layer in model.modules():
        if isinstance(layer, WEIGHTED):
            out, channels, *kernel = layer.weight.shape
            filters = out * math.prod(kernel)
            scales = filters * -(-channels // fmt.block) if fmt.block else out
            bits += layer.weight.numel() * fmt.bits + scales * fmt.scale_bits + fmt.tensor_bits
            count += layer.weight.numel()
    return bits / count


class _Rounded(nn.Module):
    """What stands in a network in place of an integer quantizer."""

    def __init__(self, fmt: NumberFormat, largest: float):
        super().__init__()
        self.fmt = fmt
        self.largest = largest

    def forward(self, x: Tensor) -> Tensor:
        return rounded(x, self.fmt, self.largest)


def _largest(quantizer: ActivationQuantizer) -> float:
    """Return the largest magnitude within the range that calibration found."""
    p = quantizer.qparams
    assert p is not None  # calibrated
    ends = [float((code - p.zero_point) * p.scale) for code in (p.quant_min, p.quant_max)]
    return max(map(abs, ends))
