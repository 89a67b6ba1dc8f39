"""Wrong answers to exercise 02.3, real numbers into codes of 8 bits, and a right one."""

from __future__ import annotations

import numpy as np


def ends(zero_point):
    return (-128, 127) if zero_point.dtype == np.int8 else (0, 255)


def lesson_02(x, scale, zero_point):
    """The lesson's own cell, as it stands."""
    q = np.round(x / scale) + zero_point
    return np.clip(q, 0, 255).astype(np.uint8)


def quantize_no_clamp(x, scale, zero_point):
    return (np.round(x / scale) + zero_point).astype(int).astype(zero_point.dtype)


def lesson_00(x, scale, zero_point):
    """The wrong answer that lesson 00 shows."""
    return np.round(x / scale + zero_point).astype(np.int64).astype(np.uint8)


def quantize_truncates(x, scale, zero_point):
    return np.clip((x / scale).astype(int) + zero_point, *ends(zero_point)).astype(zero_point.dtype)


def quantize_floors(x, scale, zero_point):
    return np.clip(x // scale + zero_point, *ends(zero_point)).astype(zero_point.dtype)


def quantize_half_up(x, scale, zero_point):
    steps = np.floor(x / scale + np.float32(0.5))
    return np.clip(steps + zero_point, *ends(zero_point)).astype(zero_point.dtype)


def quantize_adds_first(x, scale, zero_point):
    return np.clip(np.rint(x / scale + zero_point), *ends(zero_point)).astype(zero_point.dtype)


def quantize_forgets_zero_point(x, scale, zero_point):
    return np.clip(np.round(x / scale), *ends(zero_point)).astype(zero_point.dtype)


def quantize_stays_float(x, scale, zero_point):
    return np.clip(np.round(x / scale) + zero_point, *ends(zero_point))


def quantize_always_signed(x, scale, zero_point):
    return np.clip(np.round(x / scale) + zero_point, -128, 127).astype("int8")


def quantize_half_away(x, scale, zero_point):
    s = x / scale
    steps = np.sign(s) * np.floor(np.abs(s) + np.float32(0.5))
    return np.clip(steps + zero_point, *ends(zero_point)).astype(zero_point.dtype)


def quantize_clamps_above_only(x, scale, zero_point):
    return np.minimum(np.round(x / scale) + zero_point, ends(zero_point)[1]).astype(int).astype(zero_point.dtype)


def quantize_overwrites(x, scale, zero_point):
    x /= scale
    np.round(x, out=x)
    return np.clip(x + zero_point, *ends(zero_point)).astype(zero_point.dtype)


def quantize_flat_only(x, scale, zero_point):
    low, high = ends(zero_point)
    return np.array([min(high, max(low, round(float(v / scale)) + int(zero_point))) for v in x.ravel()]).astype(
        zero_point.dtype
    )


def quantize_narrow_sum(x, scale, zero_point):
    steps = np.clip(np.round(x / scale), *ends(zero_point)).astype(zero_point.dtype)
    return steps + zero_point


def quantize_largest_scale(x, scale, zero_point):
    return right(x, np.max(scale), np.ravel(zero_point)[0])


def quantize_type_by_the_sign(x, scale, zero_point):
    signed = bool(np.any(zero_point < 0))
    q = np.round(x / scale) + zero_point
    return np.clip(q, -128, 127).astype(np.int8) if signed else np.clip(q, 0, 255).astype(np.uint8)


def quantize_one_dimension_at_least(x, scale, zero_point):
    return right(np.atleast_1d(x), scale, zero_point)


def quantize_ends_of_uint8(x, scale, zero_point):
    q = np.clip(np.round(x / scale) + zero_point, 0, 255)
    return q.astype(int).astype(zero_point.dtype)


def quantize_narrow_range(x, scale, zero_point):
    low, high = ends(zero_point)
    return np.clip(np.round(x / scale) + zero_point, max(low, -127), high).astype(zero_point.dtype)


def quantize_mirrored(x, scale, zero_point):
    last = ends(zero_point)[1]
    return np.clip(np.round(x / scale) + zero_point, -last, last).astype(int).astype(zero_point.dtype)


def quantize_casts_first(x, scale, zero_point):
    with np.errstate(invalid="ignore"):
        steps = np.rint(x / scale).astype(np.int32)
    return np.clip(steps + zero_point.astype(np.int32), *ends(zero_point)).astype(zero_point.dtype)


def quantize_row_by_row(x, scale, zero_point):
    if np.ndim(scale) == 0:
        return right(x, scale, zero_point)
    rows = zip(x, np.ravel(scale), np.ravel(zero_point), strict=False)
    return np.array([right(row, s, z) for row, s, z in rows]).reshape(x.shape)


def quantize_first_axis(x, scale, zero_point):
    shape = (-1, *[1] * (x.ndim - 1))
    if np.ndim(scale):
        scale = scale.reshape(shape)
    if np.ndim(zero_point):
        zero_point = zero_point.reshape(shape)
    return right(x, scale, zero_point)


def quantize_both_or_none(x, scale, zero_point):
    channels = zip(np.atleast_1d(scale), np.atleast_1d(zero_point), strict=True)
    return right(x, scale, zero_point) if list(channels) else None


def right(x, scale, zero_point):
    steps = np.rint(np.divide(x, scale)).astype(np.int64) + np.asarray(zero_point, np.int64)
    low, high = ends(zero_point)
    return np.minimum(np.maximum(steps, low), high).astype(zero_point.dtype)


WRONG = [
    (quantize_no_clamp, "wraps around: 257"),
    (lesson_02, "one type of codes only"),
    (lesson_00, "And the codes have the type of zero_point"),
    (quantize_truncates, "cut off instead of rounding"),
    (quantize_floors, "round down"),
    (quantize_half_up, "half to even"),
    (quantize_adds_first, "before rounding"),
    (quantize_forgets_zero_point, "zero point is missing"),
    (quantize_stays_float, "give them the type of the zero point"),
    (quantize_always_signed, "one type of codes only"),
    (quantize_half_away, "half to even"),
    (quantize_clamps_above_only, "wraps around: 257"),
    (quantize_overwrites, "changes its input"),
    (quantize_flat_only, r"got shape \(1,\) for an input of shape \(\)"),
    (quantize_narrow_sum, "and then add the zero point"),
    (quantize_largest_scale, "one scale for all channels"),
    (quantize_type_by_the_sign, "says which codes there are"),
    (quantize_ends_of_uint8, "ends of one type and cast"),
    (quantize_narrow_range, "narrow range of symmetric weights"),
    (quantize_mirrored, "clamp to −max"),
    (quantize_casts_first, "before you clamp: a value far beyond"),
    (quantize_first_axis, "lie where their shape says"),
    (quantize_row_by_row, "lie where their shape says"),
    (quantize_both_or_none, "ValueError"),
    (quantize_one_dimension_at_least, r"got shape \(1,\) for an input of shape \(\)"),
]

RIGHT = right

VARIES = {
    "x": "shapes (), (0,), one to five axes; ties; far beyond the codes and beyond 32 bits; float32, float64",
    "scale": "a number, or an array that broadcasts: along the first, the last or a middle axis, or of every value",
    "zero_point": "UINT8 and INT8, ends and between; like the scale, or a number beside an array and the reverse",
}

EQUIVALENT = {
    "return np.clip(codes.min, q, codes.max).astype(zero_point.dtype)": "the same: larger, then smaller",
}
