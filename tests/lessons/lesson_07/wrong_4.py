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


def add_in_float32(a_q, b_q, a, b, y):
    ma, mb = (round(float(np.float32(s) / np.float32(y[0]) * np.float32(1048576))) for s in (a[0], b[0]))
    total = (a_q.astype(int) - a[1]) * ma + (b_q.astype(int) - b[1]) * mb
    return uint8((total + 524288) // 1048576 + y[1])


def add_in_int32(a_q, b_q, a, b, y):
    ma, mb = np.int32(factors(a, b, y))
    total = (a_q.astype(np.int32) - np.int32(a[1])) * ma + (b_q.astype(np.int32) - np.int32(b[1])) * mb
    return uint8((total + np.int32(524288)) // np.int32(1048576) + y[1])


def add_no_output_zero(a_q, b_q, a, b, y):
    return uint8((total_of(a_q, b_q, a, b, y) + 524288) // 1048576)


def add_zero_before_the_shift(a_q, b_q, a, b, y):
    return uint8((total_of(a_q, b_q, a, b, y) + 524288 + y[1]) >> 20)


def add_swapped(a_q, b_q, a, b, y):
    mb, ma = factors(a, b, y)
    total = (a_q.astype(int) - a[1]) * ma + (b_q.astype(int) - b[1]) * mb
    return uint8((total + 524288) // 1048576 + y[1])


def add_towards_zero(a_q, b_q, a, b, y):
    total = total_of(a_q, b_q, a, b, y)
    return uint8(np.sign(total) * ((abs(total) + 524288) >> 20) + y[1])


def add_clamped_early(a_q, b_q, a, b, y):
    return (np.clip((total_of(a_q, b_q, a, b, y) + 524288) >> 20, 0, 255) + y[1]).clip(0, 255).astype(np.uint8)


def add_one_zero_point(a_q, b_q, a, b, y):
    return right_add(a_q, b_q, a, (b[0], a[1]), y)


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
    (add_zero_before_the_shift, "z_y before the shift"),
    (add_swapped, "multipliers are swapped"),
    (add_towards_zero, "element 3 is wrong"),
    (add_clamped_early, "element 3 is wrong"),
    (add_one_zero_point, r"element \d is wrong"),
    (add_no_output_zero, "zero point of the output is missing"),
    (add_multipliers_cut, "multipliers are cut off"),
    (add_real_multipliers, "You multiply by real numbers"),
    (add_real_values, r"element \(\d+, \d+\) is wrong"),
    (add_in_float32, "come from float32"),
    (add_in_int32, "element 0 is wrong"),
    (add_stays_wide, "expected uint8"),
]

RIGHT = right_add

VARIES = {
    "a_q": "one to four axes, one code and none, every pair of codes twice",
    "b_q": "as a_q, with the same shape",
    "a": "scales 0.01 to 2, zero points 0 to 255",
    "b": "another scale than a's, larger or smaller, and one case with the same; another zero point",
    "y": "scales 0.02 to 1, zero points 0 to 255",
    "borders": "two each: halves, totals below 0, both saturations, totals beyond int32, near-ties, large ratios",
}
