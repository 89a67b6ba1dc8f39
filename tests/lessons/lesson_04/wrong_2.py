"""Answers to exercise 04.2, written from the brief, without the check's own code."""

from __future__ import annotations

import numpy as np


def quantized(x, high, bits):
    s = high / (2**bits - 1)
    return np.clip(np.round(x / s), 0, 2**bits - 1) * s


def search(x, bits, ends, loss=lambda e: np.mean(e**2)):
    return float(min(ends, key=lambda end: loss(quantized(x, end, bits) - x)))


def grid(x, count=200):
    return x.max() * np.arange(1, count + 1) / count


def maximum(x, bit_width):
    return float(x.max())


def least_rounding(x, bit_width):
    def rounding(end):
        inside = x[x <= end]
        return np.mean((quantized(inside, end, bit_width) - inside) ** 2)

    return float(min(grid(x), key=rounding))


def least_worst_error(x, bit_width):
    return search(x, bit_width, grid(x), lambda e: np.abs(e).max())


def least_absolute_error(x, bit_width):
    return search(x, bit_width, grid(x), lambda e: np.abs(e).mean())


def percentile(x, bit_width):
    return float(np.percentile(x, 99.9))


def scale_of_the_best(x, bit_width):
    return search(x, bit_width, grid(x)) / (2**bit_width - 1)


def four_ends(x, bit_width):
    return search(x, bit_width, x.max() * np.linspace(0.25, 1, 4))


def both_ends(x, bit_width):
    return 0.0, search(x, bit_width, grid(x))


def beyond_the_maximum(x, bit_width):
    return 1.5 * float(x.max())


def zero(x, bit_width):
    return 0.0


def one_bit_for_a_sign(x, bit_width):
    return search(x, bit_width - 1, grid(x))


def share_of_the_best(x, bit_width):
    return search(x, bit_width, grid(x)) / float(x.max())


def clips_its_input(x, bit_width):
    np.clip(x, 0, np.percentile(x, 90), out=x)
    return float(x.max())


def all_errors(x, bit_width):
    return np.array([np.mean((quantized(x, e, bit_width) - x) ** 2) for e in grid(x)])


def all_at_once(x, bit_width):
    """All ends at once by broadcasting, in float64, returned as an array of one element."""
    values = np.float64(x).ravel()
    levels = 2**bit_width - 1
    steps = values.max() * np.linspace(0.005, 1, 200)[:, None] / levels
    errors = ((np.rint(values / steps).clip(0, levels) * steps - values) ** 2).sum(axis=1)
    return steps[errors.argmin()] * levels


WRONG = [
    (maximum, "ends at the largest value"),
    (least_rounding, "clips too much"),
    (scale_of_the_best, "not the step"),
    (least_worst_error, "too wide"),
    (least_absolute_error, "clips too much; so many"),
    (percentile, "its error is"),
    (four_ends, "Try more ends"),
    (one_bit_for_a_sign, "with the codes 0"),
    (share_of_the_best, "share of the largest"),
    (clips_its_input, "changes its input"),
    (both_ends, "expected one number, the upper end; the lower"),
    (beyond_the_maximum, "beyond the largest value"),
    (zero, "expected a finite number above 0"),
    (all_errors, "expected one number, the upper end of the range"),
]

RIGHT = all_at_once
