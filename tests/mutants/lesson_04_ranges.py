"""Wrong and second right functions for exercises 04.1 and 04.2, written from the briefs."""

from __future__ import annotations

import numpy as np


def flat(batches):
    return np.concatenate([np.asarray(b).reshape(-1) for b in batches])


def shares(x, p):
    if (x >= 0).all():
        return 0, p
    if (x <= 0).all():
        return 100 - p, 100
    return (100 - p) / 2, 100 - (100 - p) / 2


def with_zero(low, high):
    return min(low, 0.0), max(high, 0.0)


def percentile_mean_of_batches(batches, p):
    ends = [with_zero(*np.percentile(b, shares(np.asarray(b), p))) for b in batches]
    return tuple(np.array(ends).mean(axis=0))


def percentile_widest_batch(batches, p):
    low = high = 0.0
    for batch in batches:
        below, above = np.percentile(batch, shares(batch, p))
        low, high = min(low, below), max(high, above)
    return low, high


def percentile_last_batch(batches, p):
    for batch in batches:
        low, high = np.percentile(batch, shares(batch, p))
    return with_zero(low, high)


def percentile_without_zero(batches, p):
    x = flat(batches)
    return tuple(np.percentile(x, shares(x, p)))


def percentile_cut_twice(batches, p):
    x = flat(batches)
    low = np.percentile(x, 100 - p) if (x < 0).any() else 0
    return with_zero(low, np.percentile(x, p) if (x > 0).any() else 0)


def percentile_top_only(batches, p):
    x = flat(batches)
    return with_zero(x.min(), np.percentile(x, p))


def percentile_half_after_relu(batches, p):
    x, half = flat(batches), (100 - p) / 2
    return with_zero(*np.percentile(x, [half, 100 - half]))


def percentile_as_fraction(batches, p):
    x = flat(batches)
    below, above = shares(x, p)
    return with_zero(np.percentile(x, below / 100), np.percentile(x, above / 100))


def percentile_of_magnitude(batches, p):
    x = flat(batches)
    t = np.percentile(abs(x), p)
    return (-t if x.min() < 0 else 0), (t if x.max() > 0 else 0)


def percentile_without_zeros(batches, p):
    x = flat(batches)
    x = x[x != 0]
    return with_zero(*np.percentile(x, shares(x, p)))


def percentile_minmax(batches, p):
    return with_zero(min(b.min() for b in batches), max(b.max() for b in batches))


def percentile_symmetric(batches, p):
    t = np.percentile(abs(flat(batches)), p)
    return -t, t


def percentile_signs_apart(batches, p):
    x = flat(batches)
    low, high = x[x < 0], x[x > 0]
    return (np.percentile(low, 100 - p) if low.size else 0), (np.percentile(high, p) if high.size else 0)


def percentile_first_signs(batches, p):
    return with_zero(*np.percentile(flat(batches), shares(np.asarray(batches[0]), p)))


def percentile_negative_forgotten(batches, p):
    x = flat(batches)
    return with_zero(*np.percentile(x, shares(x, p) if (x >= 0).all() else shares(np.array([-1, 1]), p)))


def percentile_strictly_negative(batches, p):
    x = flat(batches)
    return with_zero(*np.percentile(x, shares(x, p) if x.min() >= 0 or x.max() < 0 else shares(np.array([-1, 1]), p)))


def percentile_joined(batches, p):
    return second_percentile([np.concatenate(batches)], p)


def percentile_only_high(batches, p):
    return np.percentile(flat(batches), p)


def percentile_quantile(batches, p):
    return with_zero(*np.quantile(flat(batches), [1 - p, p]))


def quantized(x, high, bits):
    s = high / (2**bits - 1)
    return np.clip(np.round(x / s), 0, 2**bits - 1) * s


def search(x, bits, ends, loss=lambda e: np.mean(e**2)):
    return float(min(ends, key=lambda end: loss(quantized(x, end, bits) - x)))


def grid(x, count=200):
    return x.max() * np.arange(1, count + 1) / count


def mse_takes_the_maximum(x, bit_width):
    return float(x.max())


def mse_counts_rounding_only(x, bit_width):
    def rounding(end):
        inside = x[x <= end]
        return np.mean((quantized(inside, end, bit_width) - inside) ** 2)

    return float(min(grid(x), key=rounding))


def mse_of_the_worst_value(x, bit_width):
    return search(x, bit_width, grid(x), lambda e: np.abs(e).max())


def mse_absolute(x, bit_width):
    return search(x, bit_width, grid(x), lambda e: np.abs(e).mean())


def mse_percentile(x, bit_width):
    return float(np.percentile(x, 99.9))


def mse_returns_scale(x, bit_width):
    return search(x, bit_width, grid(x)) / (2**bit_width - 1)


def mse_coarse(x, bit_width):
    return search(x, bit_width, x.max() * np.linspace(0.25, 1, 4))


def mse_returns_pair(x, bit_width):
    return 0.0, search(x, bit_width, grid(x))


def mse_beyond_the_maximum(x, bit_width):
    return 1.5 * float(x.max())


def mse_zero(x, bit_width):
    return 0.0


def mse_of_a_signed_grid(x, bit_width):
    return search(x, bit_width - 1, grid(x))


def mse_share(x, bit_width):
    return search(x, bit_width, grid(x)) / float(x.max())


def mse_that_clips_its_input(x, bit_width):
    np.clip(x, 0, np.percentile(x, 90), out=x)
    return float(x.max())


def mse_index(x, bit_width):
    return np.array([np.mean((quantized(x, e, bit_width) - x) ** 2) for e in grid(x)])


def second_percentile(batches, p):
    """By order statistics, without np.percentile."""
    x = np.sort(flat(batches))
    cut = x.size * (100 - p) / 100
    below, above = (0, cut) if x[0] >= 0 else (cut, 0) if x[-1] <= 0 else (cut / 2, cut / 2)
    low, high = x[int(below)], x[x.size - 1 - int(above)]
    return np.float32([low if low < 0 else 0, high if high > 0 else 0])


def second_least_error(x, bit_width):
    """All ends at once by broadcasting, in float64, returned as an array of one element."""
    values, levels = np.float64(x).ravel(), 2**bit_width - 1
    steps = values.max() * np.linspace(0.005, 1, 200)[:, None] / levels
    errors = ((np.rint(values / steps).clip(0, levels) * steps - values) ** 2).sum(axis=1)
    return steps[errors.argmin()] * levels
