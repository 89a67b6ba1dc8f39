"""Wrong answers to the exercises of lesson 07, written from the briefs, without the check's own code."""

from __future__ import annotations

import math

import numpy as np

# --- 07.1 -----------------------------------------------------------------------------------------------------------


def dot_wraps(x_q, w_q, x_zp, w_zp):
    x = (x_q - np.uint8(x_zp)).astype(int)
    w = (w_q - np.int8(w_zp)).astype(int)
    return (w * x).sum(axis=1).astype(np.int32)


def dot_without_last(x_q, w_q, x_zp, w_zp):
    x, w = x_q.astype(int), w_q.astype(int)
    return (w.dot(x) - x_zp * w.sum(axis=-1) - w_zp * sum(x)).astype("int32")


def dot_once(x_q, w_q, x_zp, w_zp):
    x, w = x_q.astype(int), w_q.astype(int)
    return (w.dot(x) - x_zp * w.sum(axis=-1) - w_zp * sum(x) + x_zp * w_zp).astype("int32")


def dot_last_subtracted(x_q, w_q, x_zp, w_zp):
    x, w = x_q.astype(int), w_q.astype(int)
    return (w.dot(x) - x_zp * w.sum(axis=-1) - w_zp * sum(x) - len(x) * x_zp * w_zp).astype("int32")


def dot_swapped(x_q, w_q, x_zp, w_zp):
    x, w = x_q.astype(int) - w_zp, w_q.astype(int) - x_zp
    return (w @ x).astype(np.int32)


def dot_plus(x_q, w_q, x_zp, w_zp):
    return ((w_q.astype(int) + w_zp) @ (x_q.astype(int) + x_zp)).astype(np.int32)


def dot_symmetric(x_q, w_q, x_zp, w_zp):
    return (w_q.astype(int) @ (x_q.astype(int) - x_zp)).astype(np.int32)


def dot_unshifted_input(x_q, w_q, x_zp, w_zp):
    return ((w_q.astype(int) - w_zp) @ x_q.astype(int)).astype(np.int32)


def dot_of_codes(x_q, w_q, x_zp, w_zp):
    return w_q.astype(np.int32) @ x_q.astype(np.int32)


def dot_one_number(x_q, w_q, x_zp, w_zp):
    return np.int32(np.sum((w_q.astype(int) - w_zp) * (x_q.astype(int) - x_zp)))


def dot_in_float32(x_q, w_q, x_zp, w_zp):
    x, w = x_q.astype(np.float32) - np.float32(x_zp), w_q.astype(np.float32) - np.float32(w_zp)
    return (w @ x).astype(np.int32)


def dot_stays_int64(x_q, w_q, x_zp, w_zp):
    return (w_q.astype(np.int64) - w_zp) @ (x_q.astype(np.int64) - x_zp)


def second_dot(x_q, w_q, x_zp, w_zp):
    rows = [sum((int(x) - x_zp) * (int(w) - w_zp) for x, w in zip(x_q, row, strict=True)) for row in w_q]
    return np.array(rows, dtype=np.int32)


# --- 07.2 -----------------------------------------------------------------------------------------------------------


def sums_of(w_q):
    return np.array([int(channel.astype(int).sum()) for channel in w_q])


def bias_added(bias, x_scale, w_scale, w_q, x_zp):
    return (np.rint(bias / (x_scale * w_scale)) + x_zp * sums_of(w_q)).astype(np.int32)


def bias_not_folded(bias, x_scale, w_scale, w_q, x_zp):
    return np.rint(bias / (x_scale * w_scale)).astype(np.int32)


def bias_without_zero_point(bias, x_scale, w_scale, w_q, x_zp):
    return (np.rint(bias / (x_scale * w_scale)) - sums_of(w_q)).astype(np.int32)


def bias_whole_sum(bias, x_scale, w_scale, w_q, x_zp):
    return (np.rint(bias / (x_scale * w_scale)) - x_zp * int(w_q.astype(int).sum())).astype(np.int32)


def bias_weight_scale_only(bias, x_scale, w_scale, w_q, x_zp):
    return (np.rint(bias / w_scale) - x_zp * sums_of(w_q)).astype(np.int32)


def bias_input_scale_only(bias, x_scale, w_scale, w_q, x_zp):
    return (np.rint(bias / x_scale) - x_zp * sums_of(w_q)).astype(np.int32)


def bias_real(bias, x_scale, w_scale, w_q, x_zp):
    return (np.rint(bias) - x_zp * sums_of(w_q)).astype(np.int32)


def bias_multiplied(bias, x_scale, w_scale, w_q, x_zp):
    return (np.rint(bias * x_scale * w_scale) - x_zp * sums_of(w_q)).astype(np.int32)


def bias_truncated(bias, x_scale, w_scale, w_q, x_zp):
    return (bias / (x_scale * w_scale)).astype(np.int32) - np.int32(x_zp * sums_of(w_q))


