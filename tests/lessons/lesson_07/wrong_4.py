"""Wrong answers to exercise 07.4, a residual sum of two scales, and a right one."""

from __future__ import annotations

import numpy as np


def factors(a, b, y):
    return round(a[0] / y[0] * 1048576), round(b[0] / y[0] * 1048576)


def uint8(steps):
    return np.clip(steps, 0, 255).astype(np.uint8)


def add_wraps(a_q, b_q, a, b, y):
    ma, mb = factors(a, b, y)
    total = (a_q - np.uint8(a[1])).astype(int) * ma + (b_q - np.uint8(b[1])).astype(int) * mb
    return uint8((total + 524288) // 1048576 + y[1])


def add_codes(a_q, b_q, a, b, y):
    return uint8((a_q.astype(int) - a[1]) + (b_q.astype(int) - b[1]) + y[1])


def add_one_scale(a_q, b_q, a, b, y):
    ma, _ = factors(a, b, y)
    total = (a_q.astype(int) - a[1]) * ma + (b_q.astype(int) - b[1]) * ma
    return uint8((total + 524288) // 1048576 + y[1])


def total_of(a_q, b_q, a, b, y):
    ma, mb = factors(a, b, y)
    return (a_q.astype(int) - a[1]) * ma + (b_q.astype(int) - b[1]) * mb


def add_no_clamp(a_q, b_q, a, b, y):
    return ((total_of(a_q, b_q, a, b, y) + 524288) // 1048576 + y[1]).astype(np.uint8)


def add_floors(a_q, b_q, a, b, y):
    return uint8(total_of(a_q, b_q, a, b, y) // 1048576 + y[1])


def add_half_even(a_q, b_q, a, b, y):
    return uint8(np.rint(total_of(a_q, b_q, a, b, y) / 1048576) + y[1])


def add_two_roundings(a_q, b_q, a, b, y):
    ma, mb = factors(a, b, y)
    first = ((a_q.astype(int) - a[1]) * ma + 524288) // 1048576
    return uint8(first + ((b_q.astype(int) - b[1]) * mb + 524288) // 1048576 + y[1])


def add_not_centred(a_q, b_q, a, b, y):
    ma, mb = factors(a, b, y)
    return uint8((a_q.astype(int) * ma + b_q.astype(int) * mb + 524288) // 1048576 + y[1])


def add_multipliers_cut(a_q, b_q, a, b, y):
    ma, mb = int(a[0] / y[0] * 1048576), int(b[0] / y[0] * 1048576)
    return uint8(((a_q.astype(int) - a[1]) * ma + (b_q.astype(int) - b[1]) * mb + 524288) // 1048576 + y[1])


def add_real_multipliers(a_q, b_q, a, b, y):
    real = (a_q.astype(float) - a[1]) * (a[0] / y[0]) + (b_q.astype(float) - b[1]) * (b[0] / y[0])
    return uint8(np.floor(real + 0.5).astype(int) + y[1])


def add_real_values(a_q, b_q, a, b, y):
    real = (a_q.astype(float) - a[1]) * a[0] + (b_q.astype(float) - b[1]) * b[0]
    return uint8(np.floor(real / y[0] + 0.5).astype(int) + y[1])


def add_in_int32(a_q, b_q, a, b, y):
    ma, mb = np.int32(factors(a, b, y))
    total = (a_q.astype(np.int32) - np.int32(a[1])) * ma + (b_q.astype(np.int32) - np.int32(b[1])) * mb
    return uint8((total + np.int32(524288)) // np.int32(1048576) + y[1])


def add_no_output_zero(a_q, b_q, a, b, y):
    return uint8((total_of(a_q, b_q, a, b, y) + 524288) // 1048576)


def add_stays_wide(a_q, b_q, a, b, y):
    return np.clip((total_of(a_q, b_q, a, b, y) + 524288) // 1048576 + y[1], 0, 255)


def right_add(a_q, b_q, a, b, y):
    return uint8((total_of(a_q, b_q, a, b, y) + 524288) // 1048576 + y[1])


WRONG = [
    (add_wraps, "wraps around in uint8"),
    (add_codes, "a step of a is not a step of b"),
    (add_one_scale, "Both inputs get the multiplier of a"),
    (add_no_clamp, "A sum beyond the codes wraps"),
    (add_floors, "A shift alone rounds down"),
    (add_half_even, "half to even"),
    (add_two_roundings, "two roundings where one would do"),
    (add_not_centred, "zero points of the inputs are missing"),
    (add_no_output_zero, "zero point of the output is missing"),
    (add_multipliers_cut, "multipliers are cut off"),
    (add_real_multipliers, "You multiply by real numbers"),
    (add_real_values, r"element \(\d+, \d+\) is wrong"),
    (add_in_int32, "element 0 is wrong"),
    (add_stays_wide, "expected uint8"),
]

RIGHT = right_add
