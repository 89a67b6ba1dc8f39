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


def one_code_too_many(x, bit_width):
    def error(end):
        s = end / 2**bit_width
        return np.mean((np.clip(np.round(x / s), 0, 2**bit_width) * s - x) ** 2)

    return float(min(grid(x), key=error))


def share_of_the_best(x, bit_width):
    return search(x, bit_width, grid(x)) / float(x.max())


def clips_its_input(x, bit_width):
    np.clip(x, 0, np.percentile(x, 90), out=x)
    return float(x.max())


def all_errors(x, bit_width):
    return np.array([np.mean((quantized(x, e, bit_width) - x) ** 2) for e in grid(x)])


def until_it_rises(x, bit_width, ends):
    best, least = None, np.inf
    for end in ends:
        error = np.mean((quantized(x, end, bit_width) - x) ** 2)
        if error > least:
            break
        best, least = float(end), error
    return best


def upwards_until_it_rises(x, bit_width):
    return until_it_rises(x, bit_width, grid(x))


def downwards_until_it_rises(x, bit_width):
    return until_it_rises(x, bit_width, grid(x, 100)[::-1])


def thirds(x, bit_width):
    low, high = x.max() / 1000, x.max()
    for _ in range(40):
        a, b = low + (high - low) / 3, high - (high - low) / 3
        if search(x, bit_width, [a, b]) == a:
            high = b
        else:
            low = a
    return (low + high) / 2


def first_values(x, bit_width):
    x = x.ravel()[:10_000]
    return search(x, bit_width, grid(x))


def least_end(x, bit_width):
    return max(search(x, bit_width, grid(x)), 1e-3)


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
    (one_code_too_many, "too wide"),
    (share_of_the_best, "share of the largest"),
    (upwards_until_it_rises, "Try more ends"),
    (downwards_until_it_rises, "too wide"),
    (thirds, "nothing is clipped"),
    (first_values, "clips too much; so many"),
    (least_end, "beyond the largest value"),
    (clips_its_input, "changes its input"),
    (both_ends, "expected one number, the upper end; the lower"),
    (beyond_the_maximum, "beyond the largest value"),
    (zero, "expected a finite number above 0"),
    (all_errors, "expected one number, the upper end of the range"),
]

RIGHT = all_at_once

VARIES = {
    "x": "1, 2 and 4 axes; seven kinds of tails, from whole numbers and uniform (nothing to clip) to log-normal and "
    "one far outlier; errors with one valley and with two, the first or the last of them deeper; dense and mostly "
    "zeros; float32 and float64; up to 0.0001 and up to 60; 151 to 20,001 values, the largest in the middle or last",
    "bit_width": "2, 3, 4, 6 and 8",
}

NEAR = "an end half a percent away is as good, within the 10 % that the brief allows"
EQUIVALENT = {
    "ends = x.max() * np.arange(1, 200) / 200": NEAR,
    "ends = x.max() * np.arange(1, 201) / 201": NEAR,
    "ends = x.max() * np.arange(1, 201) / 199": NEAR,
    "ends = x.max() * np.arange(1, 202) / 200": NEAR,
    "ends = x.max() * np.arange(2, 201) / 200": NEAR,
    "errors.append(np.sum((x_hat - x) ** 2))": "the smallest sum belongs to the smallest mean",
    "x_hat = np.clip(np.round(x / scale), -1, quant_max) * scale": "no value is negative",
    "x_hat = np.clip(0, np.round(x / scale), quant_max) * scale": "NumPy takes the smaller of the upper bound and the "
    "larger of the other two",
}
