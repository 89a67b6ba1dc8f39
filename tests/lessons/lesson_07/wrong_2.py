"""Wrong answers to exercise 07.2, the bias with the zero point in it, and a right one."""

from __future__ import annotations

import numpy as np


def sums_of(w_q):
    return np.array([int(channel.astype(int).sum()) for channel in w_q])


def bias_added(bias, x_scale, w_scale, w_q, x_zp):
    return (np.rint(bias / (x_scale * w_scale)) + x_zp * sums_of(w_q)).astype(np.int32)


def bias_not_folded(bias, x_scale, w_scale, w_q, x_zp):
    return np.rint(bias / (x_scale * w_scale)).astype(np.int32)


def bias_ignored(bias, x_scale, w_scale, w_q, x_zp):
    return (-x_zp * sums_of(w_q)).astype(np.int32)


def bias_sum_of_first_axis(bias, x_scale, w_scale, w_q, x_zp):
    sums = w_q.astype(int).sum(axis=0).reshape(-1)[: len(bias)]
    return (np.rint(bias / (x_scale * w_scale)) - x_zp * np.resize(sums, len(bias))).astype(np.int32)


def bias_of_four_axes(bias, x_scale, w_scale, w_q, x_zp):
    axes = (1, 2, 3) if w_q.ndim >= 4 else 1
    sums = w_q.astype(int).sum(axis=axes)
    return (np.rint(bias / (x_scale * w_scale)) - x_zp * sums.reshape(len(bias), -1)[:, 0]).astype(np.int32)


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


def right_bias(bias, x_scale, w_scale, w_q, x_zp):
    steps = [round(float(b) / (x_scale * float(s))) for b, s in zip(bias, w_scale, strict=True)]
    return np.array([b - x_zp * w for b, w in zip(steps, sums_of(w_q).tolist(), strict=True)], np.int32)


WRONG = [
    (bias_added, "The sign: "),
    (bias_not_folded, "without the zero point: "),
    (bias_ignored, "zero point's part alone"),
    (bias_sum_of_first_axis, "is wrong"),
    (bias_of_four_axes, "is wrong"),
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
]

RIGHT = right_bias

VARIES = {
    "bias": "1 to 16 channels, both signs, up to 90,000 steps",
    "x_scale": "0.01 to 0.5",
    "w_scale": "another one in each channel, 0.001 to 0.5",
    "w_q": "two to five axes, one channel, one weight a channel, as many outputs as inputs, depthwise",
    "x_zp": "0, 1, 128, 255 and others",
    "sums": "two cases beyond int16, whose folded bias is beyond 2^24",
}
