"""Choosing the range that the codes cover from a histogram: clip a little to resolve the rest more finely.

Every choice is a row of :data:`RANGES`, at the end; from there it has its name in an observer and in a configuration.
"""

from __future__ import annotations

from typing import Any, Protocol, Unpack

import numpy as np

from zeropoint.quant.affine import choose_qparams_affine
from zeropoint.quant.histogram import Histogram
from zeropoint.quant.observers import CodeOptions

_THRESHOLDS = 256  # that the entropy search tries: each takes a pass over the bins
_COARSE = 2.0 ** (-np.arange(16) / 2)  # shares of an end that the search for the least error starts from: 1 … 0.0055
_MOVES = np.linspace(-1, 1, 33)  # by how much of the radius it then moves


class RangeChoice(Protocol):
    """What chooses a range: a function of the histogram and the true extremes of the data.

    It is told too which percentage ``p`` of the values is to be kept and what codes the range is meant for. What it
    does not use it takes as ``**_``. It returns the lower and the upper end of the range.
    """

    def __call__(
        self, histogram: Histogram, low: float, high: float, /, *, p: float, **options: Unpack[CodeOptions]
    ) -> tuple[float, float]: ...


def minmax_range(_histogram: Histogram, low: float, high: float, **_: Any) -> tuple[float, float]:
    """Return the true extremes: nothing is clipped."""
    return low, high


def percentile_range(
    histogram: Histogram, low: float, high: float, *, p: float = 99.9, **_: Any
) -> tuple[float, float]:
    """Return the range that keeps ``p`` percent of all values and cuts the rest off its ends.

    Half of what is cut comes off each end, as in ``np.percentile(x, [(100 − p) / 2, 100 − (100 − p) / 2])``. But the
    range always includes 0: where fewer values than that half lie beyond 0 (none after a ReLU), the other end gives
    the rest, so that p percent are kept there too. Exact zeros count as values: if 90 % of them are 0, p = 99.9 cuts
    1 % of the others. Exact to the width of a bin, in which values are taken as evenly spread.

    Parameters
    ----------
    histogram : Histogram
    low, high : float
        The true extremes, which ``p = 100`` returns (widened to 0).
    p : float, above 0 and at most 100, in percent

    Raises
    ------
    ValueError
        For a ``p`` outside of (0, 100].
    """
    if not 0 < p <= 100:
        raise ValueError(f"p is {p}: expected the percentage of values to keep, above 0 and at most 100, e.g. 99.9.")
    counts = histogram.counts
    edges = histogram.edges
    cut = counts.sum() * (100 - p) / 100
    negative = counts[: -histogram.first].sum()
    positive = counts[-histogram.first :].sum() - histogram.zeros
    from_below = min(negative, max(cut / 2, cut - positive))  # what is not there above 0 comes off below, …
    from_above = min(positive, cut - from_below)  # … and the other way round
    top = _cut_off(counts, edges, from_above)
    bottom = -_cut_off(counts[::-1], -edges[::-1], from_below)
    return min(0.0, max(low, bottom)), max(0.0, min(high, top))


