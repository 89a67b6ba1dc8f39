"""From 32-bit accumulators back to 8-bit codes: multiply by ``s_x · s_w / s_y``, round, add the zero point, saturate.

The real multiplier is either a float32 number (ONNX Runtime) or, where there is no floating-point unit, a 32-bit
whole number and a shift (Jacob et al. 2018). The two round differently, and both rules are stated.
"""

from __future__ import annotations

from typing import TypedDict

import numpy as np
from array_api_compat import array_namespace

from zeropoint.quant._arrays import Array, code_dtype, like
from zeropoint.quant.affine import QParams

_INT32 = np.iinfo(np.int32)
REQUANTIZATIONS = ("fixed_point", "float")
OVERFLOWS = ("error", "wrap", "saturate")


class AccumulatorOptions(TypedDict, total=False):
    """The keywords of :func:`narrow_accumulator`, the same in all that sums."""

    accumulator_bits: int
    overflow: str


def quantize_multiplier(real_multiplier: Array | float) -> tuple[Array, Array]:
    """Return the whole numbers that stand for a real multiplier: ``real ≈ mantissa · 2^(−31 − shift)``.

    The mantissa uses all of its 31 bits, so that the relative error is at most 2^−31.

    Parameters
    ----------
    real_multiplier : float or float array, any shape, > 0
        ``s_x · s_w / s_y``, computed once, offline, in float64.

    Returns
    -------
    mantissa : array, int32 – in [2^30, 2^31)
    shift : array, int32 – bits to shift right; negative (to the left) for a multiplier of 1 or more

    Raises
    ------
    ValueError
        When a multiplier is not positive and finite.

    Source: Jacob et al. 2018 (arXiv:1712.05877), section 2.2, equation 6: ``M = 2^(−n) · M₀``, M₀ in [0.5, 1).

    Examples
    --------
    >>> mantissa, shift = quantize_multiplier(0.0072)
    >>> int(mantissa), int(shift), int(mantissa) * 2.0 ** (-31 - int(shift))
    (1979120930, 7, 0.0072000000000116415)
    """
    if isinstance(real_multiplier, int | float):
        real_multiplier = np.float64(real_multiplier)
    xp = array_namespace(real_multiplier)
    real = xp.astype(xp.asarray(real_multiplier), xp.float64)
    if not bool(xp.all(xp.isfinite(real) & (real > 0))):
        raise ValueError("The multiplier must be positive and finite: it is s_x · s_w / s_y, so look at the scales.")
    fraction, exponent = xp.frexp(real)  # fraction in [0.5, 1)
    mantissa = xp.round(fraction * 2.0**31)
    carry = mantissa == 2.0**31  # rounded up to the next power of two
    mantissa = xp.where(carry, xp.full_like(mantissa, 2.0**30), mantissa)
    exponent = xp.astype(exponent, xp.int32) + xp.astype(carry, xp.int32)
    return xp.astype(mantissa, xp.int32), -exponent


def requantize_fixed_point(
    acc: Array, mantissa: Array, shift: Array, zero_point: Array, quant_min: int, quant_max: int
) -> Array:
    """Return codes for accumulators, with integer arithmetic only.

    Two roundings, as in gemmlowp, TensorFlow Lite and on ARM:

    1. *Rounding doubling high multiply*: ``acc · mantissa / 2^31`` to the nearest whole number, a half towards +∞.
    2. *Rounding right shift*: ``… / 2^shift`` to the nearest, a half away from zero.

    A negative shift multiplies by ``2^−shift`` first and saturates to int32. The result is at most
    ``1/2 + 2^−(shift+1)`` from ``acc · mantissa · 2^(−31−shift)`` when nothing saturates: two roundings may differ
    by one from a single one.

    Parameters
    ----------
    acc : int32 array, any shape
    mantissa, shift : int32 arrays of :func:`quantize_multiplier`, broadcasting against ``acc``
    zero_point : array or int
    quant_min, quant_max : int

    Returns
    -------
    array of the shape of ``acc``, in the smallest integer type that holds ``quant_min`` … ``quant_max``

    Source: Jacob et al. 2018 (arXiv:1712.05877), section 2.2 and appendix B; gemmlowp's ``fixedpoint.h``.

    Examples
    --------
    >>> requantize_fixed_point(np.int32([1000, -1000, 10**6]), *quantize_multiplier(0.0072), 3, 0, 255)
    array([ 10,   0, 255], dtype=uint8)
    """
    xp = array_namespace(acc)
    q = multiply_fixed_point(acc, mantissa, shift) + xp.astype(like(acc, zero_point), xp.int64)
    return xp.astype(q.clip(quant_min, quant_max), code_dtype(xp, quant_min, quant_max))


