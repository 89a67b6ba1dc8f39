"""What a step size is told: the slope of fake quantization over its step, and the error that follows from the step.

Codes are unsigned and the zero point is 0 here, as after a ReLU.
"""

from __future__ import annotations

import numpy as np

from zeropoint.quant import QParams, fake_quantize_affine, quant_range
from zeropoint.quant._arrays import Array

_SWEEP = 60  # step sizes of the error curve


def ends(bit_width: int) -> tuple[int, int]:
    """Return the first and the last code."""
    return quant_range(bit_width, signed=False)


def on_grid(x: Array, step: float, bit_width: int) -> np.ndarray:
    """Return x̂, the fake-quantized values, of the shape of ``x``."""
    return fake_quantize_affine(x, *QParams(np.float64(step), np.int32(0), *ends(bit_width)))


def step_slope(x: Array, step: float, bit_width: int) -> np.ndarray:
    """Return the slope of x̂ over the step, value by value: with v = x / step, round(v) − v inside, the code outside.

    Parameters
    ----------
    x : float array
    step : float – the scale
    bit_width : int – unsigned codes, zero point 0

    Returns
    -------
    float64 array, shape of ``x``

    Source: Esser et al. 2020 (arXiv:1902.08153), equation 3.

    Examples
    --------
    >>> step_slope(np.array([0.35, 0.5, 9.0]), step=0.2, bit_width=2)
    array([ 0.25, -0.5 ,  3.  ])
    """
    low, high = ends(bit_width)
    v = np.asarray(x, dtype=np.float64) / step
    return np.where((v >= low) & (v <= high), np.round(v) - v, np.clip(v, low, high))


def error_slope(x: Array, step: float, bit_width: int) -> float:
    """Return the slope of half the mean squared error over the step by LSQ's chain rule: mean of (x̂ − x) · slope.

    Examples
    --------
    >>> error_slope(np.array([0.35, 0.5, 9.0]), step=0.2, bit_width=2) < 0  # 9.0 is clipped: a larger step helps
    True
    """
    x = np.asarray(x, dtype=np.float64)
    return float(np.mean((on_grid(x, step, bit_width) - x) * step_slope(x, step, bit_width)))


def share_inside(x: Array, step: float, bit_width: int) -> float:
    """Return the share of the values, in percent, whose gradient passes through."""
    low, high = ends(bit_width)
    v = np.asarray(x, dtype=np.float64) / step
    return float(100 * np.mean((v >= low) & (v <= high)))


def error_curve(x: Array, steps: Array, bit_width: int) -> np.ndarray:
    """Return the mean squared error of a tensor with each of the step sizes."""
    x = np.asarray(x, dtype=np.float64)
    return np.array([np.mean((on_grid(x, step, bit_width) - x) ** 2) for step in steps])


def sweep(x: Array, bit_width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return step sizes from very small to min-max, and the error of each."""
    last_code = ends(bit_width)[1]
    steps = np.linspace(0.02, 1, _SWEEP) * float(np.max(x)) / last_code
    return steps, error_curve(x, steps, bit_width)
