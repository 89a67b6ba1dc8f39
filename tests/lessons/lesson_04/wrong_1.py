"""Answers to exercise 04.1, written from the brief, without the check's own code."""

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


def mean_of_batches(batches, p):
    ends = [with_zero(*np.percentile(b, shares(np.asarray(b), p))) for b in batches]
    return tuple(np.array(ends).mean(axis=0))


def widest_batch(batches, p):
    ends = np.array([np.percentile(batch, shares(batch, p)) for batch in batches])
    return with_zero(ends[:, 0].min(), ends[:, 1].max())


def last_batch(batches, p):
    for batch in batches:
        low, high = np.percentile(batch, shares(batch, p))
    return with_zero(low, high)


def without_zero(batches, p):
    x = flat(batches)
    return tuple(np.percentile(x, shares(x, p)))


def zero_at_the_lower_end_only(batches, p):
    x = flat(batches)
    if x.max() <= 0:
        return np.percentile(x, 100 - p), 0.0
    low, high = np.percentile(x, shares(x, p))
    return min(low, 0.0), high


def zero_at_the_upper_end_only(batches, p):
    x = flat(batches)
    if x.min() >= 0:
        return 0.0, np.percentile(x, p)
    low, high = np.percentile(x, shares(x, p))
    return low, max(high, 0.0)


def never_zero_at_the_upper_end(batches, p):
    low, high = without_zero(batches, p)
    return min(low, 0.0), high


def sorts_in_place(batches, p):
    for batch in batches:
        batch.sort()
    return by_order_statistics(batches, p)


def empties_the_list(batches, p):
    values = []
    while batches:
        values.append(np.ravel(batches.pop()))
    return by_order_statistics(values, p)


def cut_twice(batches, p):
    x = flat(batches)
    low = np.percentile(x, 100 - p) if (x < 0).any() else 0
    return with_zero(low, np.percentile(x, p) if (x > 0).any() else 0)


def top_only(batches, p):
    x = flat(batches)
    return with_zero(x.min(), np.percentile(x, p))


def half_after_relu(batches, p):
    half = (100 - p) / 2
    return with_zero(*np.percentile(flat(batches), [half, 100 - half]))


def as_fraction(batches, p):
    x = flat(batches)
    below, above = shares(x, p)
    return with_zero(np.percentile(x, below / 100), np.percentile(x, above / 100))


def of_magnitude(batches, p):
    x = flat(batches)
    t = np.percentile(abs(x), p)
    return (-t if x.min() < 0 else 0), (t if x.max() > 0 else 0)


def without_zeros(batches, p):
    x = flat(batches)
    x = x[x != 0]
    return with_zero(*np.percentile(x, shares(x, p)))


def minmax(batches, p):
    return with_zero(min(b.min() for b in batches), max(b.max() for b in batches))


def symmetric(batches, p):
    t = np.percentile(abs(flat(batches)), p)
    return -t, t


def signs_apart(batches, p):
    x = flat(batches)
    low = np.percentile(x[x < 0], 100 - p) if (x < 0).any() else 0
    high = np.percentile(x[x > 0], p) if (x > 0).any() else 0
    return low, high


def first_signs(batches, p):
    return with_zero(*np.percentile(flat(batches), shares(np.asarray(batches[0]), p)))


def negative_forgotten(batches, p):
    x = flat(batches)
    if (x >= 0).all():
        return by_order_statistics(batches, p)
    return half_after_relu(batches, p)


def strictly_negative(batches, p):
    x = flat(batches)
    if x.min() >= 0 or x.max() < 0:
        return by_order_statistics(batches, p)
    return half_after_relu(batches, p)


def joined(batches, p):
    return by_order_statistics([np.concatenate(batches)], p)


def only_high(batches, p):
    return np.percentile(flat(batches), p)


def quantile(batches, p):
    return with_zero(*np.quantile(flat(batches), [1 - p, p]))


def rounded_percentage(batches, p):
    return by_order_statistics(batches, round(p, 1))


