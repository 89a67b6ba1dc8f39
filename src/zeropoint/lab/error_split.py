"""The error of quantization, split by its two causes: what the ruler measures, and its pictures draw."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from zeropoint.quant import QParams, dequantize_affine, fake_quantize_affine
from zeropoint.quant._arrays import Array

_NO_CLAMP = 2**24  # beyond every code, and float32 still counts in ones up to here


class ErrorSplit(NamedTuple):
    """The error of quantization, by its two causes.

    Attributes
    ----------
    rounding : float – part of the mean squared error from values that round to a level
    clipping : float – part from values beyond the last level, which saturate
    sqnr_db : float – signal-to-quantization-noise ratio in decibels; inf without error
    errors : float64 array, shape (n,) – x̂ − x
    clipped : bool array, shape (n,) – which values saturate
    """

    rounding: float
    clipping: float
    sqnr_db: float
    errors: np.ndarray
    clipped: np.ndarray


def flat_values(x: Array) -> np.ndarray:
    """Return any real tensor as one flat NumPy array.

    Parameters
    ----------
    x : float NumPy array or torch tensor, any shape, any device
        With or without gradient.

    Returns
    -------
    float32 array, shape (n,)

    Raises
    ------
    TypeError
        When ``x`` is not an array of floating-point values.
    ValueError
        When it is empty or holds NaN or infinities.

    Examples
    --------
    >>> flat_values(np.array([[0.5, -1.0]]))
    array([ 0.5, -1. ], dtype=float32)
    """
    if hasattr(x, "detach"):  # a torch tensor, told without importing torch
        x = x.detach().cpu()
        values = x.float().numpy() if x.is_floating_point() else x.numpy()  # NumPy has no bfloat16
    else:
        values = np.asarray(x)
    if not np.issubdtype(values.dtype, np.floating):
        raise TypeError(f"x holds {values.dtype} values: expected real (floating-point) ones; convert it to float32.")
    if values.size == 0:
        raise ValueError(f"x has shape {values.shape} and no values: expected at least one; pass a real tensor.")
    values = values.astype(np.float32).ravel()
    if not np.isfinite(values).all():
        raise ValueError("x holds NaN or infinities: expected finite values; find the layer that made them.")
    return values


def split_error(x: np.ndarray, qparams: QParams, weights: np.ndarray | None = None) -> ErrorSplit:
    """Quantize and dequantize, and say how much of the error is rounding and how much is clipping.

    A value is *clipped* when its code would lie outside ``quant_min … quant_max`` before it saturates; both
    parts are divided by the number of all values, so that they add up to the mean squared error.

    Parameters
    ----------
    x : float32 array, shape (n,)
    qparams : QParams
        Per tensor.
    weights : float array, shape (n,), optional
        How many values of the whole tensor each value of a sample stands for.

    Examples
    --------
    >>> from zeropoint.quant import choose_qparams_affine
    >>> split = split_error(np.array([0, 0.4, 9], np.float32), choose_qparams_affine(0, 3, bit_width=2))
    >>> print(f"{split.rounding:.4f} {split.clipping:.4f}")
    0.0533 12.0000
    """
    scale, zero_point, quant_min, quant_max = qparams
    free = fake_quantize_affine(x, scale, zero_point, -_NO_CLAMP, _NO_CLAMP)
    low, high = dequantize_affine(np.array([quant_min, quant_max]), scale, zero_point)
    clipped = (free < low) | (free > high)
    errors = fake_quantize_affine(x, *qparams).astype(np.float64) - x
    share = np.full(x.size, 1 / x.size) if weights is None else weights / np.sum(weights, dtype=np.float64)
    squares = share * errors**2
    rounding = float(squares[~clipped].sum())
    clipping = float(squares[clipped].sum())
    signal = float(np.sum(share * x.astype(np.float64) ** 2))
    with np.errstate(divide="ignore"):  # no error gives inf, no signal −inf
        ratio = np.float64(signal) / (rounding + clipping) if rounding + clipping else np.inf
        return ErrorSplit(rounding, clipping, float(10 * np.log10(ratio)), errors, clipped)
