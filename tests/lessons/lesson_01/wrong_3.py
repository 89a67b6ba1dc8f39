"""Wrong answers to exercise 01.3, the arithmetic intensity of a convolution, and a right one."""

from __future__ import annotations

import math

import numpy as np


def _bytes(weights, i, o, b):
    return (weights + math.prod(i) + math.prod(o)) * b / 8


def forgets_groups(i, o, k, groups, b):
    weights = o[0] * i[0] * k * k
    return weights * o[1] * o[2] / _bytes(weights, i, o, b)


def groups_in_weights_only(i, o, k, groups, b):
    macs = o[0] * i[0] * k * k * o[1] * o[2]
    return macs / _bytes(o[0] * i[0] // groups * k * k, i, o, b)


def groups_in_macs_only(i, o, k, groups, b):
    macs = o[0] * (i[0] // groups) * k * k * o[1] * o[2]
    return macs / _bytes(o[0] * i[0] * k * k, i, o, b)


def forgets_weights(i, o, k, groups, b):
    macs = math.prod(o) * (i[0] // groups) * k * k
    return macs / ((math.prod(i) + math.prod(o)) * b / 8)


def forgets_output(i, o, k, groups, b):
    weights = o[0] * (i[0] // groups) * k * k
    return weights * o[1] * o[2] / ((weights + math.prod(i)) * b / 8)


def forgets_input(i, o, k, groups, b):
    weights = o[0] * (i[0] // groups) * k * k
    return weights * o[1] * o[2] / ((weights + math.prod(o)) * b / 8)


def weights_only(i, o, k, groups, b):
    return o[1] * o[2] * 8 / b


def every_input_pixel(i, o, k, groups, b):
    weights = o[0] * (i[0] // groups) * k * k
    return weights * i[1] * i[2] / _bytes(weights, i, o, b)


def two_operations(i, o, k, groups, b):
    weights = o[0] * (i[0] // groups) * k * k
    return 2 * weights * o[1] * o[2] / _bytes(weights, i, o, b)


def per_bit(i, o, k, groups, b):
    return right(i, o, k, groups, b) / 8


def always_fp32(i, o, k, groups, b):
    return right(i, o, k, groups, 32)


def upside_down(i, o, k, groups, b):
    return 1 / right(i, o, k, groups, b)


def kernel_not_squared(i, o, k, groups, b):
    weights = o[0] * (i[0] // groups) * k
    return weights * o[1] * o[2] / _bytes(weights, i, o, b)


def returns_both(i, o, k, groups, b):
    weights = o[0] * (i[0] // groups) * k * k
    return weights * o[1] * o[2], _bytes(weights, i, o, b)


def ordinary_or_depthwise(i, o, k, groups, b):
    return right(i, o, k, i[0] if groups == i[0] else 1, b)


def square_images(i, o, k, groups, b):
    return right([i[0], i[1], i[1]], [o[0], o[1], o[1]], k, groups, b)


def bytes_rounded_up(i, o, k, groups, b):
    return right(i, o, k, groups, 8 * math.ceil(b / 8))


def with_biases(i, o, k, groups, b):
    weights = o[0] * i[0] * k * k // groups
    return weights * o[1] * o[2] / _bytes(weights + o[0], i, o, b)


def counts_in_32_bits(i, o, k, groups, b):
    with np.errstate(over="ignore"):
        macs = np.int32(o[0] * o[1] * o[2]) * np.int32(i[0] // groups) * np.int32(k * k)
    return float(macs) / _bytes(o[0] * (i[0] // groups) * k * k, i, o, b)


def right(i, o, k, groups, b):
    weights = np.zeros((o[0], i[0] // groups, k, k), np.int8).size
    macs = sum(weights for _ in range(o[1] * o[2]))
    return np.float64(macs) * 8 / (b * (weights + np.prod(i) + np.prod(o)))


WRONG = [
    (forgets_groups, "You forgot the groups"),
    (groups_in_weights_only, "The weights know the groups"),
    (groups_in_macs_only, "multiply-accumulates know the groups"),
    (forgets_weights, "The weights are missing"),
    (forgets_output, "The output is missing"),
    (forgets_input, "The input is missing"),
    (weights_only, "the weights only"),
    (every_input_pixel, r"every \*input\* pixel"),
    (two_operations, "twice what was asked"),
    (per_bit, "8 times too small"),
    (always_fp32, "You ignore bit_width"),
    (upside_down, "turn the fraction over"),
    (kernel_not_squared, "k², not k"),
    (returns_both, "one number"),
    (lambda *layer: str(right(*layer)), "one number"),
    (ordinary_or_depthwise, "anything between"),
    (square_images, "every image as square"),
    (bytes_rounded_up, "half a byte"),
    (with_biases, "the biases"),
    (counts_in_32_bits, "more than 32 bits can count"),
    (lambda i, o, k, groups, b: right(i, o, k, groups, 8), "each for one byte"),
    (lambda *layer: round(float(right(*layer)), 2), "but rounded"),
    (lambda *layer: right(*layer) // 1, "but rounded"),
]

RIGHT = right

VARIES = {
    "i": "more, fewer and as many channels as the output; square and not; strides of 1, 2 and 3; one pixel; large ones",
    "o": "follows from the input and the stride",
    "k": "1, 2, 3, 5, 7",
    "groups": "1, between 1 and the number of channels (3, 4, 8), and as many as there are channels",
    "b": "4, 6, 8, 16 and 32",
}

EQUIVALENT = {
    "weights = out_channels * (in_channels / groups) * kernel_size ** 2": "exact: groups divide",
}