def requantize_float(acc: Array, real_multiplier: Array, zero_point: Array, quant_min: int, quant_max: int) -> Array:
    """Return codes for accumulators, ``saturate(round_half_even(float32(acc) · multiplier) + zero_point)``.

    What ONNX Runtime does on a CPU: accumulator, multiplier and product are float32, so that an accumulator beyond
    ±2^24 is itself rounded.

    Parameters
    ----------
    acc : int32 array, any shape
    real_multiplier : array or float, float32, broadcasting against ``acc``
    zero_point : array or int
    quant_min, quant_max : int

    Returns
    -------
    array of the shape of ``acc``, in the smallest integer type that holds ``quant_min`` … ``quant_max``

    Examples
    --------
    >>> requantize_float(np.int32([5, 7, 1000]), 0.5, 3, 0, 255)
    array([  5,   7, 255], dtype=uint8)
    """
    xp = array_namespace(acc)
    steps = xp.round(xp.astype(acc, xp.float32) * xp.astype(like(acc, real_multiplier), xp.float32))
    q = (steps + xp.astype(like(acc, zero_point), xp.float32)).clip(quant_min, quant_max)
    return xp.astype(q, code_dtype(xp, quant_min, quant_max))


def requantize(acc: Array, scales: tuple[Array, Array], y_qparams: QParams, requantization: str) -> Array:
    """Return codes for accumulators of the scale ``s_x · s_w``, by either rule.

    Parameters
    ----------
    acc : int32 array
    scales : (s_x, s_w), each broadcasting against ``acc``
        The multiplier ``s_x · s_w / s_y`` is computed in float64 for ``"fixed_point"`` and in float32, left to
        right, for ``"float"`` – as TensorFlow Lite and ONNX Runtime do.
    y_qparams : QParams, per tensor
    requantization : "fixed_point" or "float"

    Raises
    ------
    ValueError
        For any other name, or a multiplier that is not positive and finite.
    """
    if requantization not in REQUANTIZATIONS:
        raise ValueError(f"requantization is {requantization!r}: expected 'fixed_point' or 'float'.")
    xp = array_namespace(acc)
    kind = xp.float64 if requantization == "fixed_point" else xp.float32
    s_x, s_w = (xp.astype(like(acc, scale), kind) for scale in scales)
    s_y = xp.astype(like(acc, y_qparams.scale), kind)
    multiplier = s_x * s_w / s_y
    if requantization == "fixed_point":
        return requantize_fixed_point(acc, *quantize_multiplier(multiplier), *y_qparams[1:])
    return requantize_float(acc, multiplier, *y_qparams[1:])


def multiply_fixed_point(acc: Array, mantissa: Array, shift: Array) -> Array:
    """Return ``acc · mantissa · 2^(−31−shift)`` as int64, rounded as :func:`requantize_fixed_point` says.

    Examples
    --------
    The third product, 1.25, is rounded twice: 5 · 0.5 = 2.5 → 3, then 3 / 2 = 1.5 → 2.

    >>> multiply_fixed_point(np.int32([2, -2, 5]), *quantize_multiplier(0.25)).tolist()
    [1, -1, 2]
    """
    xp = array_namespace(acc)
    mantissa = xp.astype(like(acc, mantissa), xp.int64)
    shift = xp.astype(like(acc, shift), xp.int64)
    acc = xp.clip(xp.astype(acc, xp.int64) << xp.clip(-shift, 0, 31), _INT32.min, _INT32.max)
    high = (acc * mantissa + 2**30) >> 31  # >> rounds down, so that a half goes up
    right = xp.clip(shift, 0, 32)  # beyond 32 bits nothing is left
    half = (xp.ones_like(right) << right) >> 1
    return xp.sign(high) * ((xp.abs(high) + half) >> right)


def narrow_accumulator(acc: Array, accumulator_bits: int = 32, overflow: str = "error") -> Array:
    """Return wide sums as int32, as an accumulator of ``accumulator_bits`` bits would have held them.

    Parameters
    ----------
    acc : integer array – the exact sums
    accumulator_bits : int, 2 to 32
    overflow : "error", "wrap" or "saturate"
        ``"wrap"`` is what two's-complement hardware does, whatever the order of the additions; ``"saturate"``
        limits the finished sum (hardware that saturates after *every* addition depends on their order).

    Raises
    ------
    OverflowError
        When a sum does not fit and ``overflow`` is ``"error"``.
    ValueError
        For another number of bits or name.

    Examples
    --------
    >>> narrow_accumulator(np.int64([40_000, -5]), 16, "wrap"), narrow_accumulator(np.int64([40_000]), 16, "saturate")
    (array([-25536,     -5], dtype=int32), array([32767], dtype=int32))
    """
    if overflow not in OVERFLOWS or not 2 <= accumulator_bits <= 32:
        raise ValueError(
            f"accumulator_bits is {accumulator_bits} and overflow {overflow!r}: "
            "expected 2 to 32 bits and 'error', 'wrap' or 'saturate'."
        )
    xp = array_namespace(acc)
    half = 2 ** (accumulator_bits - 1)
    if overflow == "wrap":
        acc = ((acc + half) & (2 * half - 1)) - half
    elif overflow == "saturate":
        acc = xp.clip(acc, -half, half - 1)
    elif bool(xp.any((acc < -half) | (acc >= half))):
        raise OverflowError(
            f"A sum lies outside {-half} … {half - 1}, which {accumulator_bits}-bit accumulators hold: use fewer "
            "inputs or bits, or pass overflow='wrap' or 'saturate' to see what hardware would give."
        )
    return xp.astype(acc, xp.int32)
