"""Layers in integers only: 8-bit codes in, 32-bit sums, 8-bit codes out – what an INT8 runtime computes.

A layer is an exact sum (:mod:`~zeropoint.quant.accumulate`) and a rounding (:mod:`~zeropoint.quant.requantize`).
ReLU costs nothing: when the output was calibrated after it, ``y``'s zero point is ``quant_min`` and saturation is
the ReLU.
"""

from __future__ import annotations

from typing import Unpack

from array_api_compat import array_namespace

from zeropoint.quant._arrays import Array
from zeropoint.quant.accumulate import ConvOptions, centred, integer_conv2d, integer_linear
from zeropoint.quant.affine import QParams
from zeropoint.quant.requantize import (
    AccumulatorOptions,
    multiply_fixed_point,
    narrow_accumulator,
    quantize_multiplier,
    requantize,
    requantize_fixed_point,
)


def quantized_linear(
    x_q: Array,
    w_q: Array,
    bias_q: Array | None,
    x_qparams: QParams,
    w_qparams: QParams,
    y_qparams: QParams,
    *,
    requantization: str = "fixed_point",
    **options: Unpack[AccumulatorOptions],
) -> Array:
    """Return the output codes of a linear layer.

    Parameters
    ----------
    x_q : integer array, shape (…, in)
    w_q : integer array, shape (out, in)
    bias_q : int32 array, shape (out,), of :func:`~zeropoint.quant.accumulate.quantize_bias`, or None
    x_qparams, y_qparams : QParams, per tensor
    w_qparams : QParams, per tensor or with a scale of shape (out, 1)
    requantization : "fixed_point" (integers only) or "float" (as ONNX Runtime)
    **options
        ``accumulator_bits`` and ``overflow`` of :func:`~zeropoint.quant.integer_linear`.

    Returns
    -------
    integer array, shape (…, out), in the smallest type that holds the codes of ``y_qparams``

    Raises
    ------
    OverflowError
        When a sum does not fit the accumulator.
    TypeError, ValueError
        For codes that are not integers, or shapes that do not belong together.

    Source: Jacob et al. 2018 (arXiv:1712.05877), section 2; ONNX ``QLinearMatMul``.

    Examples
    --------
    >>> import numpy as np
    >>> x = QParams(0.02, 128, 0, 255)
    >>> w = QParams(0.01, 0, -127, 127)
    >>> y = QParams(0.002, 0, -128, 127)
    >>> quantized_linear(np.uint8([[130, 125]]), np.int8([[10, 20], [-30, 40]]), np.int32([10, 10]), x, w, y)
    array([[ -3, -17]], dtype=int8)
    """
    zero_points = {"x_zero_point": x_qparams.zero_point, "w_zero_point": w_qparams.zero_point}
    acc = integer_linear(x_q, w_q, bias_q, **zero_points, **options)
    return requantize(acc, (x_qparams.scale, _per_output(w_qparams.scale, 1)), y_qparams, requantization)


def quantized_conv2d(
    x_q: Array,
    w_q: Array,
    bias_q: Array | None,
    x_qparams: QParams,
    w_qparams: QParams,
    y_qparams: QParams,
    *,
    requantization: str = "fixed_point",
    **options: Unpack[ConvOptions],
) -> Array:
    """Return the output codes of a 2-d convolution.

    Parameters
    ----------
    x_q : integer array, shape (N, C, H, W)
    w_q : integer array, shape (out, C / groups, kH, kW)
    bias_q : int32 array, shape (out,), of :func:`~zeropoint.quant.accumulate.quantize_bias`, or None
    x_qparams, y_qparams : QParams, per tensor
    w_qparams : QParams, per tensor or with a scale of shape (out, 1, 1, 1)
    requantization
        As for :func:`quantized_linear`, which also says what raises.
    **options
        ``stride``, ``padding``, ``dilation``, ``groups``, ``accumulator_bits`` and ``overflow`` of
        :func:`~zeropoint.quant.integer_conv2d`.

    Returns
    -------
    integer array, shape (N, out, H', W')

    Source: Jacob et al. 2018 (arXiv:1712.05877), section 2; ONNX ``QLinearConv``.

    Examples
    --------
    >>> import numpy as np
    >>> x = QParams(0.02, 128, 0, 255)
    >>> w = QParams(0.01, 0, -127, 127)
    >>> y = QParams(0.01, 128, 0, 255)
    >>> x_q = np.full((1, 1, 2, 2), 130, np.uint8)
    >>> w_q = np.full((1, 1, 3, 3), 100, np.int8)
    >>> quantized_conv2d(x_q, w_q, None, x, w, y, padding=1).tolist()  # 4 · 0.04 · 1.0 = 16 steps of 0.01, above 128
    [[[[144, 144], [144, 144]]]]
    """
    zero_points = {"x_zero_point": x_qparams.zero_point, "w_zero_point": w_qparams.zero_point}
    acc = integer_conv2d(x_q, w_q, bias_q, **zero_points, **options)
    return requantize(acc, (x_qparams.scale, _per_output(w_qparams.scale, 3)), y_qparams, requantization)


