"""What a clip costs: rulers that end at a real value, and the error of many such ends at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from zeropoint.quant import QParams, choose_qparams_affine


def fake_quantize(x: np.ndarray, clip: float, bit_width: int) -> np.ndarray:
    """Quantize with the codes −quant_max … quant_max and dequantize again, as the exercises give it.

    Parameters
    ----------
    x : float array, any shape
    clip : float, > 0
        The real value of the last code.
    bit_width : int, 2 to 16

    Returns
    -------
    float array, the shape of x

    Examples
    --------
    >>> fake_quantize(np.array([-3.0, 0.5, 0.75]), clip=1.5, bit_width=3)
    array([-1.5,  0.5,  1. ])
    """
    quant_max = 2 ** (bit_width - 1) - 1
    scale = clip / quant_max
    return np.clip(np.round(x / scale), -quant_max, quant_max) * scale


def clipped_qparams(x: np.ndarray, clip: float, bit_width: int) -> QParams:
    """Return the ruler that ends at ``clip``: symmetric, −clip … clip, or 0 … clip where no value is negative.

    Parameters
    ----------
    x : float array, any shape
    clip : float, > 0
        The real value of the last code.
    bit_width : int, 2 to 16

    Returns
    -------
    QParams
        Per tensor; the zero point is 0. Signed codes have the narrow range (−7 … 7 at 4 bits).

    Examples
    --------
    >>> qparams = clipped_qparams(np.float32([-3, 1]), clip=1.4, bit_width=4)
    >>> round(float(qparams.scale), 3), qparams.quant_min, qparams.quant_max
    (0.2, -7, 7)
    """
    if float(x.min()) >= 0:
        return choose_qparams_affine(0.0, clip, bit_width=bit_width)
    return choose_qparams_affine(-clip, clip, bit_width=bit_width, signed=True, symmetric=True, narrow_range=True)


def clip_errors(x: np.ndarray, clips: Sequence[float] | np.ndarray, bit_width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean squared error of each clip, in its two parts.

    A value is *clipped* when it lies more than half a step beyond the last level: only then its error is larger than
    rounding can make it. Both parts are divided by the number of all values; their sum is the mean squared error.

    Parameters
    ----------
    x : float array, any shape
    clips : floats, > 0
        Real values of the last code; see :func:`clipped_qparams`.
    bit_width : int, 2 to 16

    Returns
    -------
    rounding, clipping : float64 arrays, shape (len(clips),), in units of x squared

    Examples
    --------
    >>> rounding, clipping = clip_errors(np.float32([0, 0.4, 9, -1]), [3.0], bit_width=3)
    >>> print(rounding.round(6), clipping.round(6))
    [0.04] [9.]
    """
    return SortedSums.of(x).errors(np.asarray(clips, dtype=np.float64), clipped_qparams(x, 1.0, bit_width))


class SortedSums(NamedTuple):
    """Sorted values with running sums, so that the error of a clip costs a few look-ups, not a pass over all values.

    Attributes
    ----------
    ordered : float64 array, shape (n,)
    first : float64 array, shape (n + 1,) – sums of the smallest i values
    second : float64 array, shape (n + 1,) – sums of the squares of the smallest i values
    """

    ordered: np.ndarray
    first: np.ndarray
    second: np.ndarray

    @classmethod
    def of(cls, x: np.ndarray) -> SortedSums:
        """Return the sums of an array of any shape."""
        ordered = np.sort(x.astype(np.float64), axis=None)
        return cls(
            ordered,
            first=np.concatenate([[0.0], np.cumsum(ordered)]),
            second=np.concatenate([[0.0], np.cumsum(ordered**2)]),
        )

    def errors(self, clips: np.ndarray, qparams: QParams) -> tuple[np.ndarray, np.ndarray]:
        """Return rounding and clipping error of each clip, as :func:`clip_errors` does, for the codes of ``qparams``.

        For each level q it is Σ (x − q)² = Σ x² − 2 q Σ x + n q², over the n values that q stands for.
        """
        low = qparams.quant_min
        high = qparams.quant_max
        scales = clips[:, None] / high  # (clips, 1)
        borders = (np.arange(low, high + 2) - 0.5) * scales  # (clips, levels + 1)
        places = np.searchsorted(self.ordered, borders)
        places[:, -1] = np.searchsorted(self.ordered, borders[:, -1], side="right")  # half a step beyond is rounding
        places = np.pad(places, ((0, 0), (1, 0)))  # what is clipped below starts at 0
        places = np.pad(places, ((0, 0), (0, 1)), constant_values=self.ordered.size)
        levels = np.clip(np.arange(low - 1, high + 2), low, high) * scales  # (clips, levels + 2), the ends twice
        count = np.diff(places)
        sum_x = np.diff(self.first[places])
        sum_x2 = np.diff(self.second[places])
        squares = sum_x2 - 2 * levels * sum_x + count * levels**2
        rounding = squares[:, 1:-1].sum(axis=1)
        clipping = squares[:, 0] + squares[:, -1]
        return rounding / self.ordered.size, clipping / self.ordered.size
