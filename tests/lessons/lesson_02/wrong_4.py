"""Wrong answers to exercise 02.4, codes of weights back into real numbers, and a right one."""

from __future__ import annotations

import numpy as np


def spread(values, q):
    for _ in range(q.ndim - 1):
        values = values[..., None]
    return values


def lesson_02(q, scale, zero_point):
    """The lesson's own cell, as it stands."""
    real = q.astype(np.float32)
    return (real - zero_point) * scale


def dequantize_float64(q, scale, zero_point):
    return (q.astype(float) - spread(zero_point, q)) * spread(scale, q)


def dequantize_wraps(q, scale, zero_point):
    return ((q - spread(zero_point, q)) * spread(scale, q)).astype(np.float32)


def dequantize_order(q, scale, zero_point):
    return (q * spread(scale, q) - spread(zero_point, q)).astype(np.float32)


def dequantize_forgets(q, scale, zero_point):
    return (q * spread(scale, q)).astype(np.float32)


def dequantize_sign(q, scale, zero_point):
    return (q.astype(np.float32) + spread(zero_point, q)) * spread(scale, q)


def dequantize_list(q, scale, zero_point):
    return [(row.astype(np.float32) - z) * s for row, s, z in zip(q, scale, zero_point, strict=True)]


def dequantize_four_axes(q, scale, zero_point):
    shape = (-1, 1, 1, 1)
    return (q.astype(np.float32) - zero_point.reshape(shape)) * scale.reshape(shape)


def dequantize_first_channel(q, scale, zero_point):
    s = scale[0] if len(scale) else np.float32(1)
    z = zero_point[0] if len(scale) else 0
    return (q.astype(np.float32) - z) * s


def right(q, scale, zero_point):
    out = np.empty(q.shape, np.float32)
    for channel, s in enumerate(scale):
        out[channel] = s * (q[channel].astype(np.int32) - int(zero_point[channel])).astype(np.float32)
    return out


WRONG = [
    (dequantize_wraps, "38 − 39"),
    (lesson_02, r"\*last\* axis"),
    (dequantize_order, "multiply first"),
    (dequantize_forgets, "exactly 0"),
    (dequantize_sign, "dequantizing subtracts"),
    (dequantize_list, "expected a NumPy array, got list"),
    (dequantize_float64, "asks for float32"),
    (dequantize_four_axes, "got shape"),
    (dequantize_first_channel, "first channel's scale"),
]

RIGHT = right

VARIES = {
    "q": "UINT8 and INT8, both ends included; one to six axes; no channel, one, several; no value in a channel",
    "scale": "of another size for each channel, from 0.001 to 2",
    "zero_point": "of the type of q, over all codes: the difference leaves 8 bits in both directions",
}

EQUIVALENT = {
    "steps = q.astype(np.float16) - zero_point.reshape(shape)": "whole numbers up to 2,048 are exact in float16",
    "shape = (-2, *[1] * (q.ndim - 1))": "NumPy takes any negative length for the one to be found out",
}
