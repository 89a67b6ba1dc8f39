"""Wrong answers to exercise 02.3, real numbers into UINT8 codes, and a right one."""

from __future__ import annotations

import numpy as np


def quantize_no_clamp(x, scale, zero_point):
    return (np.round(x / scale) + zero_point).astype(int).astype("uint8")


def quantize_truncates(x, scale, zero_point):
    return np.clip((x / scale).astype(int) + zero_point, 0, 255).astype("uint8")


def quantize_floors(x, scale, zero_point):
    return np.clip(x // scale + zero_point, 0, 255).astype("uint8")


def quantize_half_up(x, scale, zero_point):
    return np.clip(np.floor(x / scale + np.float32(0.5)) + zero_point, 0, 255).astype("uint8")


def quantize_adds_first(x, scale, zero_point):
    return np.clip(np.rint(x / scale + zero_point), 0, 255).astype("uint8")


def quantize_forgets_zero_point(x, scale, zero_point):
    return np.clip(np.round(x / scale), 0, 255).astype("uint8")


def quantize_stays_float(x, scale, zero_point):
    return np.clip(np.round(x / scale) + zero_point, 0, 255)


def quantize_clamps_signed(x, scale, zero_point):
    return np.clip(np.round(x / scale) + zero_point, -128, 127).astype("int8")


def quantize_half_away(x, scale, zero_point):
    s = x / scale
    return np.clip(np.sign(s) * np.floor(np.abs(s) + np.float32(0.5)) + zero_point, 0, 255).astype("uint8")


def quantize_clamps_above_only(x, scale, zero_point):
    return np.minimum(np.round(x / scale) + zero_point, 255).astype(int).astype("uint8")


def quantize_overwrites(x, scale, zero_point):
    x /= scale
    np.round(x, out=x)
    return np.clip(x + zero_point, 0, 255).astype("uint8")


def quantize_flat_only(x, scale, zero_point):
    return np.array([min(255, max(0, round(float(v / scale)) + zero_point)) for v in x.ravel()], dtype="uint8")


def second_quantize(x, scale, zero_point):
    steps = np.rint(np.divide(x, scale)).astype(np.int64) + int(zero_point)
    return np.minimum(np.maximum(steps, 0), 255).astype(np.uint8)


WRONG = [
    (quantize_no_clamp, "wraps around"),
    (quantize_truncates, "cut off instead of rounding"),
    (quantize_floors, "round down"),
    (quantize_half_up, "half to even"),
    (quantize_adds_first, "before rounding"),
    (quantize_forgets_zero_point, "zero point is missing"),
    (quantize_stays_float, "store them as uint8"),
    (quantize_clamps_signed, "ends at 127"),
    (quantize_half_away, "half to even"),
    (quantize_clamps_above_only, "wraps around"),
    (quantize_overwrites, "changes its input"),
    (quantize_flat_only, "has the shape of the input"),
]

RIGHT = second_quantize
