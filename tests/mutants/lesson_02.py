"""Wrong answers to the exercises of lesson 02, written from the briefs, without the check's own code."""

from __future__ import annotations

import numpy as np

HAND = {"scale": 0.02, "zero_point": 60, "codes": [0, 60, 66, 99, 255], "x_hat": 0.12}


def qparams_256(min_val, max_val):
    low, high = min(min_val, 0), max(max_val, 0)
    s = (high - low) / 256
    return (s, round(-low / s)) if s else (1.0, 0)


def qparams_not_widened(min_val, max_val):
    s = (max_val - min_val) / 255 or 1.0
    return s, min(255, max(0, round(-min_val / s)))


def qparams_sign(min_val, max_val):
    low, high = min(min_val, 0), max(max_val, 0)
    s = (high - low) / 255 or 1.0
    return s, max(0, round(low / s))


def qparams_truncated(min_val, max_val):
    low, high = min(min_val, 0), max(max_val, 0)
    s = (high - low) / 255 or 1.0
    return s, int(-low / s)


def qparams_symmetric(min_val, max_val):
    m = max(abs(min_val), abs(max_val))
    return (m / 127 if m else 1.0), 128


def qparams_float_zero_point(min_val, max_val):
    low, high = min(min_val, 0), max(max_val, 0)
    s = (high - low) / 255 or 1.0
    return s, -low / s


def qparams_divides_by_zero(min_val, max_val):
    low, high = np.float32(min(min_val, 0)), np.float32(max(max_val, 0))
    s = (high - low) / 255
    return s, np.round(-low / s)


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


def qparams_swapped(min_val, max_val):
    return tuple(reversed(second_choose_qparams(min_val, max_val)))


def qparams_negative(min_val, max_val):
    low, high = min(min_val, 0), max(max_val, 0)
    s = (high - low) / 255 or 1.0
    return s, round(low / s)


def qparams_rounded_scale(min_val, max_val):
    s, z = second_choose_qparams(min_val, max_val)
    return round(s, 4) or s, z


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


#: exercise → (wrong answer, a part of the message it must get)
MUTANTS = {
    "02.1": [
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
        (HAND | {"zero_point": -68}, "INT8 zero point"),
        (HAND | {"zero_point": "60"}, "without quotes"),
        (HAND | {"zero_point": 10**400}, "without quotes"),
        (HAND | {"codes": (c for c in [0, 60, 66, 99, 255])}, "a list of 5 numbers"),
    ],
    "02.2": [
        (qparams_256, "255 gaps"),
        (qparams_not_widened, "widen the range"),
        (qparams_sign, "wrong sign"),
        (qparams_truncated, "cut the zero point off"),
        (qparams_symmetric, "symmetric scheme"),
        (qparams_float_zero_point, "a whole number; round it"),
        (qparams_divides_by_zero, "what if all values are 0"),
        (qparams_swapped, "swapped"),
        (qparams_negative, "wrong sign"),
        (qparams_rounded_scale, "Keep all its digits"),
    ],
    "02.3": [
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
    ],
    "02.4": [
        (dequantize_wraps, "38 − 39"),
        (dequantize_order, "multiply first"),
        (dequantize_forgets, "exactly 0"),
        (dequantize_sign, "dequantizing subtracts"),
        (dequantize_list, "expected a NumPy array, got list"),
        (dequantize_float64, "asks for float32"),
    ],
}

#: exercise → points of its first mutant, of which three of four entries are right
PARTIAL = {"02.1": 3}


def second_choose_qparams(min_val, max_val):
    ends = np.array([min_val, max_val, 0.0])
    width = np.ptp(ends) / 255
    width = width if width > 0 else np.finfo(np.float32).eps
    return width, int(np.rint(-ends.min() / width))


def second_quantize(x, scale, zero_point):
    steps = np.rint(np.divide(x, scale)).astype(np.int64) + int(zero_point)
    return np.minimum(np.maximum(steps, 0), 255).astype(np.uint8)


def second_dequantize(q, scale, zero_point):
    return np.float32(scale) * (q.astype(np.int32) - zero_point).astype(np.float32)


#: exercise → a right answer that was written another way
SECOND = {
    "02.1": {"scale": np.float32(0.02), "zero_point": 60.0, "codes": np.array([0, 60, 66, 99, 255]), "x_hat": 6 * 0.02},
    "02.2": second_choose_qparams,
    "02.3": second_quantize,
    "02.4": second_dequantize,
}
