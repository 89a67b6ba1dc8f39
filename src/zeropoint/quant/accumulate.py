"""Sums of products of integer codes: what the multiply–accumulate units of an INT8 processor compute.

With ``x = s_x (x_q − z_x)`` and ``w = s_w (w_q − z_w)`` a sum of products plus bias is
``s_x s_w [ Σ x_q (w_q − z_w) + b_q − z_x Σ (w_q − z_w) ]``: what does not depend on ``x_q`` is one integer a
channel and goes into the bias, once, offline.

The sums are exact: float64 carries whole numbers up to 2^53 without error, and its matrix product is many times
quicker than an integer one. Everything that a function takes or returns is an integer.
"""

from __future__ import annotations

from itertools import product

from array_api_compat import array_namespace, device

from zeropoint.quant._arrays import Array, like
from zeropoint.quant.requantize import AccumulatorOptions, narrow_accumulator
from zeropoint.quant.window import Pair, Window, pair


class ConvOptions(AccumulatorOptions, total=False):
    """The keywords of :func:`integer_conv2d` that say how the kernel moves, and how wide the accumulators are."""

    stride: Pair
    padding: Pair
    dilation: Pair
    groups: int


def quantize_bias(bias: Array, x_scale: Array, w_scale: Array) -> Array:
    """Return the bias as int32 in steps of ``s_x · s_w``, the unit of the accumulator; its zero point is 0.

    Parameters
    ----------
    bias : float array, shape (out,)
    x_scale : float or array, shape ()
    w_scale : array, shape () or (out, 1, …)

    Raises
    ------
    OverflowError
        When a bias needs more than 32 bits: its channel has almost no weights, and so a tiny scale.

    Source: Jacob et al. 2018 (arXiv:1712.05877), section 2.4, equation 11.

    Examples
    --------
    >>> import numpy as np
    >>> quantize_bias(np.float32([0.5, -0.01]), 0.02, np.float32([[0.01], [0.001]]))
    array([2500, -500], dtype=int32)
    """
    xp = array_namespace(bias)
    unit = xp.astype(like(bias, x_scale), xp.float64) * xp.reshape(xp.astype(like(bias, w_scale), xp.float64), (-1,))
    steps = xp.round(xp.astype(bias, xp.float64) / unit)
    if not bool(xp.all(xp.abs(steps) < 2.0**31)):
        raise OverflowError(
            f"A bias needs {float(xp.max(xp.abs(steps))):.1e} steps of s_x · s_w, and int32 holds 2.1e+09: "
            "give the channel a larger weight scale (its weights are almost zero)."
        )
    return xp.astype(steps, xp.int32)


def fold_zero_point(w_q: Array, bias_q: Array | None, x_zero_point: Array, w_zero_point: Array | int = 0) -> Array:
    """Return the bias with the cross terms of the zero points in it, ``b' = b − z_x Σ (w_q − z_w)``.

    Parameters
    ----------
    w_q : integer array, shape (out, in) or (out, in, kH, kW)
    bias_q : int32 array, shape (out,), or None
    x_zero_point : array or int
    w_zero_point : array or int, shape () or (out, 1, …)

    Returns
    -------
    int32 array, shape (out,)

    Raises
    ------
    OverflowError
        When the folded bias does not fit 32 bits.

    Source: Jacob et al. 2018 (arXiv:1712.05877), section 2.3, equation 7.

    Examples
    --------
    >>> import numpy as np
    >>> fold_zero_point(np.int8([[1, 2], [-3, 4]]), np.int32([10, 10]), 128)
    array([-374, -118], dtype=int32)
    """
    xp = array_namespace(w_q)
    weights = centred(w_q, w_zero_point)
    folded = -xp.astype(like(w_q, x_zero_point), xp.int64) * xp.sum(weights, axis=tuple(range(1, w_q.ndim)))
    return narrow_accumulator(folded if bias_q is None else xp.astype(bias_q, xp.int64) + folded)


def integer_linear(
    x_q: Array,
    w_q: Array,
    bias_q: Array | None = None,
    *,
    x_zero_point: Array | int = 0,
    w_zero_point: Array | int = 0,
    accumulator_bits: int = 32,
    overflow: str = "error",
) -> Array:
    """Return the accumulators ``Σ (x_q − z_x)(w_q − z_w) + b_q`` of a linear layer.

    Parameters
    ----------
    x_q : integer array, shape (…, in)
    w_q : integer array, shape (out, in)
    bias_q : int32 array, shape (out,), or None
    x_zero_point : array or int
    w_zero_point : array or int, shape () or (out, 1)
    accumulator_bits, overflow
        See :func:`~zeropoint.quant.requantize.narrow_accumulator`.

    Returns
    -------
    int32 array, shape (…, out); one step is worth ``s_x · s_w``

    Raises
    ------
    OverflowError
        When a sum does not fit the accumulator.
    TypeError, ValueError
        For codes that are not integers, or shapes that do not belong together.

    Examples
    --------
    >>> import numpy as np
    >>> integer_linear(np.uint8([[130, 125]]), np.int8([[1, 2], [-3, 4]]), np.int32([10, 10]), x_zero_point=128)
    array([[ 6, -8]], dtype=int32)
    """
    _check_layer(x_q, w_q, x_q.shape[-1:], 1, "(…, in)", "(out, in)")
    xp = array_namespace(x_q, w_q)
    weights = xp.astype(centred(w_q, w_zero_point), xp.float64)
    total = xp.astype(xp.matmul(xp.astype(x_q, xp.float64), weights.T), xp.int64)  # (…, out)
    total = total + xp.astype(fold_zero_point(w_q, bias_q, x_zero_point, w_zero_point), xp.int64)
    return narrow_accumulator(total, accumulator_bits, overflow)