def quantized_add(a_q: Array, b_q: Array, a_qparams: QParams, b_qparams: QParams, y_qparams: QParams) -> Array:
    """Return the codes of ``a + b`` for two tensors with different scales, as a residual connection needs.

    As in TensorFlow Lite: both are lifted by 20 bits (12 for codes of more than 8 bits), brought to the common
    scale ``2 · max(s_a, s_b)`` by fixed-point multipliers, added as int32, and requantized.

    Parameters
    ----------
    a_q, b_q : integer arrays of one shape
    a_qparams, b_qparams, y_qparams : QParams, per tensor

    Returns
    -------
    integer array of the same shape

    Raises
    ------
    ValueError
        When the shapes differ.

    Source: Jacob et al. 2018 (arXiv:1712.05877), appendix A.2.

    Examples
    --------
    >>> import numpy as np
    >>> a = QParams(0.02, 128, 0, 255)
    >>> b = QParams(0.05, 0, 0, 255)
    >>> quantized_add(np.uint8([178]), np.uint8([40]), a, b, QParams(0.1, 0, 0, 255))  # 1.0 + 2.0
    array([30], dtype=uint8)
    """
    if tuple(a_q.shape) != tuple(b_q.shape):
        raise ValueError(f"a_q has shape {tuple(a_q.shape)} and b_q {tuple(b_q.shape)}: expected the same.")
    common = 2 * max(float(a_qparams.scale), float(b_qparams.scale))
    lift = 20 if all(p.quant_max - p.quant_min < 256 for p in (a_qparams, b_qparams)) else 12
    total = _rescaled(a_q, a_qparams, common, lift) + _rescaled(b_q, b_qparams, common, lift)
    multiplier = quantize_multiplier(common / (2**lift * float(y_qparams.scale)))
    return requantize_fixed_point(total, *multiplier, *y_qparams[1:])


def quantized_avg_pool(
    x_q: Array, x_qparams: QParams, y_qparams: QParams, *, requantization: str = "fixed_point"
) -> Array:
    """Return the codes of the mean over height and width (global average pooling).

    Dividing by ``H · W`` is part of the multiplier ``s_x / (H · W · s_y)``. The sum is small and the multiplier
    near 1, so the sum is first lifted by the bits that int32 has to spare: two roundings would show otherwise.

    Parameters
    ----------
    x_q : integer array, shape (N, C, H, W)
    x_qparams, y_qparams : QParams, per tensor
    requantization : "fixed_point" or "float"

    Returns
    -------
    integer array, shape (N, C, 1, 1)

    Examples
    --------
    >>> import numpy as np
    >>> x = QParams(0.02, 128, 0, 255)
    >>> y = QParams(0.02, 0, 0, 255)
    >>> quantized_avg_pool(np.uint8([[[[138, 148], [128, 130]]]]), x, y).tolist()  # steps (10 + 20 + 0 + 2) / 4
    [[[[8]]]]
    """
    xp = array_namespace(x_q)
    steps = centred(x_q, x_qparams.zero_point)
    pixels = x_q.shape[2] * x_q.shape[3]
    largest = pixels * (x_qparams.quant_max - x_qparams.quant_min)
    lift = max(0, 31 - largest.bit_length()) if requantization == "fixed_point" else 0
    acc = narrow_accumulator(xp.sum(steps, axis=(2, 3), keepdims=True) << lift)
    return requantize(acc, (x_qparams.scale, 1 / (pixels * 2**lift)), y_qparams, requantization)


def _rescaled(q: Array, qparams: QParams, common: float, lift: int) -> Array:
    """Return ``q − z`` in steps of ``common / 2^lift``, as int32."""
    xp = array_namespace(q)
    steps = centred(q, qparams.zero_point)
    multiplier = quantize_multiplier(float(qparams.scale) / common)
    return xp.astype(multiply_fixed_point(steps << lift, *multiplier), xp.int32)


def _per_output(scale: Array, trailing: int) -> Array:
    """Return a weight scale, shape () or (out, 1, …), in the shape of the accumulator's channels."""
    if getattr(scale, "ndim", 0) == 0:
        return scale
    return scale.reshape(-1, *[1] * (trailing - 1))
