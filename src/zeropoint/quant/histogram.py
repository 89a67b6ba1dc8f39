"""A histogram of everything an observer has seen, in bounded memory, and the ranges that can be read from it.

The bins are a power of two wide and their edges are multiples of that width. When the data outgrow them, each two
neighbours become one bin of twice the width: an exact addition of counts, nothing is interpolated. So the histogram
depends only on the data, not on how they were cut into batches, nor on the order of the batches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import array_namespace, device, is_torch_array

from zeropoint.quant.affine import QParams, choose_qparams_affine
from zeropoint.quant.observers import MinMaxObserver
from zeropoint.quant.ranges import entropy_range, mse_range, percentile_range

Array = Any

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
    >>> small, large = (Histogram.of(np.float32(x), bins=4) for x in ([0, 1, 1.5, 3], [-2, 7.5]))
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
        low, high = min(float(x.min()), 0.0), max(float(x.max()), 0.0)
        exponent = max(_FINEST, math.frexp((high - low) / bins or 2.0**_FINEST)[1] - 2)  # or a little more
        while _bin(high, exponent) - _bin(low, exponent) >= bins:
            exponent += 1
        first, last = _bin(low, exponent), _bin(high, exponent)
        counts = np.zeros(last - first + 1, np.int64)
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
        exponent = max(self.exponent, other.exponent)
        while True:
            parts = [part._numbers(exponent) for part in (self, other)]
            first, last = min(p[0] for p in parts), max(p[-1] for p in parts)
            if last - first < self.bins:
                break
            exponent += 1
        counts = np.zeros(last - first + 1, np.int64)
        for part, numbers in zip((self, other), parts, strict=True):
            np.add.at(counts, numbers - first, part.counts)
        return Histogram(counts, int(first), exponent, self.zeros + other.zeros, self.bins)

    def _numbers(self, exponent: int) -> np.ndarray:
        """Return the number that each bin has among bins of ``2**exponent``: ``i >> 1`` is ``floor(i / 2)``."""
        return (self.first + np.arange(self.counts.size)) >> min(exponent - self.exponent, 63)


class HistogramObserver(MinMaxObserver):
    """Count all values of a tensor in at most ``bins`` bins, and choose the range from the counts.

    Per tensor. Memory stays bounded however many batches come, no count is ever lost, and two observers of two
    halves of the data merge into exactly the observer of the whole. The counts are NumPy int64 on the host,
    wherever the data are; ranges and parameters are of the kind and device of the data.

    Parameters
    ----------
    bins : int, at least 2
        More than half of them are in use: 2,048 resolve the range to 1/1,024 or better.

    Attributes
    ----------
    min_val, max_val : array, shape () – the true extremes
    histogram : Histogram or None

    Raises
    ------
    ValueError
        When ``bins`` is below 2.

    Source: the idea of a streaming histogram and the default of 2,048 bins are those of
    ``torch.ao.quantization.HistogramObserver``, which spreads counts over new bins by interpolation, however.

    Examples
    --------
    >>> observer = HistogramObserver()
    >>> for seed in range(10):
    ...     observer.observe(np.random.default_rng(seed).laplace(size=10_000).astype(np.float32))
    >>> int(observer.histogram.counts.sum()), observer.histogram.width
    (100000, 0.015625)
    >>> for method in ("minmax", "percentile", "mse"):
    ...     print(method, f"{observer.calculate_qparams(method, bit_width=4).scale:.2f}")
    minmax 1.65
    percentile 0.92
    mse 0.65
    """

    def __init__(self, bins: int = 2048):
        super().__init__()
        if not (isinstance(bins, int) and bins >= 2):
            raise ValueError(f"bins is {bins!r}: expected a whole number from 2, e.g. 2048.")
        self.bins = bins
        self.histogram: Histogram | None = None

    def observe(self, x: Array) -> None:
        """Count one batch, of any shape.

        Raises
        ------
        ValueError
            When the batch is empty, or holds NaN or values that are infinite as float32; nothing is then counted.
        """
        values = _flat_float32(x)
        if values.size and not np.isfinite([values.min(), values.max()]).all():
            raise ValueError(
                "The batch holds NaN or infinite values (or some beyond float32), which no bin can count: "
                "find the layer that made them."
            )
        super().observe(x)  # refuses an empty batch
        self._add(Histogram.of(values, self.bins))

    def merge(self, other: HistogramObserver) -> None:
        """Take over what another observer has seen: exactly the observer of both parts of the data.

        Raises
        ------
        ValueError
            When the other is of another type, or has another number of bins.
        """
        if getattr(other, "bins", self.bins) != self.bins:
            raise ValueError(f"The observers have {self.bins} and {other.bins} bins: expected the same number in both.")
        super().merge(other)
        if other.histogram is not None:
            self._add(other.histogram)

    def percentile(self, p: float = 99.9) -> tuple[Array, Array]:
        """Return the range that keeps ``p`` percent of the values; see :func:`percentile_range`."""
        return self._range(percentile_range, p)

    def mse(self, **options: Any) -> tuple[Array, Array]:
        """Return the range with the least mean squared quantization error; see :func:`mse_range`."""
        return self._range(mse_range, **options)

    def entropy(self, **options: Any) -> tuple[Array, Array]:
        """Return the range whose codes keep most of the distribution's information; see :func:`entropy_range`."""
        return self._range(entropy_range, **options)

    def calculate_qparams(self, method: str = "minmax", *, p: float = 99.9, **options: Any) -> QParams:
        """Return the quantization parameters of a range chosen from the histogram.

        Parameters
        ----------
        method : "minmax", "percentile", "mse" or "entropy"
        p : float
            Of the percentile; the other methods do not use it.
        **options
            ``bit_width``, ``signed``, ``symmetric``, ``narrow_range`` of :func:`choose_qparams_affine`.

        Raises
        ------
        ValueError
            For an unknown method, when nothing was observed yet, and whatever the method refuses.
        """
        self._require_data()
        if method == "minmax":
            low, high = self.min_val, self.max_val
        elif method == "percentile":
            low, high = self.percentile(p)
        elif method in ("mse", "entropy"):
            low, high = getattr(self, method)(**options)
        else:
            raise ValueError(f"method is {method!r}: expected 'minmax', 'percentile', 'mse' or 'entropy'.")
        return choose_qparams_affine(low, high, **options)

    def _add(self, histogram: Histogram) -> None:
        self.histogram = histogram if self.histogram is None else self.histogram + histogram

    def _range(self, search: Any, *args: Any, **options: Any) -> tuple[Array, Array]:
        """Search between the true extremes; return float32 arrays of the kind and device of the data."""
        self._require_data()
        xp, where = array_namespace(self.min_val), device(self.min_val)
        bounds = search(self.histogram, float(self.min_val), float(self.max_val), *args, **options)
        low, high = (xp.asarray(value, dtype=xp.float32, device=where) for value in bounds)
        return low, high


def _bin(value: float, exponent: int) -> int:
    return math.floor(math.ldexp(value, -exponent))


def _flat_float32(x: Array) -> np.ndarray:
    if is_torch_array(x):
        x = x.detach().cpu().float()  # NumPy has no bfloat16
    with np.errstate(over="ignore"):  # what is beyond float32 becomes infinite, and is refused as such
        return np.asarray(x, dtype=np.float32).reshape(-1)
