"""Answers to exercise 05.1, right and wrong, written from the brief, without the check's own code."""

from __future__ import annotations

import numpy as np


def others(weight, axis):
    return tuple(i for i in range(weight.ndim) if i != axis % weight.ndim)


def scales(weight, axis, bit_width):
    s = np.abs(weight).max(axis=others(weight, axis), keepdims=True) / (2 ** (bit_width - 1) - 1)
    return np.where(s == 0, 1, s)


def second_qparams(weight, axis, bit_width):
    """Slice by slice, in double precision, with a small scale for dead slices."""
    kept = [1] * weight.ndim
    kept[axis] = weight.shape[axis]
    rows = np.moveaxis(np.asarray(weight, dtype=float), axis, 0)
    found = [max(-row.min(), row.max()) / (2 ** (bit_width - 1) - 1) for row in rows]
    return np.array([s or 1e-8 for s in found]).reshape(kept), np.zeros(kept)


def qparams_per_tensor(weight, axis, bit_width):
    return np.abs(weight).max() / (2 ** (bit_width - 1) - 1), 0


def qparams_per_tensor_in_shape(weight, axis, bit_width):
    s = scales(weight, axis, bit_width)
    return np.full(s.shape, s.max()), np.zeros(s.shape, int)


def qparams_per_tensor_kept(weight, axis, bit_width):
    s = np.abs(weight).max(keepdims=True) / (2 ** (bit_width - 1) - 1)
    return s, np.zeros(s.shape, int)


def qparams_along_the_axis(weight, axis, bit_width):
    s = np.abs(weight).max(axis=axis, keepdims=True) / (2 ** (bit_width - 1) - 1)
    s[s == 0] = 1
    return s, np.zeros_like(s)


def qparams_axis_0(weight, axis, bit_width):
    s = scales(weight, 0, bit_width)
    return s, np.zeros(s.shape, int)


def qparams_magnitude(weight, axis, bit_width):
    axes = tuple(i for i in range(weight.ndim) if i != abs(axis))
    s = np.abs(weight).max(axis=axes, keepdims=True) / (2 ** (bit_width - 1) - 1)
    return np.where(s > 0, s, 1), np.zeros(s.shape, int)


def qparams_negative_is_last(weight, axis, bit_width):
    s = scales(weight, -1 if axis < 0 else axis, bit_width)
    return s, np.zeros(s.shape, int)


def qparams_without_modulo(weight, axis, bit_width):
    axes = tuple(i for i in range(weight.ndim) if i != axis)
    s = np.abs(weight).max(axis=axes, keepdims=True) / (2 ** (bit_width - 1) - 1)
    return np.where(s > 0, s, 1), np.zeros(s.shape, int)


def qparams_at_most_four_axes(weight, axis, bit_width):
    flat = np.moveaxis(weight, axis, 0).reshape(weight.shape[axis], -1)
    s = np.abs(flat).max(1) / (2 ** (bit_width - 1) - 1)
    kept = [1, 1, 1, 1][: weight.ndim]
    kept[axis] = len(s)
    s = np.where(s > 0, s, 1).reshape(kept)
    return s, np.zeros(s.shape, int)


def qparams_scalar_zero_point(weight, axis, bit_width):
    return scales(weight, axis, bit_width), 0


def qparams_flat(weight, axis, bit_width):
    s = scales(weight, axis, bit_width).ravel()
    return s, np.zeros(s.shape, int)


def qparams_128(weight, axis, bit_width):
    s = scales(weight, axis, bit_width) * (2 ** (bit_width - 1) - 1) / 2 ** (bit_width - 1)
    return s, np.zeros(s.shape, int)


def qparams_255(weight, axis, bit_width):
    s = np.abs(weight).max(axis=others(weight, axis), keepdims=True) / (2**bit_width - 1)
    return np.where(s > 0, s, 1), np.zeros(s.shape, int)


def qparams_always_127(weight, axis, bit_width):
    s = scales(weight, axis, 8)
    return s, np.zeros(s.shape, int)


def qparams_largest(weight, axis, bit_width):
    s = weight.max(axis=others(weight, axis), keepdims=True) / (2 ** (bit_width - 1) - 1)
    return np.where(s > 0, s, 1), np.zeros(s.shape, int)


def qparams_half_span(weight, axis, bit_width):
    s = np.ptp(weight, axis=others(weight, axis), keepdims=True) / (2**bit_width - 2)
    return np.where(s > 0, s, 1), np.zeros(s.shape, int)


def qparams_dead(weight, axis, bit_width):
    s = np.abs(weight).max(axis=others(weight, axis), keepdims=True) / (2 ** (bit_width - 1) - 1)
    return s, np.zeros(s.shape, int)


def qparams_zero_point(weight, axis, bit_width):
    s = scales(weight, axis, bit_width)
    return s, np.full(s.shape, 128)


def qparams_scale_only(weight, axis, bit_width):
    return scales(weight, axis, bit_width)


