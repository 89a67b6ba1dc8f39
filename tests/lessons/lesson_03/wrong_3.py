"""Answers to exercise 03.3, written from the brief, without the check's own code."""

from __future__ import annotations

import math

import numpy as np

RULES = {
    "codes_even": [0, 2, 2, 4, 4],
    "codes_truncated": [0, 1, 2, 3, 4],
    "bias": -0.01,
    "sum_truncated": -100,
    "sum_rounded": 0.577,
    "lost_db": 6.02,
    "pooling": ("half to even", "b"),
}

WRONG = [
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
]

RIGHT = {
    "codes_even": np.array([0, 2, 2, 4, 4]),
    "codes_truncated": (0, 1, 2, 3, 4.0),
    "bias": np.float32(-0.01),
    "sum_truncated": -100.0,
    "sum_rounded": 1 / math.sqrt(3),
    "lost_db": 6,
    "pooling": ["Half to even", " B "],
}

POINTS = 3  # six of seven entries of the first wrong answer are right, of four points
