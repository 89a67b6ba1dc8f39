"""A histogram of everything an observer has seen, in bounded memory, and the ranges that can be read from it.

The bins are a power of two wide and their edges are multiples of that width. When the data outgrow them, each two
neighbours become one bin of twice the width: an exact addition of counts, nothing is interpolated. So the histogram
depends only on the data, not on how they were cut into batches, nor on the order of the batches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

_FINEST = -160  # 2**-160: 2,048 such bins are no wider than the smallest float32, 2**-149
_CHUNK = 1 << 16  # values binned at a time: they stay in the processor's cache


@dataclass(frozen=True, eq=False)
class Histogram:
    """Counts of real values in bins of equal width; adding two of them loses nothing.

    Bin i covers ``[(first + i) · 2**exponent, (first + i + 1) · 2**exponent)``. The bins reach from the smallest
    value, or 0 if that is smaller, to the largest, or 0. The exponent is the smallest with which at most ``bins`` do.

    Attributes
    ----------
    counts : int64 array, shape (n,) with n ≤ bins – values in each bin, the exact zeros included
    first : int, ≤ 0 – number of the first bin, counted from the bin that starts at 0
    exponent : int – the bin width is ``2**exponent``
    zeros : int – how many values are exactly 0; every quantizer keeps them exact
    bins : int – the largest number of bins

    Examples
    --------
    >>> small = Histogram.of(np.float32([0, 1, 1.5, 3]), bins=4)
    >>> large = Histogram.of(np.float32([-2, 7.5]), bins=4)
    >>> small.counts, small.edges
    (array([1, 2, 0, 1]), array([0., 1., 2., 3., 4.]))
    >>> (small + large).counts, (small + large).edges
    (array([1, 4, 1]), array([-4.,  0.,  4.,  8.]))
    """

    counts: np.ndarray
    first: int
    exponent: int
    zeros: int
    bins: int

    @classmethod
    def of(cls, x: np.ndarray, bins: int) -> Histogram:
        """Return the histogram of a flat, finite float32 array of at least one value."""
        low = min(float(x.min()), 0.0)
        high = max(float(x.max()), 0.0)
        exponent = _exponent(low, high, bins)
        first = _bin(low, exponent)
        counts = np.zeros(_bin(high, exponent) - first + 1, np.int64)
        zeros = 0
        # x · 2**-exponent must be exact, for rounding could move a value over an edge: float32 can only scale up
        dtype = np.float32 if -126 <= exponent <= 0 else np.float64
        for start in range(0, x.size, _CHUNK):
            chunk = x[start : start + _CHUNK]
            steps = np.multiply(chunk, dtype(math.ldexp(1.0, -exponent)), dtype=dtype)
            index = np.floor(steps, out=steps).astype(np.intp)
            counts += np.bincount(index - first, minlength=counts.size)
            zeros += int(np.count_nonzero(chunk == 0))
        return cls(counts, first, exponent, zeros, bins)

    @property
    def width(self) -> float:
        """The width of a bin, in the unit of the data."""
        return math.ldexp(1.0, self.exponent)

    @property
    def edges(self) -> np.ndarray:
        """The borders of the bins, float64, shape (n + 1,)."""
        return (self.first + np.arange(self.counts.size + 1)) * self.width

    def __add__(self, other: Histogram) -> Histogram:
        exponent = max(self.exponent, other.exponent)  # bins can be joined, not cut: the coarser width at least
        while True:
            ours = self._numbers(exponent)
            theirs = other._numbers(exponent)
            first = min(ours[0], theirs[0])
            last = max(ours[-1], theirs[-1])
            if last - first < self.bins:
                break
            exponent += 1
        counts = np.zeros(last - first + 1, np.int64)
        np.add.at(counts, ours - first, self.counts)
        np.add.at(counts, theirs - first, other.counts)
        return Histogram(counts, int(first), exponent, self.zeros + other.zeros, self.bins)

    def _numbers(self, exponent: int) -> np.ndarray:
        """Return the number that each bin has among bins of ``2**exponent``: ``i >> 1`` is ``floor(i / 2)``."""
        return (self.first + np.arange(self.counts.size)) >> min(exponent - self.exponent, 63)


def _bin(value: float, exponent: int) -> int:
    return math.floor(math.ldexp(value, -exponent))


def _exponent(low: float, high: float, bins: int) -> int:
    """Return the least exponent with which at most ``bins`` bins reach from ``low`` to ``high``."""
    width = (high - low) / bins or 2.0**_FINEST
    exponent = max(_FINEST, math.frexp(width)[1] - 2)  # from below: such bins are at most half as wide as is needed
    while _bin(high, exponent) - _bin(low, exponent) >= bins:
        exponent += 1
    return exponent
