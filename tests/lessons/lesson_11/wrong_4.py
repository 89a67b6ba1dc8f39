"""Wrong answers to exercise 11.4, what groups cost, and a right one."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np

GROUPS = {
    "per_channel": 4 + 16 / 576,
    "groups_32": 4.5,
    "groups_32_zero_point": 4.625,
    "byte_scale": 4.25,
    "bytes_groups_64": 40_320,
    "scheme": ("INT4 groups of 32", "b"),
}

WRONG = [
    (GROUPS | {"per_channel": 4}, "even if they add little"),
    (GROUPS | {"per_channel": 4.25}, "kernel's positions included"),
    (GROUPS | {"per_channel": 4.125}, "128 is the number of scales"),
    (GROUPS | {"per_channel": 20}, "not for each of them"),
    (GROUPS | {"groups_32": 4}, "it has to be stored"),
    (GROUPS | {"groups_32": 5}, "32-bit scale"),
    (GROUPS | {"groups_32": 6}, "not the reverse"),
    (GROUPS | {"groups_32_zero_point": 4.5}, "a zero point of its own"),
    (GROUPS | {"groups_32_zero_point": 8.5}, "once a group too"),
    (GROUPS | {"groups_32_zero_point": 4.75}, "not 8"),
    (GROUPS | {"byte_scale": 4.5}, "one byte here"),
    (GROUPS | {"byte_scale": 8.25}, "begins with 4"),
    (GROUPS | {"bytes_groups_64": 36_864}, "codes alone"),
    (GROUPS | {"bytes_groups_64": 39_168}, "zero points are missing"),
    (GROUPS | {"bytes_groups_64": 77_184}, "two of them share one"),
    (GROUPS | {"bytes_groups_64": 322_560}, "that is in bits"),
    (GROUPS | {"bytes_groups_64": 37_056}, "how many groups"),
    (GROUPS | {"scheme": ("INT5 per channel", "a")}, "cannot read five-bit"),
    (GROUPS | {"scheme": ("INT8 per channel", "a")}, "codes alone take 73,728"),
    (GROUPS | {"scheme": ("INT4 per channel", "c")}, "less than the 19"),
    (GROUPS | {"scheme": ("INT4 groups of 32", "a")}, "another one fits the bytes"),
    (GROUPS | {"scheme": ("INT4 groups of 32", "c")}, "is smaller"),
    (GROUPS | {"scheme": ("INT4 groups of 32", "d")}, "groups of 8"),
    (GROUPS | {"scheme": "INT4 groups of 32"}, "expected two texts"),
    (GROUPS | {"byte_scale": "4.25"}, "expected one number"),
    (GROUPS | {"byte_scale": 5}, "divided by the weights in it"),
]

RIGHT = {
    "per_channel": 4.03,
    "groups_32": np.float64(4.5),
    "groups_32_zero_point": Fraction(37, 8),
    "byte_scale": Decimal("4.25"),
    "bytes_groups_64": 40320.0,
    "scheme": ["int4 groups of 32", "B"],
}

POINTS = 3  # of four, as five of six entries of the first wrong answer are right, rounded down
