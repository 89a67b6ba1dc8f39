"""Affine quantization: a ruler with evenly spaced ticks, ``x ≈ (q − zero_point) · scale``.

Rounding and saturation follow ONNX ``QuantizeLinear`` (opset 21): divide, round half to even, add the
zero point, saturate, and only then cast to the integer type.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from array_api_compat import array_namespace, is_torch_array

from zeropoint.quant._arrays import Array, code_dtype, like
from zeropoint.quant._blockwise import blockwise

MIN_BITS = 2
MAX_BITS = 16


class QParams(NamedTuple):
    """What turns real values into codes and back.

    Attributes
    ----------
    scale : array, float32 – real value of one integer step, > 0; shape broadcasts against the tensor,
        e.g. () per tensor, (out, 1, 1, 1) for one scale an output channel
    zero_point : array, int32, shape of ``scale`` – the code of the real number 0
    quant_min, quant_max : int – smallest and largest code
    """

    scale: Array
    zero_point: Array
    quant_min: int
    quant_max: int


def quant_range(bit_width: int, signed: bool, narrow_range: bool = False) -> tuple[int, int]:
    """Return the smallest and the largest code of an integer type.

    Parameters
    ----------
    bit_width : int, 2 to 16
    signed : bool
    narrow_range : bool
        Leave out the most negative code, so that the signed range is symmetric (−127 … 127).

    Raises
    ------
    ValueError
        For a bit width outside 2 … 16, or a narrow range of an unsigned type.

    Examples
    --------
    >>> quant_range(8, signed=False), quant_range(8, signed=True), quant_range(4, True, narrow_range=True)
    ((0, 255), (-128, 127), (-7, 7))
    """
    if not (isinstance(bit_width, int | np.integer) and MIN_BITS <= bit_width <= MAX_BITS):
        raise ValueError(
            f"bit_width is {bit_width!r}: expected a whole number from {MIN_BITS} to {MAX_BITS}, e.g. 8 for INT8."
        )
    levels = 2 ** int(bit_width)
    if signed:
        return -levels // 2 + bool(narrow_range), levels // 2 - 1
    if narrow_range:
        raise ValueError("narrow_range leaves out the code −2^(b−1), which only a signed type has: set signed=True.")
    return 0, levels - 1


def choose_qparams_affine(
    min_val: Array | float,
    max_val: Array | float,
    *,
    bit_width: int = 8,
    signed: bool = False,
    symmetric: bool = False,
    narrow_range: bool = False,
) -> QParams:
    """Choose scale and zero point so that the codes cover ``[min_val, max_val]``.

    The range is first widened to include 0, so that real zero (padding, ReLU) has a code of its own and is
    exact. *Asymmetric*: ``scale = (max − min) / (quant_max − quant_min)`` and
    ``zero_point = quant_min − round(min / scale)``. *Symmetric*: the zero point is the middle code (0 if
    signed, 128 for UINT8) and ``scale = max(|min|, |max|) / (quant_max − zero_point)``, e.g. ``/ 127``.
    A range of width zero (an all-zero tensor, a dead channel), or one too small for a normal float32 scale,
    gets ``scale = 1``, as in ONNX Runtime (torch uses the float32 epsilon).

    Parameters
    ----------
    min_val, max_val : float or float array
        Observed extremes, one pair a granule, e.g. shape () or (out, 1, 1, 1).
    bit_width : int, 2 to 16
    signed, symmetric, narrow_range : bool
        Code type; see :func:`quant_range`.

    Returns
    -------
    QParams
        ``scale`` (float32) and ``zero_point`` (int32) of the shape of ``min_val``.

    Raises
    ------
    ValueError
        For NaN or infinite bounds, or ``min_val > max_val``.

    Source: Jacob et al. 2018 (arXiv:1712.05877), section 2.1 and 3; ONNX ``DynamicQuantizeLinear``.

    Examples
    --------
    >>> scale, zero_point, low, high = choose_qparams_affine(-0.9, 5.0)
    >>> print(f"{scale:.4f}", int(zero_point), low, high)
    0.0231 39 0 255
    """
    quant_min, quant_max = quant_range(bit_width, signed, narrow_range)
    low, high = _bounds(min_val, max_val)
    xp = array_namespace(low)
    if symmetric:
        middle = (quant_min + quant_max + 1) // 2
        scale = _usable(xp, xp.maximum(-low, high) / (quant_max - middle))
        zero_point = xp.zeros_like(scale, dtype=xp.int32) + middle
    else:
        half_width = high / 2 - low / 2  # exact halves: the whole width of the widest range overflows float32
        scale = _usable(xp, half_width / ((quant_max - quant_min) / 2))
        zero_point = xp.clip(xp.round(quant_min - low / scale), quant_min, quant_max)
    return QParams(scale, xp.astype(xp.asarray(zero_point), xp.int32), quant_min, quant_max)


def quantize_affine(x: Array, scale: Array, zero_point: Array, quant_min: int, quant_max: int) -> Array:
    """Return the integer codes ``saturate(round_half_even(x / scale) + zero_point)``.

    Parameters
    ----------
    x : float array, any shape (an empty one gives empty codes)
    scale, zero_point : array or number, broadcasting against ``x``
    quant_min, quant_max : int

    Returns
    -------
    array of the kind, device and shape of ``x``, in the smallest of uint8, int8, uint16, int16, int32
        that holds every code. ±inf saturates.

    Raises
    ------
    ValueError
        When ``x`` holds NaN, which no code can stand for (torch's and ONNX Runtime's kernels give 0, −128, 127 or
        255, each its own), when a scale is not positive and finite, or when the code range is empty.

    Examples
    --------
    >>> quantize_affine(np.float32([0.3, -2, 9]), 5.9 / 255, 39, 0, 255)
    array([ 52,   0, 255], dtype=uint8)
    """
    scale, zero_point = _operands(x, scale, zero_point)
    _check_codes(array_namespace(x), scale, quant_min, quant_max)

    def codes(x: Array, scale: Array, zero_point: Array) -> Array:
        xp = array_namespace(x)
        q = xp.round(x / scale) + zero_point  # half to even; the zero point comes after rounding
        if bool(xp.any(xp.isnan(q))):
            raise ValueError("x holds NaN, and no integer code means 'not a number': find the layer that made it.")
        q = q.clip(quant_min, quant_max)  # saturate before the cast: a cast alone would wrap around
        return xp.astype(q, code_dtype(xp, quant_min, quant_max))

    return blockwise(codes, x, scale, zero_point)


def dequantize_affine(qdata: Array, scale: Array, zero_point: Array) -> Array:
    """Return the real values ``(qdata − zero_point) · scale`` that the codes stand for, as float32.

    Parameters
    ----------
    qdata : integer array, any shape
    scale, zero_point : array or number, broadcasting against ``qdata``

    Examples
    --------
    >>> print(dequantize_affine(np.uint8([39, 52]), 5.9 / 255, 39).round(4))
    [0.     0.3008]
    """
    xp = array_namespace(qdata)
    scale = xp.astype(like(qdata, scale), xp.float32)
    zero_point = xp.astype(like(qdata, zero_point), xp.int32)

    def reals(qdata: Array, scale: Array, zero_point: Array) -> Array:
        xp = array_namespace(qdata)
        steps = xp.astype(qdata, xp.int32) - zero_point  # int32 first: in uint8 arithmetic 38 − 39 would be 255
        return xp.astype(steps, xp.float32) * scale

    return blockwise(reals, qdata, scale, zero_point)


def fake_quantize_affine(x: Array, scale: Array, zero_point: Array, quant_min: int, quant_max: int) -> Array:
    """Return ``x`` after a round trip through the codes, without leaving floating point.

    Equal to ``dequantize_affine(quantize_affine(x, …), …)``, but differentiable where torch is, quicker, and
    NaN stays NaN, so that a broken layer remains visible in the output of the network.

    Examples
    --------
    >>> print(fake_quantize_affine(np.float32([0.3, 9]), 5.9 / 255, 39, 0, 255).round(4))
    [0.3008 4.9976]
    """
    scale, zero_point = _operands(x, scale, zero_point)
    if is_torch_array(x) and not array_namespace(x).is_grad_enabled():  # in a network: on all cores, with one temporary
        return (x / scale).round_().add_(zero_point).clamp_(quant_min, quant_max).sub_(zero_point).mul_(scale)

    def round_trip(x: Array, scale: Array, zero_point: Array) -> Array:
        steps = array_namespace(x).round(x / scale) + 0.0  # the codes less the zero point, and −0.0 becomes 0.0
        return steps.clip(quant_min - zero_point, quant_max - zero_point) * scale

    return blockwise(round_trip, x, scale, zero_point)


def _bounds(min_val: Array | float, max_val: Array | float) -> tuple[Array, Array]:
    """Check the observed range and widen it to include zero; return its ends as float32 arrays."""
    if isinstance(min_val, int | float):
        min_val = np.float32(min_val)
        max_val = np.float32(max_val)
    xp = array_namespace(min_val, max_val)
    low = xp.astype(xp.asarray(min_val), xp.float32)
    high = xp.astype(xp.asarray(max_val), xp.float32)
    if not bool(xp.all(xp.isfinite(low) & xp.isfinite(high))):
        raise ValueError(
            "min_val or max_val is NaN or infinite: expected the finite range of real data; "
            "look for NaN or inf in the tensor that was observed."
        )
    if bool(xp.any(low > high)):
        raise ValueError("min_val is larger than max_val: expected min_val <= max_val; are the arguments swapped?")
    zero = xp.zeros_like(low)
    return xp.minimum(low, zero), xp.maximum(high, zero)


def _usable(xp: Any, scale: Array) -> Array:
    """Replace scales that are zero or subnormal: dividing by them gives inf or NaN."""
    return xp.where(scale < xp.finfo(xp.float32).smallest_normal, xp.ones_like(scale), scale)


def _operands(x: Array, scale: Array, zero_point: Array) -> tuple[Array, Array]:
    """Return scale and zero point as float32 arrays of the kind and device of ``x``, which must hold real values."""
    xp = array_namespace(x)
    if not xp.isdtype(x.dtype, "real floating"):
        raise TypeError(f"x is {x.dtype}: expected real (floating-point) values; call astype(float32) first.")
    return xp.astype(like(x, scale), xp.float32), xp.astype(like(x, zero_point), xp.float32)


def _check_codes(xp: Any, scale: Array, quant_min: int, quant_max: int) -> None:
    if quant_min >= quant_max:
        raise ValueError(f"quant_min {quant_min} is not below quant_max {quant_max}: expected e.g. 0 and 255.")
    if not bool(xp.all(xp.isfinite(scale) & (scale > 0))):
        raise ValueError("scale must be positive and finite: take it from choose_qparams_affine.")
