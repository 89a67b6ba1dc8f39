"""Answers to exercise 03.2, written from the brief, without the check's own code."""

from __future__ import annotations

import numpy as np


def fake_quantize(x, clip, bit_width):
    quant_max = 2 ** (bit_width - 1) - 1
    scale = clip / quant_max
    return np.clip(np.round(x / scale), -quant_max, quant_max) * scale


def error_of(x, clip, bit_width):
    return np.mean((fake_quantize(x, clip, bit_width) - x) ** 2)


def by_grid(x, bit_width, *, ends=(0.005, 1.0), count=200):
    clips = np.linspace(*ends, count) * np.abs(x).max()
    return float(clips[np.argmin([error_of(x, c, bit_width) for c in clips])])


def scale_of_the_best(x, bit_width):
    return by_grid(x, bit_width) / (2 ** (bit_width - 1) - 1)


def share_of_the_best(x, bit_width):
    return by_grid(x, bit_width) / float(np.abs(x).max())


def least_rounding(x, bit_width):
    clips = np.linspace(0.005, 1, 200) * np.abs(x).max()
    inside = [np.where(np.abs(x) <= c, (fake_quantize(x, c, bit_width) - x) ** 2, 0).mean() for c in clips]
    return clips[np.argmin(inside)]


def gaussian_table(x, bit_width):
    return x.std() * {2: 1.71, 3: 2.15, 4: 2.56, 5: 2.94, 6: 3.29, 7: 3.62, 8: 3.92}[bit_width]


def clip_and_error(x, bit_width):
    clip = by_grid(x, bit_width)
    return clip, error_of(x, clip, bit_width)


def first_rise(x, bit_width, shares):
    largest = float(np.abs(x).max())
    best, least = largest, np.inf
    for share in shares:
        error = error_of(x, share * largest, bit_width)
        if error > least:
            break
        best, least = share * largest, error
    return best


def upwards_to_the_first_rise(x, bit_width):
    return first_rise(x, bit_width, np.linspace(0.005, 1, 200))


def downwards_to_the_first_rise(x, bit_width):
    return first_rise(x, bit_width, np.linspace(1, 0.005, 200))


def thirds(x, bit_width):
    high = float(np.abs(x).max())
    low = 0.001 * high
    for _ in range(40):
        third = (high - low) / 3
        if error_of(x, low + third, bit_width) < error_of(x, high - third, bit_width):
            high -= third
        else:
            low += third
    return (low + high) / 2


def signed_grid(x, bit_width):
    largest = float(x.max()) if x.max() > 0 else 1.0
    clips = np.linspace(0.005, 1, 200) * largest
    return clips[np.argmin([error_of(x, c, bit_width) for c in clips])]


def golden_section(x, bit_width):
    largest = float(np.abs(x).max())
    coarse = [largest * 2 ** (-i / 4) for i in range(24)]
    centre = min(coarse, key=lambda c: error_of(x, c, bit_width))
    low = centre / 1.3
    high = min(centre * 1.3, largest)
    for _ in range(25):
        third = (high - low) / 3
        if error_of(x, low + third, bit_width) < error_of(x, high - third, bit_width):
            high -= third
        else:
            low += third
    return np.array((low + high) / 2, dtype=np.float32)


WRONG = [
    (lambda x, bits: np.abs(x).max(), "nothing is ever clipped"),
    (lambda x, bits: x.max(), r"x\.max\(\)"),
    (lambda x, bits: np.percentile(np.abs(x), 99.9), "a percentile"),
    (lambda x, bits: 3 * x.std(), "standard deviations"),
    (scale_of_the_best, "looks like the scale"),
    (share_of_the_best, "share of the largest"),
    (least_rounding, "clips too much"),
    (lambda x, bits: 0.6 * x.min(), "needs a positive one"),
    (gaussian_table, "the error is .* times the least"),
    (upwards_to_the_first_rise, "clips too much"),
    (downwards_to_the_first_rise, "rounds too coarsely"),
    (thirds, "rounds too coarsely"),
    (signed_grid, "where no value is positive"),
    (clip_and_error, "expected one number, the clip"),
    (lambda x, bits: by_grid(x, bits, ends=(0.2, 1.0)), "rounds too coarsely"),
]

RIGHT = golden_section

VARIES = {
    "x": "one, two and four axes; bell-shaped, flat, one-sided on either side, outliers; two minima; from 0.001 to 300",
    "bit_width": "2 … 8",
}

EQUIVALENT = {
    "clips = np.linspace(0.005, 1, 201) * np.abs(x).max()": "another grid, as good",
    "clips = np.linspace(1, 0.005, 200) * np.abs(x).max()": "the same grid, backwards",
    "clips = np.linspace(0.005, 2, 200) * np.abs(x).max()": "half as fine: the minimum is flat",
    "errors = [np.sum((fake_quantize(x, clip, bit_width) - x) ** 2) for clip in clips]": "least at the same place",
    "clips = np.linspace(0.005, 1, 199) * np.abs(x).max()": "another grid, as good",
}
