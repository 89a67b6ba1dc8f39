"""Small floating-point numbers: FP8, FP4, and microscaling blocks (MX) that share a power-of-two scale.

An integer grid has the same step everywhere; a float has a finer step near zero and a coarser one far out. Everything
here fake-quantizes: float32 in, float32 out, every value one that the small format can hold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from array_api_compat import array_namespace

from zeropoint.quant._arrays import Array, like
from zeropoint.quant._blockwise import blockwise
from zeropoint.quant.granularity import Granularity, PerGroup, PerTensor

_E8M0_MIN = 2.0**-127  # a byte that holds an exponent and nothing else
_E8M0_MAX = 2.0**127


@dataclass(frozen=True)
class FloatFormat:
    """A small number format: sign, exponent, mantissa.

    Attributes
    ----------
    name : str
    bit_width : int
    mantissa_bits : int – digits behind the leading 1; they set the relative precision
    min_exponent : int – of the smallest normal number; below ``2**min_exponent`` the step stays the same (*subnormal*)
    max_val : float – the largest value; there is no infinity here, larger ones saturate

    Examples
    --------
    >>> E4M3.max_exponent, E4M3.smallest
    (8, 0.001953125)
    """

    name: str
    bit_width: int
    mantissa_bits: int
    min_exponent: int
    max_val: float

    @property
    def max_exponent(self) -> int:
        """The exponent of the largest value, e.g. 8 for 448 = 1.75 · 2⁸."""
        return math.frexp(self.max_val)[1] - 1

    @property
    def smallest(self) -> float:
        """The smallest value above 0, which is the step near zero too."""
        return 2.0 ** (self.min_exponent - self.mantissa_bits)

    def __str__(self) -> str:
        return self.name


E4M3 = FloatFormat("E4M3", 8, mantissa_bits=3, min_exponent=-6, max_val=448.0)  # FP8, and in blocks MXFP8
E5M2 = FloatFormat("E5M2", 8, mantissa_bits=2, min_exponent=-14, max_val=57344.0)  # FP8, and in blocks MXFP8
E2M1 = FloatFormat("E2M1", 4, mantissa_bits=1, min_exponent=0, max_val=6.0)  # in blocks MXFP4
#: The integer element of MXINT8: steps of 1/64 up to 127/64. An integer grid is a float with a single exponent.
MX_INT8 = FloatFormat("INT8", 8, mantissa_bits=6, min_exponent=0, max_val=127 / 64)
#: Every format that this module knows; the tests go through them.
FORMATS = (E4M3, E5M2, E2M1, MX_INT8)


def fake_quantize_float(x: Array, fmt: FloatFormat, scale: Array | float = 1.0) -> Array:
    """Return ``x`` rounded to the values ``scale · v`` that a small float ``v`` can stand for.

    Rounds half to even; a value beyond the largest saturates, an infinite one too; NaN stays NaN.

    Parameters
    ----------
    x : float32 array, any shape
    fmt : FloatFormat
    scale : array or number, > 0, broadcasting against ``x``
        The real value of the number 1.0; see :func:`choose_float_scale`.

    Returns
    -------
    float32 array of the shape of ``x``

    Raises
    ------
    TypeError
        When ``x`` does not hold floating-point values.

    Source: Micikevicius et al. 2022, "FP8 Formats for Deep Learning" (arXiv:2209.05433), section 3, table 1; the
    conversion is the saturating one of OCP "8-bit Floating Point Specification" (OFP8) v1.0.

    Examples
    --------
    >>> import numpy as np
    >>> fake_quantize_float(np.float32([0.3, 17, 19, 500]), E4M3).tolist()
    [0.3125, 16.0, 20.0, 448.0]
    """
    xp = array_namespace(x)
    if not xp.isdtype(x.dtype, "real floating"):
        raise TypeError(f"x is {x.dtype}: expected real (floating-point) values; call astype(float32) first.")
    return blockwise(lambda x, scale: _round_trip(x, scale, fmt), x, xp.astype(like(x, scale), xp.float32))


def _round_trip(x: Array, scale: Array, fmt: FloatFormat) -> Array:
    xp = array_namespace(x)
    v = xp.clip(xp.astype(x, xp.float32) / scale, -fmt.max_val, fmt.max_val)
    binade = xp.clip(_power_below(xp, v), 2.0**fmt.min_exponent, None)  # 2^e: the step grows with the value
    step = binade * 2.0**-fmt.mantissa_bits
    return xp.round(v / step) * step * scale


def choose_float_scale(x: Array, fmt: FloatFormat, granularity: Granularity | None = None) -> Array:
    """Return the scale with which the largest magnitude of each granule becomes the largest value of the format.

    Parameters
    ----------
    x : float array
    fmt : FloatFormat
    granularity : PerTensor (the default), PerAxis or PerGroup

    Returns
    -------
    float32 array that broadcasts against ``x``; 1 for a granule of zeros

    Examples
    --------
    >>> import numpy as np
    >>> float(choose_float_scale(np.float32([-3.5, 0.25]), E4M3)) == 3.5 / 448 == 2**-7
    True
    """
    xp = array_namespace(x)
    granularity = granularity or PerTensor()
    scale = xp.astype(granularity.reduce(xp.max, xp.abs(x)), xp.float32) / fmt.max_val
    usable = scale >= xp.finfo(xp.float32).smallest_normal
    return granularity.expand(xp.where(usable, scale, xp.ones_like(scale)))


def fake_quantize_mx(x: Array, fmt: FloatFormat, *, axis: int = -1, block_size: int = 32) -> Array:
    """Return ``x`` after a round trip through a microscaling (MX) format: blocks that share a power-of-two scale.

    The scale is one byte, E8M0: an exponent without sign or mantissa. ``2^(⌊log2 max|x|⌋ − e_max)`` moves the largest
    value of the block into the highest binade of the element, where a few of the largest values may saturate. A value
    takes ``bit_width + 8 / block_size`` bits.

    Parameters
    ----------
    x : float32 array
    fmt : FloatFormat – of the elements, such as one of :data:`FORMATS`
    axis : int – along which the blocks lie
    block_size : int – 32 in the specification

    Returns
    -------
    float32 array of the shape of ``x``; a block with NaN or infinity is NaN as a whole, for its scale is

    Raises
    ------
    ValueError
        When the axis does not divide into blocks.

    Source: OCP "Microscaling Formats (MX) Specification" v1.0, sections 5 and 6.3; Rouhani et al. 2023
    (arXiv:2310.10537), algorithm 1.

    Examples
    --------
    >>> import numpy as np
    >>> fake_quantize_mx(np.float32([7, 2.4, 0.3, -1]), E2M1, block_size=4)
    array([ 6. ,  2. ,  0.5, -1. ], dtype=float32)
    """
    xp = array_namespace(x)
    blocks = PerGroup(block_size, axis)
    largest = xp.astype(blocks.reduce(xp.max, xp.abs(x)), xp.float32)
    largest = xp.where(xp.isfinite(largest), largest, xp.full_like(largest, xp.nan))
    scale = xp.clip(_power_below(xp, largest) * 2.0**-fmt.max_exponent, _E8M0_MIN, _E8M0_MAX)
    return fake_quantize_float(x, fmt, blocks.expand(xp.where(largest == 0, xp.ones_like(scale), scale)))


def _power_below(xp: Any, x: Array) -> Array:
    """Return ``2^⌊log2 |x|⌋``, exactly, which a logarithm in float32 would not give; 0 for 0, NaN for NaN."""
    mantissa, _ = xp.frexp(x)  # 0.5 ≤ |mantissa| < 1
    return x / xp.where(x == 0, xp.ones_like(x), 2 * mantissa)