def whole_percentage(batches, p):
    x = flat(batches)
    return with_zero(*np.percentile(x, shares(x, int(p))))


def capped_percentage(batches, p):
    x = flat(batches)
    return with_zero(*np.percentile(x, shares(x, p if p == 100 else min(p, 99.9))))


def half_at_least(batches, p):
    return by_order_statistics(batches, max(p, 50))


def never_empty(batches, p):
    low, high = by_order_statistics(batches, p)
    return (low, high) if low < high else (0.0, 1.0)


def least_range(batches, p):
    low, high = by_order_statistics(batches, p)
    return low, max(high, 1e-4)


def rounded_ends(batches, p):
    return by_order_statistics([np.round(flat(batches), 3)], p)


def first_values(batches, p):
    return by_order_statistics([flat(batches)[:50_000]], p)


def zeros_appended(batches, p):
    return by_order_statistics([*batches, np.zeros(20)], p)


def by_order_statistics(batches, p):
    """By order statistics, without np.percentile."""
    x = np.sort(flat(batches))
    cut = x.size * (100 - p) / 100
    if x[0] >= 0:
        low, high = 0, x[x.size - 1 - int(cut)]
    elif x[-1] <= 0:
        low, high = x[int(cut)], 0
    else:
        low, high = x[int(cut / 2)], x[x.size - 1 - int(cut / 2)]
    return np.float32([min(low, 0), max(high, 0)])


WRONG = [
    (mean_of_batches, "average the percentiles"),
    (widest_batch, "widest of the batches"),
    (last_batch, "Only the last batch"),
    (without_zero, "does not always include 0"),
    (never_zero_at_the_upper_end, "ends below 0 where"),
    (zero_at_the_lower_end_only, "ends below 0 where"),
    (zero_at_the_upper_end_only, "begins above 0 where"),
    (sorts_in_place, "changes its input"),
    (empties_the_list, "changes its input"),
    (cut_twice, "twice what was asked"),
    (top_only, "only at the top"),
    (half_after_relu, "nothing to cut below 0"),
    (as_fraction, "counts in percent"),
    (of_magnitude, r"percentile of \|x\|"),
    (without_zeros, "exact zeros"),
    (minmax, "min-max range"),
    (only_high, "expected two numbers"),
    (symmetric, "for both ends"),
    (signs_apart, "of negative and of positive values apart"),
    (first_signs, "signs in the first batch"),
    (negative_forgotten, "off the bottom"),
    (strictly_negative, "off the bottom"),
    (joined, "ValueError"),
    (lambda batches, p: last_batch(batches[:1], p), "Only the first batch"),
    (lambda batches, p: by_order_statistics(batches, p)[::-1], "lower end comes first"),
    (rounded_percentage, "You round the percentage"),
    (whole_percentage, "p as a whole number"),
    (capped_percentage, "99.9 % at most"),
    (half_at_least, "for this percentile"),
    (never_empty, "all values are 0 here"),
    (least_range, r"all values are 0 here|too few values"),
    (rounded_ends, "for this percentile"),
    (first_values, "too many values"),
    (zeros_appended, "for this percentile"),
    (quantile, r"ValueError: Quantiles must be in the range \[0, 1\]"),
]

RIGHT = by_order_statistics

VARIES = {
    "batches": "1 to 5 of them, of one and of unlike shapes, 1 to 4 axes, float32 and float64, to 120,000 values with "
    "the largest last; no negative value, no positive one with and without zeros, both signs, almost one sign (0 must "
    "be let in below, or above), another sign in the first batch, zeros only, equal values, values of 1e-6 and of 1e5; "
    "not empty",
    "p": "12.5, 37.5, 50, 60 to 99.9, 98.75, 99.95, 99.99, 99.995 and 100 percent, mostly of both one and two signs",
}

EQUIVALENT = {
    "below, above = (100 - p, 1)": "without positive values the upper end is 0, wherever the percentile lies",
    "below, above = (1, 100 - p)": "without negative values the lower end is 0, wherever the percentile lies",
}
