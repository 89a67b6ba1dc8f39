"""Wrong answers to the exercises of lesson 03, written from the briefs, without the check's own code."""

from __future__ import annotations

import math

import numpy as np


def fake_quantize(x, clip, bit_width):
    quant_max = 2 ** (bit_width - 1) - 1
    scale = clip / quant_max
    return np.clip(np.round(x / scale), -quant_max, quant_max) * scale


def error_of(x, clip, bit_width):
    return np.mean((fake_quantize(x, clip, bit_width) - x) ** 2)


def sqnr_right(x, x_hat):
    noise = np.sum(np.square(x - x_hat, dtype=float))
    return np.float32(10 * (np.log10(np.sum(np.square(x, dtype=float))) - np.log10(noise))) if noise else math.inf


def guarded(formula):
    return lambda x, x_hat: math.inf if (x == x_hat).all() else formula(x, x_hat)


def sqnr_flat_python(x, x_hat):
    signal = sum(float(a) ** 2 for a in x.ravel())
    noise = sum((float(a) - float(b)) ** 2 for a, b in zip(x.ravel(), x_hat.ravel(), strict=True))
    return 10 * math.log10(signal / noise)


def sqnr_no_mean(x, x_hat):
    return 10 * np.log10(x**2 / (x_hat - x) ** 2)


def sqnr_in_place(x, x_hat):
    x_hat -= x
    return 10 * np.log10(np.mean(x**2) / np.mean(x_hat**2))


def sqnr_of_rows(x, x_hat):
    rows = [sqnr_right(a, b) for a, b in zip(x, x_hat, strict=True)]
    return sum(rows) / len(rows)


def clip_by_grid(x, bit_width, *, ends=(0.005, 1.0), count=200):
    clips = np.linspace(*ends, count) * np.abs(x).max()
    return float(clips[np.argmin([error_of(x, c, bit_width) for c in clips])])


def clip_scale(x, bit_width):
    return clip_by_grid(x, bit_width) / (2 ** (bit_width - 1) - 1)


def clip_share(x, bit_width):
    return clip_by_grid(x, bit_width) / float(np.abs(x).max())


def clip_least_rounding(x, bit_width):
    clips = np.linspace(0.005, 1, 200) * np.abs(x).max()
    inside = [np.where(np.abs(x) <= c, (fake_quantize(x, c, bit_width) - x) ** 2, 0).mean() for c in clips]
    return clips[np.argmin(inside)]


def clip_gaussian_table(x, bit_width):
    return x.std() * {2: 1.71, 3: 2.15, 4: 2.56, 5: 2.94, 6: 3.29, 7: 3.62, 8: 3.92}[bit_width]


def clip_and_error(x, bit_width):
    clip = clip_by_grid(x, bit_width)
    return clip, error_of(x, clip, bit_width)


def bits_right(x, wanted_db):
    good = [b for b in range(2, 17) if sqnr_right(x, fake_quantize(x, np.abs(x).max(), b)) >= wanted_db]
    return good[0]


def bits_of_real_types(x, wanted_db):
    return next(b for b in (2, 4, 8, 16) if sqnr_right(x, fake_quantize(x, np.abs(x).max(), b)) >= wanted_db)


def bits_at(x, wanted_db, reached):
    clip = np.abs(x).max()
    return next(b for b in range(2, 17) if reached(sqnr_right(x, fake_quantize(x, clip, b)), wanted_db))


def bits_by_formula(x, wanted_db):
    crest = np.abs(x).max() / np.sqrt(np.mean(x.astype(float) ** 2))
    line = {b: 20 * math.log10((2 ** (b - 1) - 1) / crest) + 10 * math.log10(12) for b in range(2, 17)}
    return min((b for b in line if line[b] >= wanted_db), default=16)


def bits_by_halving(x, wanted_db):
    low, high = 2, 16
    while low < high:
        middle = (low + high) // 2
        enough = sqnr_right(x, fake_quantize(x, np.abs(x).max(), middle)) >= wanted_db
        low, high = (low, middle) if enough else (middle + 1, high)
    return low


