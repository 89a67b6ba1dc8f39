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
    return np.array([s or 1e-8 for s in found]).reshape(kept), 0


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


WRONG = [
    (qparams_per_tensor, "came back for the whole tensor"),
    (qparams_per_tensor_in_shape, "in disguise"),
    (qparams_per_tensor_kept, "asked is one for each index"),
    (qparams_along_the_axis, "reduce all the others"),
    (qparams_axis_0, "always keep axis 0"),
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
]

RIGHT = second_qparams
