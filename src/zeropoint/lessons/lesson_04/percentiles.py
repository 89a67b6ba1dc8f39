"""How good the ranges are that percentiles and other methods keep, from the histogram of what an observer has seen."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from zeropoint.quant import Histogram, HistogramObserver, QParams, choose_qparams_affine, fake_quantize_affine
from zeropoint.quant._arrays import Array

PERCENTILES = (90, 93, 95, 97, 98, 98.5, 99, 99.3, 99.5, 99.7, 99.8, 99.9, 99.95, 99.97, 99.99, 99.997, 99.999, 100)
METHODS = {"minmax": "min-max", "mse": "MSE", "entropy": "entropy"}
BINS = 4096  # twice the observer's default: the narrowest range still has some bins to each of 256 codes


class Chosen(NamedTuple):
    """What a method makes of the values.

    Attributes
    ----------
    top : float – upper end of the range that it chooses
    sqnr_db : float – of quantizing with that range
    """

    top: float
    sqnr_db: float


def watch(x: Array) -> HistogramObserver:
    """Return an observer that has seen a tensor, with bins fine enough for 256 codes.

    Parameters
    ----------
    x : float array or tensor, any shape

    Examples
    --------
    >>> low, high = watch(np.array([0, 1, 5], np.float32)).percentile(100)
    >>> print(low, high)
    0.0 5.0
    """
    observer = HistogramObserver(bins=BINS)
    observer.observe(x)
    return observer


def histogram_of(observer: HistogramObserver) -> Histogram:
    """Return what an observer has counted.

    Raises
    ------
    ValueError
        When it has seen nothing yet.
    """
    if observer.histogram is None:
        raise ValueError("This observer has seen nothing yet: call observer.observe(x) first.")
    return observer.histogram


def histogram_sqnr_db(observer: HistogramObserver, qparams: QParams) -> float:
    """Return the SQNR, in dB, of quantizing what an observer has seen, every value taken as the centre of its bin.

    Exact zeros have no error and no signal. With at least a few bins to a code the result is that of the values
    themselves to some tenths of a decibel.

    Parameters
    ----------
    observer : HistogramObserver
    qparams : QParams – per tensor

    Examples
    --------
    >>> observer = watch(np.random.default_rng(0).normal(size=50_000).astype("float32"))
    >>> print(f"{histogram_sqnr_db(observer, observer.calculate_qparams(bit_width=4)):.1f}")
    15.0
    """
    histogram = histogram_of(observer)
    counts = histogram.counts.astype(np.float64)  # (bins,)
    counts[-histogram.first] -= histogram.zeros
    centres = (histogram.edges[:-1] + histogram.width / 2).astype(np.float32)
    errors = fake_quantize_affine(centres, *qparams).astype(np.float64) - centres
    signal = counts @ centres.astype(np.float64) ** 2
    noise = counts @ errors**2
    return float(10 * np.log10(signal / noise))


@lru_cache(maxsize=64)
def percentile_sqnrs_db(observer: HistogramObserver, bit_width: int) -> tuple[float, ...]:
    """Return the SQNR at each of :data:`PERCENTILES`; the observer must not see anything further."""
    found = []
    for p in PERCENTILES:
        low, high = observer.percentile(p)
        found.append(histogram_sqnr_db(observer, choose_qparams_affine(low, high, bit_width=bit_width)))
    return tuple(found)


@lru_cache(maxsize=64)
def choices(observer: HistogramObserver, bit_width: int) -> dict[str, Chosen]:
    """Return what each of :data:`METHODS` chooses; the observer must not see anything further."""
    found = {}
    for method in METHODS:
        qparams = observer.calculate_qparams(method, bit_width=bit_width)
        top = float(qparams.scale) * (qparams.quant_max - int(qparams.zero_point))
        found[method] = Chosen(top, histogram_sqnr_db(observer, qparams))
    return found


def best_percentile(observer: HistogramObserver, bit_width: int) -> float:
    """Return the one of :data:`PERCENTILES` with the highest SQNR."""
    return float(PERCENTILES[int(np.argmax(percentile_sqnrs_db(observer, bit_width)))])