def bits_nearest(x, wanted_db):
    return min(range(2, 17), key=lambda b: abs(sqnr_right(x, fake_quantize(x, np.abs(x).max(), b)) - wanted_db))


def bits_of_rows(x, wanted_db):
    rows, scale_of = np.atleast_2d(x), lambda b: np.abs(np.atleast_2d(x)).max(axis=1, keepdims=True)
    return next(b for b in range(2, 17) if sqnr_right(rows, fake_quantize(rows, scale_of(b), b)) >= wanted_db)


def golden_section(x, bit_width):
    low, high = 0.0, float(np.abs(x).max())
    coarse = [high * 2 ** (-i / 4) for i in range(24)]
    centre = min(coarse, key=lambda c: error_of(x, c, bit_width))
    low, high = centre / 1.3, min(centre * 1.3, high)
    for _ in range(25):
        third = (high - low) / 3
        if error_of(x, low + third, bit_width) < error_of(x, high - third, bit_width):
            high -= third
        else:
            low += third
    return np.array((low + high) / 2, dtype=np.float32)


RULES = {
    "codes_even": [0, 2, 2, 4, 4],
    "codes_truncated": [0, 1, 2, 3, 4],
    "bias": -0.01,
    "sum_truncated": -100,
    "sum_rounded": 0.577,
    "lost_db": 6.02,
    "pooling": ("half to even", "b"),
}

