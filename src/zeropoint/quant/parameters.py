"""Weights and biases on their grids: ranges of weights, and int32 biases that an accumulator can start from."""

from __future__ import annotations

from collections.abc import Callable

import torch
from array_api_compat import array_namespace
from torch import Tensor, nn

from zeropoint.quant._arrays import Array
from zeropoint.quant.accumulate import quantize_bias
from zeropoint.quant.affine import QParams, fake_quantize_affine
from zeropoint.quant.granularity import Granularity
from zeropoint.quant.observers import CodeOptions, MinMaxObserver, granular_qparams
from zeropoint.quant.operators import Weighted

WEIGHT_CODES: CodeOptions = {"signed": True, "narrow_range": True}  # −127 … 127 at 8 bits
_SHARES = torch.linspace(1, 0.2, 81).tolist()  # of the largest weight, in steps of 1 %
_BIAS_STEPS = 2**30  # a bias takes at most half of what int32 holds, which leaves room to sum


def choose_weight_qparams(weight: Array, bit_width: int, granularity: Granularity, method: str = "minmax") -> QParams:
    """Return signed, symmetric, narrow-range quantization parameters of a layer's weights.

    Parameters
    ----------
    weight : float array, e.g. shape (out, in, kH, kW)
    bit_width : int, 2 to 16
    granularity : PerTensor, PerAxis or PerGroup
    method : str
        The name of a row of :data:`WEIGHT_RANGES`.

    Raises
    ------
    ValueError
        For an unknown method, and whatever the granularity refuses.

    Examples
    --------
    >>> import numpy as np
    >>> from zeropoint.quant import PerTensor
    >>> weight = np.float32([[0.1, 0.2, 0.3, 0.1, 0.2, 0.9]])
    >>> for method in ("minmax", "mse"):
    ...     qparams = choose_weight_qparams(weight, 3, PerTensor(), method)
    ...     print(method, fake_quantize_affine(weight, *qparams).round(2))
    minmax [[0.  0.3 0.3 0.  0.3 0.9]]
    mse [[0.   0.28 0.28 0.   0.28 0.85]]
    """
    options: CodeOptions = {"bit_width": bit_width, "symmetric": True, **WEIGHT_CODES}
    if method not in WEIGHT_RANGES:
        raise ValueError(f"method is {method!r}: expected one of {', '.join(map(repr, WEIGHT_RANGES))}.")
    low, high = WEIGHT_RANGES[method](weight, granularity, options)
    return granular_qparams(low, high, granularity, **options)


def minmax_weights(weight: Array, granularity: Granularity, _options: CodeOptions) -> tuple[Array, Array]:
    """Return the extremes of each granule: no weight is clipped."""
    observer = MinMaxObserver(granularity)
    observer.observe(weight)
    return observer.min_val, observer.max_val


def mse_weights(weight: Array, granularity: Granularity, options: CodeOptions) -> tuple[Array, Array]:
    """Return, for each granule, that share of its largest weight, 20 % to 100 %, which gives the least squared error.

    Source: Nagel et al. 2021 (arXiv:2106.08295), section 3.1, "Mean squared error (MSE)".
    """
    xp = array_namespace(weight)
    largest = granularity.reduce(xp.max, xp.abs(weight))
    best = largest
    least = xp.full_like(largest, xp.inf)
    for share in _SHARES:  # from all of it down: of equals the one that clips least wins
        qparams = granular_qparams(-share * largest, share * largest, granularity, **options)
        error = granularity.reduce(xp.sum, (weight - fake_quantize_affine(weight, *qparams)) ** 2)
        best = xp.where(error < least, share * largest, best)
        least = xp.minimum(error, least)
    return -best, best


#: Every way to choose the range of weights, by its name as the ``weight_range`` of a :class:`~zeropoint.quant.QConfig`:
#: a function of the weights, the granularity and the type of the codes, which returns the ends of each granule's range.
WEIGHT_RANGES: dict[str, Callable[[Array, Granularity, CodeOptions], tuple[Array, Array]]] = {
    "minmax": minmax_weights,
    "mse": mse_weights,
}


def lowest_weight_scale(bias: Tensor, x_scale: Tensor, w_scale: Tensor) -> Tensor:
    """Return the smallest weight scale, shape () or (out, 1, …) as ``w_scale``, with which the bias fits int32.

    A channel whose weights are almost zero (say 1e-30, a dead channel) has a tiny scale, and its bias would need more
    steps of ``s_x · s_w`` than int32 has. Such a channel gets a larger scale: its weights become 0, its bias is exact
    to within a billionth.
    """
    lowest = bias.abs() / (x_scale * _BIAS_STEPS)  # (out,)
    return lowest.reshape(w_scale.shape) if w_scale.ndim else lowest.max()


@torch.no_grad()
def round_bias(layer: Weighted, x_scale: Tensor, w_scale: Tensor) -> QParams:
    """Replace a layer's bias by the nearest on the grid of its int32 accumulator; return that grid.

    Returns
    -------
    QParams
        ``scale`` of shape () or (out,): the product of input scale and weight scale; zero point 0.

    Source: Jacob et al. 2018 (arXiv:1712.05877), section 2.4, equation 11.
    """
    steps = quantize_bias(layer.bias, x_scale, w_scale)
    scale = x_scale.double() * w_scale.double().flatten()  # int32 steps of it: more digits than float32 has
    layer.bias = nn.Parameter((steps * scale).to(layer.bias))  # its own: another layer may share the float one
    return QParams(scale.float(), torch.zeros((), dtype=torch.int32), -(2**31), 2**31 - 1)
