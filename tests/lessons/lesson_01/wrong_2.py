"""Wrong answers to exercise 01.2, a budget of 10 ms a frame, and a right one."""

from __future__ import annotations

import numpy as np

BUDGET = {
    "fp32_ms": [2, 8, 2, 4],
    "memory_bound": [3, 4],
    "int8_ms": 4,
    "fallback_ms": 13,
    "fix_first": ("layer 2", "b"),
}

WRONG = [
    (BUDGET | {"fp32_ms": [2.5, 9.0, 2.2, 4.4]}, "you added the two times: moving"),
    (BUDGET | {"fp32_ms": [2.0, 8.0, 0.2, 0.4]}, "wait longer for their bytes"),
    (BUDGET | {"fp32_ms": [0.5, 1.0, 2.0, 4.0]}, "take longer to multiply\\."),
    (BUDGET | {"fp32_ms": [2.0, 8.0, 0.5, 1.0]}, "values, not bytes"),
    (BUDGET | {"fp32_ms": 16}, "a list of 4 numbers"),
    (BUDGET | {"fp32_ms": [4, 16, 2, 4]}, "two operations per MAC"),
    (BUDGET | {"fp32_ms": [2000, 8000, 2000, 4000]}, "microseconds"),
    (BUDGET | {"memory_bound": [1, 2]}, "the other way round"),
    (BUDGET | {"memory_bound": [4]}, "one is missing"),
    (BUDGET | {"memory_bound": [2, 3]}, "count the layers from 1"),
    (BUDGET | {"memory_bound": [1, 2, 3, 4]}, "Those and no others"),
    (BUDGET | {"memory_bound": 3}, "a list of layer numbers"),
    (BUDGET | {"int8_ms": 8.5}, "only the multiplying got faster"),
    (BUDGET | {"int8_ms": 11.5}, "only the bytes got fewer"),
    (BUDGET | {"int8_ms": 4.525}, "of each layer: the longer"),
    (BUDGET | {"int8_ms": 2.65}, "the frame as one layer"),
    (BUDGET | {"fallback_ms": 14.5}, "neighbours in FP32"),
    (BUDGET | {"fallback_ms": 11.5}, "conversions are missing"),
    (BUDGET | {"fallback_ms": 12.25}, "there are two conversions"),
    (BUDGET | {"fallback_ms": 17.5}, "layers 1 and 4 still run in INT8"),
    (BUDGET | {"fallback_ms": 13.75}, "one too many"),
    (BUDGET | {"fallback_ms": 5.5}, "take their FP32 times"),
    (BUDGET | {"fallback_ms": 0.013}, "these are seconds"),
    (BUDGET | {"fix_first": ("layer 3", "c")}, "still does not fit"),
    (BUDGET | {"fix_first": ("layer 2", "a")}, "conversions is the same"),
    (BUDGET | {"fix_first": ("layer 2", "c")}, "bound by arithmetic"),
]

RIGHT = {
    "fp32_ms": np.array([max(m / 20, 4 * v / 8) for m, v in ((40, 1), (160, 2), (4, 4), (8, 8))], np.float32),
    "memory_bound": {4, 3},
    "int8_ms": sum(max(m / 80, v / 8) for m, v in ((40, 1), (160, 2), (4, 4), (8, 8))),
    "fallback_ms": 13.000000000000002,
    "fix_first": ["Layer 2", "B"],
}

POINTS = 4
