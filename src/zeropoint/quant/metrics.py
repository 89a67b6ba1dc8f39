"""How much was lost, and how much was saved."""

from __future__ import annotations

import math

from array_api_compat import array_namespace

from zeropoint.quant._arrays import Array


def mse(x: Array, x_hat: Array) -> float:
    """Return the mean squared error between a tensor and its quantized version (same shape).

    Raises
    ------
    ValueError
        When the shapes differ or the tensors are empty.
    """
    _check_pair(x, x_hat)
    xp = array_namespace(x, x_hat)
    difference = xp.astype(x, xp.float64) - xp.astype(x_hat, xp.float64)
    return float(xp.mean(difference * difference))


def sqnr_db(x: Array, x_hat: Array) -> float:
    """Return the signal-to-quantization-noise ratio ``10 · log10(Σx² / Σ(x − x̂)²)`` in decibels.

    Higher is better; every bit is worth about 6 dB. No error at all gives ``inf``, a signal of zeros with an
    error gives ``-inf``.

    Raises
    ------
    ValueError
        When the shapes differ or the tensors are empty.

    Examples
    --------
    >>> import numpy as np
    >>> round(sqnr_db(np.float32([3, 4]), np.float32([3, 4.5])), 2)
    20.0
    """
    noise = mse(x, x_hat)
    xp = array_namespace(x)
    signal = float(xp.mean(xp.astype(x, xp.float64) ** 2))
    if noise == 0:
        return math.inf
    return 10 * math.log10(signal / noise) if signal > 0 else -math.inf


def nbytes(count: int, bit_width: int) -> int:
    """Return the bytes that ``count`` codes of ``bit_width`` bits take when packed without gaps.

    Examples
    --------
    >>> nbytes(45_000_000, 32), nbytes(45_000_000, 8), nbytes(3, 4)
    (180000000, 45000000, 2)
    """
    return -(-count * bit_width // 8)


def _check_pair(x: Array, x_hat: Array) -> None:
    if tuple(x.shape) != tuple(x_hat.shape):
        raise ValueError(
            f"x has shape {tuple(x.shape)} and x_hat {tuple(x_hat.shape)}: expected the same tensor before and after."
        )
    if 0 in tuple(x.shape):
        raise ValueError("x is empty: an error needs at least one value.")
