"""The range that keeps p percent of all values, right and by each known wrong idea, for exercise 04.1."""

from __future__ import annotations

from typing import Any

import numpy as np

Batches = list[np.ndarray]
Range = tuple[float, float]  # low, high


def reference(batches: Batches, p: float) -> Range:
    """Return the right range."""
    x = pooled(batches)
    return kept(x, *cuts(x, p))


def pooled(batches: Batches) -> np.ndarray:
    """Return all values of all batches, flat."""
    return np.concatenate([np.ravel(batch) for batch in batches])


def cuts(x: np.ndarray, p: float) -> Range:
    """Return how many percent of the values the brief cuts off below and above."""
    cut = 100 - p
    if x.min() >= 0:
        return 0.0, cut
    if x.max() <= 0:
        return cut, 0.0
    return cut / 2, cut / 2


def kept(x: np.ndarray, below: float, above: float) -> Range:
    """Return the range without the ``below`` and ``above`` percent of the values at its ends, widened to 0."""
    low, high = np.percentile(x, [below, 100 - above])
    return min(float(low), 0.0), max(float(high), 0.0)


# --- Wrong ideas ------------------------------------------------------------------------------------------------------


def widest_batch(batches: Batches, p: float) -> Range:
    ranges = [reference([batch], p) for batch in batches]
    return min(low for low, _ in ranges), max(high for _, high in ranges)


def half_off_each_end(batches: Batches, p: float) -> Range:
    return kept(pooled(batches), (100 - p) / 2, (100 - p) / 2)


def never_all_off_the_bottom(batches: Batches, p: float) -> Range:
    if pooled(batches).min() >= 0:
        return reference(batches, p)
    return half_off_each_end(batches, p)


def all_off_each_end(batches: Batches, p: float) -> Range:
    x = pooled(batches)
    below = 0.0 if x.min() >= 0 else 100 - p
    above = 0.0 if x.max() <= 0 else 100 - p
    return kept(x, below, above)


def without_zero(batches: Batches, p: float) -> Any:
    x = pooled(batches)
    below, above = cuts(x, p)
    return np.percentile(x, [below, 100 - above])


def zero_above_low(batches: Batches, p: float) -> Any:
    low, high = without_zero(batches, p)
    return min(low, 0.0), high


def zero_below_high(batches: Batches, p: float) -> Any:
    low, high = without_zero(batches, p)
    return low, max(high, 0.0)


def fractions(batches: Batches, p: float) -> Range:
    x = pooled(batches)
    below, above = cuts(x, p)
    return kept(x, below / 100, 100 - (1 - above / 100))


def symmetric(batches: Batches, p: float) -> Range:
    reach = float(np.percentile(np.abs(pooled(batches)), p))
    return -reach, reach


def magnitudes(batches: Batches, p: float) -> Range:
    x = pooled(batches)
    low, high = symmetric(batches, p)
    return (low if x.min() < 0 else 0.0), (high if x.max() > 0 else 0.0)


def signs_apart(batches: Batches, p: float) -> Range:
    x = pooled(batches)
    low = float(np.percentile(x[x < 0], 100 - p)) if x.min() < 0 else 0.0
    high = float(np.percentile(x[x > 0], p)) if x.max() > 0 else 0.0
    return low, high


def zeros_left_out(batches: Batches, p: float) -> Range:
    x = pooled(batches)
    return kept(x[x != 0], *cuts(x, p))
