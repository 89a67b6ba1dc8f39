"""Wrong answers to exercise 02.1, scale, zero point and codes by hand, and a right one."""

from __future__ import annotations

import numpy as np

HAND = {"scale": 0.02, "zero_point": 60, "codes": [0, 60, 66, 99, 255], "x_hat": 0.12}

WRONG = [
    (HAND | {"scale": 5.1 / 256}, "255 gaps"),
    (HAND | {"scale": 3.9 / 255}, "negative part"),
    (HAND | {"zero_point": -60}, "the sign"),
    (HAND | {"zero_point": 61}, "how many steps"),
    (HAND | {"codes": [0, 60, 66, 98, 255]}, "do not cut off"),
    (HAND | {"codes": [-60, 0, 6, 39, 195]}, "still has to be added"),
    (HAND | {"codes": [0, 60, 66, 99]}, "a list of 5 numbers"),
    (HAND | {"x_hat": 0.125}, "that is x itself"),
    (HAND | {"x_hat": 66 * 0.02}, "before you multiply"),
    (HAND | {"x_hat": 66}, "the code itself"),
    (HAND | {"x_hat": 0.1195}, r"a scale of 5\.1 / 256"),
    (HAND | {"zero_point": -68}, "INT8 zero point"),
    (HAND | {"zero_point": "60"}, "without quotes"),
    (HAND | {"zero_point": 10**400}, "without quotes"),
    (HAND | {"codes": (c for c in [0, 60, 66, 99, 255])}, "a list of 5 numbers"),
]

RIGHT = {"scale": np.float32(0.02), "zero_point": 60.0, "codes": np.array([0, 60, 66, 99, 255]), "x_hat": 6 * 0.02}

POINTS = 3