#: exercise → (wrong answer, a part of the message it must get)
MUTANTS = {
    "03.1": [
        (guarded(lambda x, y: 20 * np.log10(np.mean(x**2) / np.mean((x - y) ** 2))), "20 belongs to"),
        (guarded(lambda x, y: 10 * np.log10(np.linalg.norm(x) / np.linalg.norm(x - y))), "half as large"),
        (lambda x, y: 10 * np.log10(np.mean((x - y) ** 2) / np.mean(x**2)), "wrong way round"),
        (lambda x, y: 10 * np.log(np.mean(x**2) / np.mean((x - y) ** 2)), "natural logarithm"),
        (lambda x, y: np.mean(x**2) / np.mean((x - y) ** 2), "plain ratio"),
        (lambda x, y: 10 * np.log10(np.max(x**2) / np.mean((x - y) ** 2)), "That is PSNR"),
        (lambda x, y: 10 * np.log10(np.mean(y**2) / np.mean((x - y) ** 2)), "The signal is x"),
        (lambda x, y: 10 * np.log10(x.var() / (x - y).var()), "subtract the mean"),
        (sqnr_no_mean, "one for the whole tensor"),
        (sqnr_flat_python, "ZeroDivisionError"),
        (sqnr_in_place, "changes its input"),
        (lambda x, y: 10 * np.log10(np.mean(x**2) / (np.mean((x - y) ** 2) + 1e-12)), "a small number to the noise"),
        (
            guarded(lambda x, y: 10 * np.log10(np.mean(x**2) / (np.mean((x - y) ** 2) + 1e-10))),
            "a small number to the noise",
        ),
        (lambda x, y: 0.0 if (x == y).all() else sqnr_right(x, y), "expected infinity"),
        (lambda x, y: math.inf if np.allclose(x, y) else sqnr_right(x, y), "these are close"),
        (lambda x, y: abs(sqnr_right(x, y)), "decibels are negative"),
        (lambda x, y: max(0.0, sqnr_right(x, y)), "decibels are negative"),
        (guarded(lambda x, y: sqnr_right(x[x != 0], y[x != 0])), "the zeros of x out"),
        (guarded(sqnr_of_rows), "decibels of rows"),
    ],
    "03.2": [
        (lambda x, bits: np.abs(x).max(), "nothing is ever clipped"),
        (lambda x, bits: x.max(), r"x\.max\(\)"),
        (lambda x, bits: np.percentile(np.abs(x), 99.9), "a percentile"),
        (lambda x, bits: 3 * x.std(), "standard deviations"),
        (clip_scale, "looks like the scale"),
        (clip_share, "share of the largest"),
        (clip_least_rounding, "clips too much"),
        (lambda x, bits: 0.6 * x.min(), "needs a positive one"),
        (clip_gaussian_table, "the error is .* times the least"),
        (clip_and_error, "expected one number, the clip"),
        (lambda x, bits: clip_by_grid(x, bits, ends=(0.2, 1.0)), "rounds too coarsely"),
    ],
    "03.3": [
        (RULES | {"codes_even": [1, 2, 3, 4, 4]}, "that is half up; half to even"),
        (RULES | {"codes_truncated": [0, 2, 2, 4, 4]}, "truncation cuts"),
        (RULES | {"codes_even": [0, 0.04, 0.04, 0.08, 0.08]}, "real values"),
        (RULES | {"bias": 0.01}, "bias: the sign"),
        (RULES | {"bias": -0.5}, "bias: that is in steps"),
        (RULES | {"bias": 0}, "do not average out"),
        (RULES | {"sum_truncated": -1}, "adds up with the number"),
        (RULES | {"sum_truncated": -5000}, "sum_truncated: that is in steps"),
        (RULES | {"sum_rounded": 57.7}, "not with n"),
        (RULES | {"sum_rounded": 1.0}, "half a step is the"),
        (RULES | {"sum_rounded": 2 / math.sqrt(3)}, "mean square of truncation"),
        (RULES | {"sum_rounded": 2.0}, "not a whole scale"),
        (RULES | {"lost_db": 3.01}, "four times as large"),
        (RULES | {"lost_db": 12.04}, "not 20"),
        (RULES | {"lost_db": 2}, "ratio of the roots"),
        (RULES | {"lost_db": 9}, r"\*output\*"),
        (RULES | {"pooling": ("half to even", "a")}, "is a tie whenever the sum is odd"),
        (RULES | {"pooling": ("half to even", "c")}, "no smaller"),
        (RULES | {"pooling": ("half up", "a")}, "sends every one of them up"),
        (RULES | {"pooling": ("truncation", "b")}, "downwards"),
        (RULES | {"pooling": "half to even"}, "choice and reason"),
    ],
    "03.4": [
        (lambda x, db: math.ceil(db / 6.02), "one more bit brings"),
        (lambda x, db: bits_right(x, db) - 1 or 2, "does not reach"),
        (lambda x, db: bits_right(x, db) + 1, "One bit too many"),
        (lambda x, db: 16, "16 bits always"),
        (bits_of_real_types, "bits is wrong: fewer"),
        (lambda x, db: bits_at(x, db, lambda got, wanted: got > wanted), "reaching it exactly is enough"),
        (lambda x, db: bits_at(x, db, lambda got, wanted: got >= wanted - 0.1), "a little less than wanted_db"),
        (lambda x, db: bits_at(x, db, lambda got, wanted: wanted <= got < math.inf), "count infinity as enough"),
        (bits_nearest, "sometimes below it"),
        (bits_by_formula, "formula with the crest factor"),
        (bits_by_halving, "Halving the interval"),
        (bits_of_rows, "they are not enough"),
        (lambda x, db: [bits_right(x, db)], "one whole number"),
        (lambda x, db: print(bits_right(x, db)), "is there a return"),
    ],
}

#: exercise → points of its first mutant, of which six of seven entries are right
PARTIAL = {"03.3": 3}

#: exercise → a right answer that was written another way
SECOND = {
    "03.1": sqnr_right,
    "03.2": golden_section,
    "03.3": {
        "codes_even": np.array([0, 2, 2, 4, 4]),
        "codes_truncated": (0, 1, 2, 3, 4.0),
        "bias": np.float32(-0.01),
        "sum_truncated": -100.0,
        "sum_rounded": 1 / math.sqrt(3),
        "lost_db": 6,
        "pooling": ["Half to even", " B "],
    },
    "03.4": bits_right,
}
