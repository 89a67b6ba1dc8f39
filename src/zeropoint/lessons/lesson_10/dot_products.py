"""A layer as rows of dot products: the sums of pairs for any bits, and how many of them 16 bits cannot hold."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from zeropoint.deploy.saturation import beyond_int16, pair_sums
from zeropoint.quant import choose_qparams_affine, quantize_affine


class DotProducts(NamedTuple):
    """What a layer multiplies, as rows of dot products.

    Attributes
    ----------
    x : float32 array, shape (rows, K) – activations, neighbours in memory side by side
    w : float32 array, shape (out, K)
    x_range : (min, max) of all activations of the layer
    """

    x: np.ndarray
    w: np.ndarray
    x_range: tuple[float, float]

    def pair_sums(self, weight_bits: int, activation_bits: int) -> np.ndarray:
        """Return the sums of neighbouring products of codes, exact: int32, shape (rows, out, K // 2)."""
        x_qparams = choose_qparams_affine(*self.x_range, bit_width=activation_bits)
        low = self.w.min(1, keepdims=True)  # (out, 1): per channel
        high = self.w.max(1, keepdims=True)
        w_qparams = choose_qparams_affine(low, high, bit_width=weight_bits, signed=True, symmetric=True)
        u = quantize_affine(self.x, *x_qparams)
        s = quantize_affine(self.w, *w_qparams)
        return pair_sums(u[:, None, :], s[None, :, :])


def hit_share(layer: DotProducts, weight_bits: int, activation_bits: int) -> float:
    """Return the percentage of a layer's dot products with at least one saturated pair.

    Parameters
    ----------
    layer : DotProducts
    weight_bits, activation_bits : int, 2 to 8

    Examples
    --------
    >>> extreme = DotProducts(np.ones((2, 4), np.float32), np.ones((1, 4), np.float32), (0.0, 1.0))
    >>> hit_share(extreme, 8, 8), hit_share(extreme, 7, 8)
    (100.0, 0.0)
    """
    sums = layer.pair_sums(weight_bits, activation_bits)
    return 100 * float(np.mean(beyond_int16(sums).any(2)))