def mse_range(
    histogram: Histogram, low: float, high: float, *, p: float = 100.0, **options: Unpack[CodeOptions]
) -> tuple[float, float]:
    """Return the range with the least expected squared error of ``fake_quantize_affine`` over the histogram.

    A narrower range clips more and rounds less. Clipping costs ``∫ (x − end)²`` of the values beyond, convex in each
    end; rounding costs about scale² / 12, convex in both; only the codes add small bumps. So the search takes the best
    of 16 × 16 pairs of ends, each √2 apart, and then moves both ends in proportion, or one alone, on grids that close
    in to 0.1 %. The error of a candidate is exact for values spread evenly within each bin, zeros stay exact.

    Parameters
    ----------
    histogram : Histogram
    low, high : float
        The true extremes: the range lies within them and includes 0.
    p : float
        Not used: the error decides how much is clipped.
    **options
        ``bit_width``, ``signed``, ``symmetric``, ``narrow_range`` of :func:`choose_qparams_affine`.

    Source: Nagel et al. 2021 (arXiv:2106.08295), equation 7, there as a grid search over both ends.
    """
    ends = np.array([min(low, 0.0), max(high, 0.0)])
    shares = np.stack(np.meshgrid(_COARSE, _COARSE)).reshape(2, -1)  # (2, 256), the whole range first
    errors = _expected_error(histogram, ends[:, None] * shares, options)
    best = shares[:, errors.argmin()]
    least = errors.min()
    # The first radius reaches past the neighbours on the coarse grid, which are √2 away. Each grid has steps of 1/16
    # of its radius, and the next radius is four of them: the least may lie a few steps beside the best so far.
    for radius in (1 / 2, 1 / 8, 1 / 32):
        # Together first, for only the farther end counts where the codes are symmetric. Then one alone, and all of it
        # twice: where one end should be depends on where the other is.
        for moving in ((1, 1), (1, 0), (0, 1)) * 2:
            shares = best[:, None] * (1 + radius * np.array(moving)[:, None] * _MOVES)  # (2, 33)
            shares = np.minimum(shares, 1)  # beyond the extremes there is nothing to win
            errors = _expected_error(histogram, ends[:, None] * shares, options)
            if errors.min() < least * (1 - 1e-9):  # an end that does not matter stays where it is
                best = shares[:, errors.argmin()]
                least = errors.min()
    low, high = ends * best
    return float(low), float(high)


def entropy_range(
    histogram: Histogram, low: float, high: float, *, p: float = 100.0, **options: Unpack[CodeOptions]
) -> tuple[float, float]:
    """Return the range whose quantized distribution has the least Kullback–Leibler divergence from the clipped one.

    For every threshold T, a multiple of the bin width, the range is ``[max(low, −T), min(high, T)]``. P are the counts
    inside, with the outliers added to the outermost bins, where clipping takes them; Q spreads the count that each
    code has inside, without the outliers, evenly over the bins of that code that P fills. The T with the smallest
    ``Σ P · log(P / Q)`` wins, of equals the largest.

    This is TensorRT's calibration with these differences: bins are grouped by the code that the quantizer really gives
    their centres, for any code type and for two-sided data, not ``|x|`` by 128 equal parts; exact zeros are left out,
    for they are exact with any range; a code that only outliers reach counts as one value in Q, so that no divergence
    is infinite; at most 256 thresholds are tried. As there, a code must be at least a bin wide: with 2,048 bins and 8
    bits no threshold below about an eighth of the largest value is tried. More bins allow more.

    Parameters
    ----------
    histogram : Histogram
    low, high : float
        The true extremes: the range lies within them and includes 0.
    p : float
        Not used: the divergence decides how much is clipped.
    **options
        ``bit_width``, ``signed``, ``symmetric``, ``narrow_range`` of :func:`choose_qparams_affine`.

    Raises
    ------
    ValueError
        When even over the whole range there is more than one code a bin.

    Source: Migacz 2017, *8-bit Inference with TensorRT*, GTC talk S7310, "Entropy calibration – pseudocode".
    """
    reach = max(-histogram.first, histogram.first + histogram.counts.size)  # bins from 0 to the far end
    thresholds = np.unique(np.linspace(1, reach, min(reach, _THRESHOLDS)).astype(int))  # narrow to wide, in bins
    lows = np.maximum(min(low, 0.0), -thresholds * histogram.width)
    highs = np.minimum(max(high, 0.0), thresholds * histogram.width)
    scale, zero_point, quant_min, quant_max = choose_qparams_affine(lows, highs, **options)
    codes_per_bin = histogram.width / np.asarray(scale, np.float64)
    if codes_per_bin[-1] > 1:
        raise ValueError(
            f"{quant_max - quant_min + 1} codes are finer than the {histogram.counts.size} bins, so their divergence "
            "says nothing: use method='mse', or an observer with more bins."
        )
    divergences = [
        _divergence(histogram, threshold, ratio, quant_min - zero, quant_max - zero) if ratio <= 1 else np.inf
        for threshold, ratio, zero in zip(thresholds, codes_per_bin, zero_point, strict=True)
    ]
    least = np.flatnonzero(np.array(divergences) <= min(divergences) + 1e-12)  # all that differ by rounding only
    best = least[-1]  # of equals the widest, which clips least
    return float(lows[best]), float(highs[best])


