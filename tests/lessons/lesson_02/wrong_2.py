"""Wrong answers to exercise 02.2, scale and zero point of a range, and a right one."""

from __future__ import annotations

import numpy as np


def codes_of(bit_width, signed):
    n = 2**bit_width
    return (-n // 2, n // 2 - 1) if signed else (0, n - 1)


def lesson_02(min_val, max_val, quant_min=0, quant_max=255):
    """The lesson's own cell, as it stands."""
    min_val, max_val = min(min_val, 0.0), max(max_val, 0.0)
    scale = (max_val - min_val) / (quant_max - quant_min)
    return scale, quant_min - round(min_val / scale)


def always_uint8(min_val, max_val, bit_width, signed):
    return right(min_val, max_val, 8, False)


def always_unsigned(min_val, max_val, bit_width, signed):
    return right(min_val, max_val, bit_width, False)


def always_eight(min_val, max_val, bit_width, signed):
    return right(min_val, max_val, 8, signed)


def qparams_256(min_val, max_val, bit_width, signed):
    low, high = min(min_val, 0), max(max_val, 0)
    s = (high - low) / 2**bit_width or 1.0
    return s, codes_of(bit_width, signed)[0] + round(-low / s)


def qparams_not_widened(min_val, max_val, bit_width, signed):
    first, last = codes_of(bit_width, signed)
    s = (max_val - min_val) / (last - first) or 1.0
    return s, min(last, max(first, first + round(-min_val / s)))


def qparams_sign(min_val, max_val, bit_width, signed):
    first, last = codes_of(bit_width, signed)
    low, high = min(min_val, 0), max(max_val, 0)
    s = (high - low) / (last - first) or 1.0
    return s, first + round(low / s)


def qparams_truncated(min_val, max_val, bit_width, signed):
    first, last = codes_of(bit_width, signed)
    low, high = min(min_val, 0), max(max_val, 0)
    s = (high - low) / (last - first) or 1.0
    return s, first + int(-low / s)


def qparams_symmetric(min_val, max_val, bit_width, signed):
    m = max(abs(min_val), abs(max_val))
    half = 2 ** (bit_width - 1)
    return (m / (half - 1) if m else 1.0), 0 if signed else half


def qparams_float_zero_point(min_val, max_val, bit_width, signed):
    first, last = codes_of(bit_width, signed)
    low, high = min(min_val, 0), max(max_val, 0)
    s = (high - low) / (last - first) or 1.0
    return s, first - low / s


def qparams_divides_by_zero(min_val, max_val, bit_width, signed):
    first, last = codes_of(bit_width, signed)
    low, high = np.float64(min(min_val, 0)), np.float64(max(max_val, 0))
    s = (high - low) / (last - first)
    return s, first + np.round(-low / s)


def qparams_swapped(*args):
    return tuple(reversed(right(*args)))


def qparams_rounded_scale(*args):
    s, z = right(*args)
    return round(s, 4) or s, z


def qparams_narrow(min_val, max_val, bit_width, signed):
    first, last = codes_of(bit_width, signed)
    first += int(signed)
    low, high = min(min_val, 0), max(max_val, 0)
    s = (high - low) / (last - first) or 1.0
    return s, first - round(low / s)


def qparams_middle_of_nothing(min_val, max_val, bit_width, signed):
    return (1.0, 0) if min_val == max_val == 0 else right(min_val, max_val, bit_width, signed)


def qparams_with_a_floor(min_val, max_val, bit_width, signed):
    s, z = right(min_val, max_val, bit_width, signed)
    return max(s, 1e-8), z


def qparams_epsilon_of_float32(*args):
    s, z = right(*args)
    return max(s, np.finfo(np.float32).eps), z


def qparams_nearly_nothing(min_val, max_val, bit_width, signed):
    if abs(min_val) < 1e-6 and abs(max_val) < 1e-6:
        return right(0.0, 0.0, bit_width, signed)
    return right(min_val, max_val, bit_width, signed)


def right(min_val, max_val, bit_width, signed):
    ends = np.array([min_val, max_val, 0.0])
    width = np.ptp(ends) / (2**bit_width - 1)
    width = width if width > 0 else 1.0
    z = int(np.rint(-ends.min() / width))
    return width, z - 2 ** (bit_width - 1) if signed else z


WRONG = [
    (qparams_256, "255 gaps"),
    (lesson_02, "for quant_min and quant_max, as in the lesson"),
    (always_uint8, "the lesson's UINT8 ruler"),
    (always_unsigned, "You ignore signed"),
    (always_eight, "You ignore bit_width: with"),
    (qparams_not_widened, "widen the range"),
    (qparams_sign, "wrong sign"),
    (qparams_truncated, "cut the zero point off"),
    (qparams_symmetric, "symmetric scheme"),
    (qparams_float_zero_point, "a whole number; round it"),
    (qparams_divides_by_zero, "what if all values are 0"),
    (qparams_swapped, "swapped"),
    (qparams_rounded_scale, "Keep all its digits"),
    (qparams_narrow, "the narrow range is for"),
    (qparams_with_a_floor, "there is no floor"),
    (qparams_epsilon_of_float32, "there is no floor"),
    (qparams_nearly_nothing, "there is no floor"),
    (qparams_middle_of_nothing, r"^Called with .*zero_point is 0: expected the code of the real 0"),
]

RIGHT = right

VARIES = {
    "min_val": "negative, 0 or positive: ranges that hold 0, end at it, lie above or below it; [0, 0], and tiny ones",
    "max_val": "positive, 0 or negative",
    "bit_width": "2 … 8, 12 and 16",
    "signed": "both, at every kind of range",
}