def bias_floor(bias, x_scale, w_scale, w_q, x_zp):
    return (bias // (x_scale * w_scale) - x_zp * sums_of(w_q)).astype(np.int32)


def bias_ceil(bias, x_scale, w_scale, w_q, x_zp):
    return (-(-bias // (x_scale * w_scale)) - x_zp * sums_of(w_q)).astype(np.int32)


def bias_short(bias, x_scale, w_scale, w_q, x_zp):
    steps = np.rint(bias / (x_scale * w_scale)).clip(-32768, 32767)
    return (steps - x_zp * sums_of(w_q)).astype(np.int32)


def bias_float(bias, x_scale, w_scale, w_q, x_zp):
    return np.rint(bias / (x_scale * w_scale)) - x_zp * sums_of(w_q)


def second_bias(bias, x_scale, w_scale, w_q, x_zp):
    steps = [round(float(b) / (x_scale * float(s))) for b, s in zip(bias, w_scale, strict=True)]
    return np.array([b - x_zp * w for b, w in zip(steps, sums_of(w_q).tolist(), strict=True)], np.int32)


# --- 07.3 -----------------------------------------------------------------------------------------------------------


def multiplier_unshifted(multiplier):
    return int(multiplier * (1 << 31) + 0.5), 0


def multiplier_no_carry(multiplier):
    n = 0
    while multiplier < 0.5:
        multiplier, n = multiplier * 2, n + 1
    while multiplier >= 1:
        multiplier, n = multiplier / 2, n - 1
    return round(multiplier * 2147483648), n


def multiplier_cut(multiplier):
    fraction, exponent = np.frexp(multiplier)
    return int(fraction * 2**31), -int(exponent)


def multiplier_up(multiplier):
    fraction, exponent = np.frexp(multiplier)
    mantissa = math.ceil(fraction * 2**31)
    return (mantissa, -int(exponent)) if mantissa < 2**31 else (2**30, -int(exponent) - 1)


def multiplier_sign(multiplier):
    mantissa, shift = second_multiplier(multiplier)
    return mantissa, -shift


def multiplier_q30(multiplier):
    fraction, exponent = np.frexp(multiplier)
    return round(float(fraction) * 2**30), -int(exponent)


def multiplier_one_to_two(multiplier):
    exponent = math.floor(math.log2(multiplier))
    return round(multiplier / 2**exponent * 2**31), -exponent


def multiplier_shift_31(multiplier):
    mantissa, shift = second_multiplier(multiplier)
    return mantissa, shift + 31


def multiplier_half(multiplier):
    mantissa, shift = second_multiplier(multiplier)
    return mantissa, shift + 1


def multiplier_twice(multiplier):
    mantissa, shift = second_multiplier(multiplier)
    return mantissa, shift - 1


def multiplier_swapped(multiplier):
    return tuple(reversed(second_multiplier(multiplier)))


def multiplier_fraction(multiplier):
    fraction, exponent = math.frexp(multiplier)
    return fraction, -exponent


def multiplier_shift_capped(multiplier):
    mantissa, shift = second_multiplier(multiplier)
    return mantissa, min(shift, 31)


def second_multiplier(multiplier):
    shift = 0
    while round(multiplier * 2**31) >= 2**31:
        multiplier, shift = multiplier / 2, shift - 1
    while round(multiplier * 2**31) < 2**30:
        multiplier, shift = multiplier * 2, shift + 1
    return np.int32(round(multiplier * 2**31)), np.int32(shift)


# --- 07.4 -----------------------------------------------------------------------------------------------------------


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


def second_add(a_q, b_q, a, b, y):
    return uint8((total_of(a_q, b_q, a, b, y) + 524288) // 1048576 + y[1])


MUTANTS = {
    "07.1": [
        (dot_wraps, "arithmetic wraps around"),
        (dot_without_last, "last cross term is missing"),
        (dot_once, "You add x_zp · w_zp once"),
        (dot_last_subtracted, "The sign of the last term"),
        (dot_swapped, "two cross terms are swapped"),
        (dot_plus, "sign of the cross terms"),
        (dot_symmetric, "zero point of the weights is left out"),
        (dot_unshifted_input, "zero point of the input is left out"),
        (dot_of_codes, "sum of the codes' products"),
        (dot_one_number, "You return one number"),
        (dot_in_float32, "float32 holds whole numbers exactly"),
        (dot_stays_int64, "expected int32"),
    ],
    "07.2": [
        (bias_added, "The sign: "),
        (bias_not_folded, "without the zero point: "),
        (bias_without_zero_point, "You subtract Σ w_q without x_zp"),
        (bias_whole_sum, "weights of all channels"),
        (bias_weight_scale_only, "by the weight scale only"),
        (bias_input_scale_only, "by the input scale only"),
        (bias_real, "still in real units"),
        (bias_multiplied, "You multiply by the scales"),
        (bias_truncated, "You cut the steps off"),
        (bias_floor, "You round the steps down"),
        (bias_ceil, "You round the steps up"),
        (bias_short, "element 0 is wrong"),
        (bias_float, "expected int32"),
    ],
    "07.3": [
        (multiplier_unshifted, "Without a shift"),
        (multiplier_no_carry, "A fraction just below 1"),
        (multiplier_cut, "off by one, cut off"),
        (multiplier_up, "off by one, rounded up"),
        (multiplier_sign, "The sign of the shift"),
        (multiplier_q30, "30 bits in place of 31"),
        (multiplier_one_to_two, r"reaches up to 2\^32"),
        (multiplier_shift_31, "31 too large"),
        (multiplier_half, "one too large"),
        (multiplier_twice, "one too small"),
        (multiplier_swapped, "results are swapped"),
        (multiplier_shift_capped, "which is not the multiplier"),
        (multiplier_fraction, "not both whole numbers"),
    ],
    "07.4": [
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
    ],
}

SECOND = {"07.1": second_dot, "07.2": second_bias, "07.3": second_multiplier, "07.4": second_add}