def qparams_floor(weight, axis, bit_width):
    s = np.maximum(scales(weight, axis, bit_width), 1e-3)
    return s, np.zeros(s.shape, int)


def with_dead(weight, axis, bit_width, dead, value=1.0):
    s = np.abs(weight).max(axis=others(weight, axis), keepdims=True) / (2 ** (bit_width - 1) - 1)
    return np.where(dead, value, s), np.zeros(s.shape, int)


def qparams_any_zero(weight, axis, bit_width):
    return with_dead(weight, axis, bit_width, ~weight.all(axis=others(weight, axis), keepdims=True))


def qparams_no_sum(weight, axis, bit_width):
    return with_dead(weight, axis, bit_width, weight.sum(axis=others(weight, axis), keepdims=True) == 0)


def qparams_no_spread(weight, axis, bit_width):
    spread = np.ptp(weight, axis=others(weight, axis), keepdims=True)
    return with_dead(weight, axis, bit_width, spread == 0 if weight.ndim > 1 else weight == 0)


def qparams_least_weight(weight, axis, bit_width):
    least = np.abs(weight).min(axis=others(weight, axis), keepdims=True)
    return with_dead(weight, axis, bit_width, least == 0)


def dead_slices(weight, axis):
    return (weight == 0).all(axis=others(weight, axis), keepdims=True)


def qparams_dead_nan(weight, axis, bit_width):
    return with_dead(weight, axis, bit_width, dead_slices(weight, axis), np.nan)


def qparams_dead_negative(weight, axis, bit_width):
    return with_dead(weight, axis, bit_width, dead_slices(weight, axis), -1)


def qparams_one_dead_for_all(weight, axis, bit_width):
    return with_dead(weight, axis, bit_width, dead_slices(weight, axis).any())


def qparams_machine_epsilon(weight, axis, bit_width):
    s = np.maximum(scales(weight, axis, bit_width), np.finfo(np.float32).eps)
    return s, np.zeros(s.shape, int)


def qparams_small_is_dead(weight, axis, bit_width):
    s = scales(weight, axis, bit_width)
    return np.where(s < 1e-6, 1, s), np.zeros(s.shape, int)


def qparams_added(weight, axis, bit_width):
    s = np.abs(weight).max(axis=others(weight, axis), keepdims=True) + 1e-8
    return s / (2 ** (bit_width - 1) - 1), np.zeros(s.shape, int)


WRONG = [
    (qparams_per_tensor, "came back for the whole tensor"),
    (qparams_per_tensor_in_shape, "in disguise"),
    (qparams_per_tensor_kept, "asked is one for each index"),
    (qparams_along_the_axis, "reduce all the others"),
    (qparams_axis_0, "always keep axis 0"),
    (qparams_magnitude, "without its sign"),
    (qparams_negative_is_last, "every negative axis for the last one"),
    (qparams_without_modulo, "never equal to an index"),
    (qparams_at_most_four_axes, "keepdims=True"),
    (qparams_scalar_zero_point, r"zero_point has shape \(\)"),
    (qparams_flat, "keepdims=True"),
    (qparams_128, "last code is 127"),
    (qparams_255, "divide by 255"),
    (qparams_always_127, "4 bits end at 7"),
    (qparams_largest, "not the largest"),
    (qparams_half_span, "half of max − min"),
    (qparams_dead, "dead channels do occur"),
    (qparams_zero_point, "zero point 0 in every slice"),
    (qparams_scale_only, "return scale, zero_point"),
    (qparams_floor, r"scale\[.*is wrong"),
    (qparams_any_zero, "not all of its weights are 0"),
    (qparams_no_sum, "not all of its weights are 0"),
    (qparams_no_spread, "not all of its weights are 0"),
    (qparams_least_weight, "not all of its weights are 0"),
    (qparams_dead_nan, "the scale nan, which is no positive number"),
    (qparams_dead_negative, "the scale -1, which is no positive number"),
    (qparams_one_dead_for_all, "not all of its weights are 0"),
    (qparams_machine_epsilon, "they are not dead"),
    (qparams_small_is_dead, "they are not dead"),
    (qparams_added, "they are not dead"),
]

RIGHT = second_qparams

VARIES = {
    "weight": "1 to 5 axes, 1 and more channels, an axis of length 1; dead slices on every axis, all of "
    "them dead, live ones with zeros, with a sum of 0 and without spread, slices without positive weights, channels "
    "from 0.001 to 2 and of 3e-8 and 1e-5; not 0-d, which has no axis, and not empty",
    "axis": "0, 1, 2, 3, −1, −2, −3, −4; −1 of 1, 2 and 3 axes",
    "bit_width": "2 to 8",
    "zero_point": "its shape is compared: a single 0 is not one for each slice",
}

EQUIVALENT = {
    "scale = np.where(scale > 0, scale, 2)": "any positive scale is right for a slice of zeros, as the brief says",
    "return (scale, np.zeros(scale.shape))": "the brief asks for no type of the zero point",
    "return (scale, np.zeros(scale.shape, dtype=np.int16))": "the brief asks for no type of the zero point",
}
