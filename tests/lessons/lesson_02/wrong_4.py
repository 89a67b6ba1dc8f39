"""Wrong answers to exercise 02.4, UINT8 codes back into real numbers, and a right one."""

from __future__ import annotations

import numpy as np


def dequantize_float64(q, scale, zero_point):
    return (q.astype(float) - zero_point) * float(scale)


def dequantize_wraps(q, scale, zero_point):
    return ((q - np.uint8(zero_point)) * scale).astype(np.float32)


def dequantize_order(q, scale, zero_point):
    return (q * scale - zero_point).astype(np.float32)


def dequantize_forgets(q, scale, zero_point):
    return (q * scale).astype(np.float32)


def dequantize_sign(q, scale, zero_point):
    return ((q.astype(np.float32) + zero_point) * scale).astype(np.float32)


def dequantize_list(q, scale, zero_point):
    return [(int(v) - zero_point) * scale for v in q.ravel()]


def second_dequantize(q, scale, zero_point):
    return np.float32(scale) * (q.astype(np.int32) - zero_point).astype(np.float32)


WRONG = [
    (dequantize_wraps, "38 − 39"),
    (dequantize_order, "multiply first"),
    (dequantize_forgets, "exactly 0"),
    (dequantize_sign, "dequantizing subtracts"),
    (dequantize_list, "expected a NumPy array, got list"),
    (dequantize_float64, "asks for float32"),
]

RIGHT = second_dequantize
