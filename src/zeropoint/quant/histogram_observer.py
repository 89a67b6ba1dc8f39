"""An observer that counts all values of a tensor, and chooses the range from the counts."""

from __future__ import annotations

from typing import Unpack

import numpy as np
from array_api_compat import array_namespace, device, is_torch_array

from zeropoint.quant._arrays import Array
from zeropoint.quant.affine import QParams, choose_qparams_affine
from zeropoint.quant.histogram import Histogram
from zeropoint.quant.observers import CodeOptions, MinMaxObserver, MovingAverageMinMaxObserver
from zeropoint.quant.ranges import RANGES


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

    def merge(self, other: MinMaxObserver) -> None:
        """Take over what another observer has seen: exactly the observer of both parts of the data.

        Raises
        ------
        ValueError
            When the other is of another type, or has another number of bins.
        """
        bins = getattr(other, "bins", self.bins)  # an observer of another type may have none
        if bins != self.bins:
            raise ValueError(f"The observers have {self.bins} and {bins} bins: expected the same number in both.")
        super().merge(other)  # refuses another type
        assert isinstance(other, HistogramObserver)
        if other.histogram is not None:
            self._add(other.histogram)

    def percentile(self, p: float = 99.9) -> tuple[Array, Array]:
        """Return the range that keeps ``p`` percent of the values; see :func:`percentile_range`."""
        return self._range("percentile", p)

    def mse(self, **options: Unpack[CodeOptions]) -> tuple[Array, Array]:
        """Return the range with the least mean squared quantization error; see :func:`mse_range`."""
        return self._range("mse", **options)

    def entropy(self, **options: Unpack[CodeOptions]) -> tuple[Array, Array]:
        """Return the range whose codes keep most of the distribution's information; see :func:`entropy_range`."""
        return self._range("entropy", **options)

    def calculate_qparams(self, method: str = "minmax", *, p: float = 99.9, **options: Unpack[CodeOptions]) -> QParams:
        """Return the quantization parameters of a range chosen from the histogram.

        Parameters
        ----------
        method : str
            The name of a row of :data:`zeropoint.quant.ranges.RANGES`.
        p : float
            Of the percentile; the other methods do not use it.
        **options
            ``bit_width``, ``signed``, ``symmetric``, ``narrow_range`` of :func:`choose_qparams_affine`.

        Raises
        ------
        ValueError
            For an unknown method, when nothing was observed yet, and whatever the method refuses.
        """
        self._extremes()  # without data there is nothing to choose from, whatever the method
        if method not in RANGES:
            *others, last = map(repr, RANGES)
            raise ValueError(f"method is {method!r}: expected {', '.join(others)} or {last}.")
        low, high = self._range(method, p, **options)
        return choose_qparams_affine(low, high, **options)

    def _add(self, histogram: Histogram) -> None:
        self.histogram = histogram if self.histogram is None else self.histogram + histogram

    def _range(self, method: str, p: float = 99.9, **options: Unpack[CodeOptions]) -> tuple[Array, Array]:
        """Choose between the true extremes; return float32 arrays of the kind and device of the data."""
        smallest, largest = self._extremes()
        assert self.histogram is not None  # for there are extremes
        xp = array_namespace(smallest)
        where = device(smallest)
        bounds = RANGES[method](self.histogram, float(smallest), float(largest), p=p, **options)
        low, high = (xp.asarray(value, dtype=xp.float32, device=where) for value in bounds)
        return low, high


#: The observer that stands behind each ``activation_range`` of a :class:`~zeropoint.quant.QConfig`. The two that need
#: no histogram are rows here; every other way to choose a range is a row of :data:`~zeropoint.quant.ranges.RANGES`.
OBSERVERS: dict[str, type[MinMaxObserver]] = {
    "minmax": MinMaxObserver,
    "moving_average": MovingAverageMinMaxObserver,
}
OBSERVERS |= {name: HistogramObserver for name in RANGES if name not in OBSERVERS}


def _flat_float32(x: Array) -> np.ndarray:
    if is_torch_array(x):
        x = x.detach().cpu().float()  # NumPy has no bfloat16
    with np.errstate(over="ignore"):  # what is beyond float32 becomes infinite, and is refused as such
        return np.asarray(x, dtype=np.float32).reshape(-1)
