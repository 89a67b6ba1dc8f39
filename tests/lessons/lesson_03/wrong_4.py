"""Answers to exercise 03.4, written from the brief, without the check's own code."""

from __future__ import annotations

import math

import numpy as np


def fake_quantize(x, clip, bit_width):
    quant_max = 2 ** (bit_width - 1) - 1
    scale = clip / quant_max
    return np.clip(np.round(x / scale), -quant_max, quant_max) * scale


def sqnr_db(x, x_hat):
    noise = np.mean(np.square(x - x_hat, dtype=float))
    return 10 * np.log10(np.mean(np.square(x, dtype=float)) / noise) if noise else math.inf


def reached(x, bits):
    return sqnr_db(x, fake_quantize(x, np.abs(x).max(), bits))


def by_list(x, wanted_db):
    """All bit widths that are good, and then the first."""
    good = [b for b in range(2, 17) if reached(x, b) >= wanted_db]
    return good[0]


def first_of(widths, enough):
    return next(b for b in widths if enough(b))


def of_real_types(x, wanted_db):
    return first_of((2, 4, 8, 16), lambda b: reached(x, b) >= wanted_db)


def more(x, wanted_db):
    return first_of(range(2, 17), lambda b: reached(x, b) > wanted_db)


def a_little_less(x, wanted_db):
    return first_of(range(2, 17), lambda b: reached(x, b) >= wanted_db - 0.1)


def finite(x, wanted_db):
    return first_of(range(2, 17), lambda b: wanted_db <= reached(x, b) < math.inf)


def nearest(x, wanted_db):
    return min(range(2, 17), key=lambda b: abs(reached(x, b) - wanted_db))


def by_formula(x, wanted_db):
    crest = np.abs(x).max() / np.sqrt(np.mean(x.astype(float) ** 2))
    line = {b: 20 * math.log10((2 ** (b - 1) - 1) / crest) + 10 * math.log10(12) for b in range(2, 17)}
    return min((b for b in line if line[b] >= wanted_db), default=16)


def by_halving(x, wanted_db):
    low = 2
    high = 16
    while low < high:
        middle = (low + high) // 2
        if reached(x, middle) >= wanted_db:
            high = middle
        else:
            low = middle + 1
    return low


def a_scale_for_each_row(x, wanted_db):
    rows = np.atleast_2d(x)
    clips = np.abs(rows).max(axis=1, keepdims=True)
    return first_of(range(2, 17), lambda b: sqnr_db(rows, fake_quantize(rows, clips, b)) >= wanted_db)


def decibels(x, wanted_db):
    return reached(x, by_list(x, wanted_db))


def half_of_the_range(x, wanted_db):
    clip = (x.max() - x.min()) / 2
    return next((b for b in range(2, 17) if sqnr_db(x, fake_quantize(x, clip, b)) >= wanted_db), 16)


def signed_maximum(x, wanted_db):
    clip = x.max() if x.max() > 0 else 1.0
    return next((b for b in range(2, 17) if sqnr_db(x, fake_quantize(x, clip, b)) >= wanted_db), 16)


WRONG = [
    (lambda x, db: math.ceil(db / 6.02), "one more bit brings"),
    (lambda x, db: by_list(x, db) - 1 or 2, "does not reach"),
    (lambda x, db: by_list(x, db) + 1, "One bit too many"),
    (lambda x, db: 16, "16 bits always"),
    (of_real_types, "bits is wrong: fewer"),
    (more, "reaching it exactly is enough"),
    (a_little_less, "a little less than wanted_db"),
    (finite, "count infinity as enough"),
    (nearest, "sometimes below it"),
    (by_formula, "formula with the crest factor"),
    (by_halving, "Halving the interval"),
    (a_scale_for_each_row, "they are not enough"),
    (lambda x, db: by_list(x.astype(np.float16), db), "StopIteration|IndexError"),
    (lambda x, db: by_list(x.ravel()[:1000], db), "they are not enough"),
    (lambda x, db: by_list(x.ravel()[-4096:], db), "they are not enough"),
    (lambda x, db: by_list(x.ravel()[::2], db), "they are not enough"),
    (half_of_the_range, "another clip"),
    (signed_maximum, "another clip"),
    (decibels, "no bit width"),
    (lambda x, db: by_list(x, db) + 0.5, "no bit width"),
    (lambda x, db: [by_list(x, db)], "one whole number"),
    (lambda x, db: print(by_list(x, db)), "is there a return"),
]

RIGHT = by_list

VARIES = {
    "x": "one and two axes; Gaussian, Laplace, uniform; with zeros; rows of unlike magnitude; codes; one outlier",
    "wanted_db": "between two bit widths, reached exactly, missed by less than 0.1 dB, below what 2 bits give",
}

EQUIVALENT = {
    "for bits in range(2, 18):": "16 bits are always enough",
    "for bits in range(1, 17):": "one bit has no code but 0: the SQNR is NaN, which reaches nothing",
}
