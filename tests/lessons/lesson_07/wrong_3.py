"""Wrong answers to exercise 07.3, a multiplier as mantissa and shift, and a right one."""

from __future__ import annotations

import math

import numpy as np


def multiplier_unshifted(multiplier):
    return int(multiplier * (1 << 31) + 0.5), 0


def multiplier_no_carry(multiplier):
    n = 0
    while multiplier < 0.5:
        multiplier, n = multiplier * 2, n + 1
    while multiplier >= 1:
        multiplier, n = multiplier / 2, n - 1
    return round(multiplier * 2147483648), n


def multiplier_never_negative(multiplier):
    n = 0
    while round(multiplier * 2147483648) < 1073741824:
        multiplier, n = multiplier * 2, n + 1
    return round(multiplier * 2147483648), n


def multiplier_never_above_int32(multiplier):
    mantissa, shift = right_multiplier(multiplier)
    return (mantissa, shift) if shift >= 0 else (2**31 - 1, 0)


def multiplier_in_float32(multiplier):
    return right_multiplier(float(np.float32(multiplier)))


def multiplier_cut(multiplier):
    fraction, exponent = np.frexp(multiplier)
    return int(fraction * 2**31), -int(exponent)


def multiplier_up(multiplier):
    fraction, exponent = np.frexp(multiplier)
    mantissa = math.ceil(fraction * 2**31)
    return (mantissa, -int(exponent)) if mantissa < 2**31 else (2**30, -int(exponent) - 1)


def multiplier_sign(multiplier):
    mantissa, shift = right_multiplier(multiplier)
    return mantissa, -shift


def multiplier_q30(multiplier):
    fraction, exponent = np.frexp(multiplier)
    return round(float(fraction) * 2**30), -int(exponent)


def multiplier_one_to_two(multiplier):
    exponent = math.floor(math.log2(multiplier))
    return round(multiplier / 2**exponent * 2**31), -exponent


def multiplier_shift_31(multiplier):
    mantissa, shift = right_multiplier(multiplier)
    return mantissa, shift + 31


def multiplier_half(multiplier):
    mantissa, shift = right_multiplier(multiplier)
    return mantissa, shift + 1


def multiplier_twice(multiplier):
    mantissa, shift = right_multiplier(multiplier)
    return mantissa, shift - 1


def multiplier_swapped(multiplier):
    return tuple(reversed(right_multiplier(multiplier)))


def multiplier_fraction(multiplier):
    fraction, exponent = math.frexp(multiplier)
    return fraction, -exponent


def multiplier_shift_capped(multiplier):
    mantissa, shift = right_multiplier(multiplier)
    return mantissa, min(shift, 31)


def right_multiplier(multiplier):
    shift = 0
    while round(multiplier * 2**31) >= 2**31:
        multiplier, shift = multiplier / 2, shift - 1
    while round(multiplier * 2**31) < 2**30:
        multiplier, shift = multiplier * 2, shift + 1
    return np.int32(round(multiplier * 2**31)), np.int32(shift)


WRONG = [
    (multiplier_unshifted, "Without a shift"),
    (multiplier_no_carry, "A fraction just below 1"),
    (multiplier_never_negative, "Your shift stops at 0"),
    (multiplier_never_above_int32, "misses the multiplier by"),
    (multiplier_in_float32, "misses the multiplier by"),
    (multiplier_cut, "off by one, cut off"),
    (multiplier_up, "off by one, rounded up"),
    (multiplier_sign, "The sign of the shift"),
    (multiplier_q30, "30 bits in place of 31"),
    (multiplier_one_to_two, r"reaches up to 2\^32"),
    (multiplier_shift_31, "31 too large"),
    (multiplier_half, "one too large"),
    (multiplier_twice, "one too small"),
    (multiplier_swapped, "results are swapped"),
    (multiplier_shift_capped, "misses the multiplier by"),
    (multiplier_fraction, "not both whole numbers"),
]

RIGHT = right_multiplier

VARIES = {
    "multiplier": "10^-12 to 10^6; 0.5, 1 and 2 exactly, other powers of two, 1.5; three whose fraction rounds up to 1",
    "shift": "positive, 0 and negative",
}
