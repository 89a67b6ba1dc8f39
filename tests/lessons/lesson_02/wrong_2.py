"""Wrong answers to exercise 02.2, scale and zero point of a range, and a right one."""

from __future__ import annotations

import numpy as np


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


def qparams_swapped(min_val, max_val):
    return tuple(reversed(second_choose_qparams(min_val, max_val)))


def qparams_negative(min_val, max_val):
    low, high = min(min_val, 0), max(max_val, 0)
    s = (high - low) / 255 or 1.0
    return s, round(low / s)


def qparams_rounded_scale(min_val, max_val):
    s, z = second_choose_qparams(min_val, max_val)
    return round(s, 4) or s, z


def second_choose_qparams(min_val, max_val):
    ends = np.array([min_val, max_val, 0.0])
    width = np.ptp(ends) / 255
    width = width if width > 0 else np.finfo(np.float32).eps
    return width, int(np.rint(-ends.min() / width))


WRONG = [
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
]

RIGHT = second_choose_qparams