#: Every way to choose a range from a histogram, by the name that it has in :meth:`HistogramObserver.calculate_qparams`
#: and as the ``activation_range`` of a :class:`~zeropoint.quant.QConfig`.
RANGES: dict[str, RangeChoice] = {
    "minmax": minmax_range,
    "percentile": percentile_range,
    "mse": mse_range,
    "entropy": entropy_range,
}


def _cut_off(counts: np.ndarray, edges: np.ndarray, cut: float) -> float:
    """Return the value above which ``cut`` values lie, taken as evenly spread within each bin."""
    above = np.cumsum(counts[::-1])
    i = int(np.searchsorted(above, cut, side="right"))  # the bin, from the top, in which the cut ends
    if i == counts.size:
        return float(edges[0])
    count = counts[::-1][i]
    share = (cut - (above[i] - count)) / count
    return float(edges[::-1][i] - share * (edges[1] - edges[0]))


def _expected_error(histogram: Histogram, ends: np.ndarray, options: CodeOptions) -> np.ndarray:
    """Return the summed squared error, in bin widths², of candidate ranges, shape (2, k) → (k,).

    With u = x / scale, k = round(u) and F(x) = scale³ · (k / 12 + (u − k)³ / 3), the integral of the squared rounding
    error from 0 to x is F(x); beyond the last code, at E, it grows by (x − E)³ / 3.
    """
    scale, zero_point, quant_min, quant_max = choose_qparams_affine(ends[0], ends[1], **options)
    step = np.asarray(scale, np.float64)[:, None] / histogram.width
    zero = zero_point[:, None]
    edges = histogram.first + np.arange(histogram.counts.size + 1)
    code = np.clip(edges / step, quant_min - zero, quant_max - zero)  # (k, n + 1)
    nearest = np.round(code)
    rest = code - nearest
    beyond = edges - code * step
    integral = step**3 * (nearest / 12 + rest * rest * rest / 3) + beyond * beyond * beyond / 3  # ** 3 is far slower
    return np.diff(integral, axis=1) @ _without_zeros(histogram)


def _divergence(histogram: Histogram, threshold: int, codes_per_bin: float, lowest: int, highest: int) -> float:
    """Return KL(P ‖ Q) for the range of ``threshold`` bins on either side of 0 and codes ``lowest`` to ``highest``."""
    counts = _without_zeros(histogram)
    first = histogram.first
    start = max(first, -threshold)
    stop = min(first + counts.size, threshold)
    inside = counts[start - first : stop - first]
    p = inside.astype(np.float64)
    p[0] += counts[: start - first].sum()
    p[-1] += counts[stop - first :].sum()
    filled = p > 0
    centres = np.arange(start, stop)[filled] + 0.5
    code = np.clip(np.round(centres * codes_per_bin), lowest, highest).astype(int) - lowest
    mass = np.maximum(np.bincount(code, weights=inside[filled]), 1)
    p = p[filled]
    q = mass[code] / np.bincount(code)[code]
    return float(np.sum(p / p.sum() * np.log(p / p.sum() / (q / q.sum()))))


def _without_zeros(histogram: Histogram) -> np.ndarray:
    counts = histogram.counts.copy()
    counts[-histogram.first] -= histogram.zeros
    return counts