def integer_conv2d(
    x_q: Array,
    w_q: Array,
    bias_q: Array | None = None,
    *,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    groups: int = 1,
    x_zero_point: Array | int = 0,
    w_zero_point: Array | int = 0,
    accumulator_bits: int = 32,
    overflow: str = "error",
) -> Array:
    """Return the accumulators of a 2-d convolution; padding is ``z_x``, the code of the real 0.

    Parameters
    ----------
    x_q : integer array, shape (N, C, H, W)
    w_q : integer array, shape (out, C / groups, kH, kW)
    bias_q : int32 array, shape (out,), or None
    stride, padding, dilation : int or (vertical, horizontal)
    groups : int – C for a depthwise convolution
    x_zero_point : array or int
    w_zero_point : array or int, shape () or (out, 1, 1, 1)
    accumulator_bits, overflow
        See :func:`~zeropoint.quant.requantize.narrow_accumulator`.

    Returns
    -------
    int32 array, shape (N, out, H', W'); one step is worth ``s_x · s_w``

    Raises
    ------
    OverflowError
        When a sum does not fit the accumulator.
    TypeError, ValueError
        For codes that are not integers, or shapes that do not belong together.

    Examples
    --------
    >>> import numpy as np
    >>> x_q = np.full((1, 1, 2, 2), 130, np.uint8)
    >>> w_q = np.ones((1, 1, 3, 3), np.int8)
    >>> integer_conv2d(x_q, w_q, padding=1, x_zero_point=128).tolist()  # 4 values of 2, and zeros around them
    [[[[8, 8], [8, 8]]]]
    """
    _check_layer(x_q, w_q, x_q.shape[1:2], groups, "(N, C, H, W)", "(out, C / groups, kH, kW)")
    xp = array_namespace(x_q, w_q)
    window = Window(pair(stride), pair(padding), pair(dilation), groups)
    weights = xp.astype(centred(w_q, w_zero_point), xp.float64)
    total = xp.astype(_correlate(_padded(x_q, window, x_zero_point), weights, window), xp.int64)
    folded = xp.astype(fold_zero_point(w_q, bias_q, x_zero_point, w_zero_point), xp.int64)
    return narrow_accumulator(total + folded[:, None, None], accumulator_bits, overflow)


def _correlate(x: Array, weights: Array, window: Window) -> Array:
    """Return the convolution of a padded input: one matrix product for each position in the kernel."""
    xp = array_namespace(x, weights)
    n, channels, height, width = x.shape
    out, _, kh, kw = weights.shape
    groups = window.groups
    rows = window.positions(0, height, kh)
    columns = window.positions(1, width, kw)
    if rows < 1 or columns < 1:
        raise ValueError(f"The kernel {kh}×{kw} does not fit the padded input {height}×{width}: add padding.")
    total = 0
    for i, j in product(range(kh), range(kw)):
        met = x[:, :, window.met_by(0, i, rows), window.met_by(1, j, columns)]  # (N, C, H', W')
        met = xp.reshape(met, (n, groups, channels // groups, rows * columns))
        tap = xp.reshape(weights[:, :, i, j], (groups, out // groups, channels // groups))
        total = total + xp.matmul(tap, met)  # (N, groups, out / groups, H' · W')
    return xp.reshape(total, (n, out, rows, columns))


def _padded(x_q: Array, window: Window, x_zero_point: Array | int) -> Array:
    xp = array_namespace(x_q)
    n, channels, height, width = x_q.shape
    top, left = window.padding
    shape = (n, channels, height + 2 * top, width + 2 * left)
    padded = xp.full(shape, float(x_zero_point), dtype=xp.float64, device=device(x_q))
    padded[:, :, top : top + height, left : left + width] = xp.astype(x_q, xp.float64)
    return padded


def centred(codes: Array, zero_point: Array | int) -> Array:
    """Return ``codes − zero_point`` as int64, in which neither can wrap around."""
    xp = array_namespace(codes)
    return xp.astype(codes, xp.int64) - xp.astype(like(codes, zero_point), xp.int64)


def _check_layer(x_q: Array, w_q: Array, inputs: tuple[int, ...], groups: int, x_shape: str, w_shape: str) -> None:
    xp = array_namespace(x_q, w_q)
    for name, codes in (("x_q", x_q), ("w_q", w_q)):
        if not xp.isdtype(codes.dtype, "integral"):
            raise TypeError(f"{name} is {codes.dtype}: expected integer codes, as quantize_affine returns them.")
    fits = w_q.ndim == w_shape.count(",") + 1 and (w_q.ndim == 2 or x_q.ndim == 4)
    if not fits or inputs != (groups * w_q.shape[1],) or w_q.shape[0] % groups:
        raise ValueError(
            f"x_q has shape {tuple(x_q.shape)} and w_q {tuple(w_q.shape)} with groups={groups}: "
            f"expected {x_shape} and {w_shape}."
        )
