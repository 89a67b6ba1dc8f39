"""Wrong answers to the exercises of lesson 01, written from the briefs, without the check's own code."""

from __future__ import annotations

import math

import numpy as np

SIZE = {
    "fp32_mb": 300,
    "int8_mb": 75,
    "weights": ("symmetric per-channel", "a"),
    "activations": ("asymmetric per-tensor", "e"),
}
BUDGET = {
    "fp32_ms": [2, 8, 2, 4],
    "memory_bound": [3, 4],
    "int8_ms": 4,
    "fallback_ms": 13,
    "fix_first": ("layer 2", "b"),
}


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


def right(i, o, k, groups, b):
    weights = np.zeros((o[0], i[0] // groups, k, k), np.int8).size
    macs = sum(weights for _ in range(o[1] * o[2]))
    return np.float64(macs) * 8 / (b * (weights + np.prod(i) + np.prod(o)))


#: exercise → (wrong answer, a part of the message it must get)
MUTANTS = {
    "01.1": [
        (SIZE | {"fp32_mb": 2400}, "megabits"),
        (SIZE | {"int8_mb": 37.5}, "INT4"),
        (SIZE | {"int8_mb": 225}, "what INT8 saves"),
        (SIZE | {"int8_mb": 150}, "16 bits"),
        (SIZE | {"fp32_mb": 150}, "FP16"),
        (SIZE | {"fp32_mb": 600}, "eight bytes"),
        (SIZE | {"fp32_mb": 286.1}, "mebibytes"),
        (SIZE | {"int8_mb": 75_000_000}, "are bytes"),
        (SIZE | {"fp32_mb": "300 MB"}, "without quotes or unit"),
        (SIZE | {"weights": ("symmetric per-tensor", "a")}, "loud channel"),
        (SIZE | {"weights": ("asymmetric per-channel", "c")}, "adds a sum"),
        (SIZE | {"weights": ("asymmetric per-tensor", "a")}, "differ in range from channel"),
        (SIZE | {"weights": ("symmetric per-channel", "b")}, "never make a kernel faster"),
        (SIZE | {"weights": ("symmetric per-channel", "c")}, "no\\* zero point"),
        (SIZE | {"weights": "symmetric per-channel"}, "expected two texts"),
        (SIZE | {"weights": ("symmetric per-channel", "e")}, "the reason has to be one of a, b, c"),
        (SIZE | {"activations": ("symmetric per-tensor", "e")}, "values that never occur"),
        (SIZE | {"activations": ("asymmetric per-channel", "e")}, "no integer kernel"),
        (SIZE | {"activations": ("symmetric per-channel", "d")}, "half of a symmetric grid"),
        (SIZE | {"activations": ("asymmetric per-tensor", "d")}, "differ in range as well"),
        (SIZE | {"activations": ("asymmetric per-tensor", "f")}, "says nothing about the scheme"),
    ],
    "01.2": [
        (BUDGET | {"fp32_ms": [2.5, 9.0, 2.2, 4.4]}, "you added the two times: moving"),
        (BUDGET | {"fp32_ms": [2.0, 8.0, 0.2, 0.4]}, "wait longer for their bytes"),
        (BUDGET | {"fp32_ms": [0.5, 1.0, 2.0, 4.0]}, "take longer to multiply\\."),
        (BUDGET | {"fp32_ms": [2.0, 8.0, 0.5, 1.0]}, "values, not bytes"),
        (BUDGET | {"fp32_ms": 16}, "a list of 4 numbers"),
        (BUDGET | {"fp32_ms": [4, 16, 2, 4]}, "two operations a MAC"),
        (BUDGET | {"fp32_ms": [2000, 8000, 2000, 4000]}, "microseconds"),
        (BUDGET | {"memory_bound": [1, 2]}, "the other way round"),
        (BUDGET | {"memory_bound": [4]}, "one is missing"),
        (BUDGET | {"memory_bound": [2, 3]}, "count the layers from 1"),
        (BUDGET | {"memory_bound": [1, 2, 3, 4]}, "Those and no others"),
        (BUDGET | {"memory_bound": 3}, "a list of layer numbers"),
        (BUDGET | {"int8_ms": 8.5}, "only the multiplying got faster"),
        (BUDGET | {"int8_ms": 11.5}, "only the bytes got fewer"),
        (BUDGET | {"int8_ms": 4.525}, "of each layer: the longer"),
        (BUDGET | {"int8_ms": 2.65}, "the frame as one layer"),
        (BUDGET | {"fallback_ms": 14.5}, "neighbours in FP32"),
        (BUDGET | {"fallback_ms": 11.5}, "conversions are missing"),
        (BUDGET | {"fallback_ms": 12.25}, "there are two conversions"),
        (BUDGET | {"fallback_ms": 17.5}, "layers 1 and 4 still run in INT8"),
        (BUDGET | {"fallback_ms": 13.75}, "one too many"),
        (BUDGET | {"fallback_ms": 5.5}, "take their FP32 times"),
        (BUDGET | {"fallback_ms": 0.013}, "these are seconds"),
        (BUDGET | {"fix_first": ("layer 3", "c")}, "still does not fit"),
        (BUDGET | {"fix_first": ("layer 2", "a")}, "conversions is the same"),
        (BUDGET | {"fix_first": ("layer 2", "c")}, "bound by arithmetic"),
    ],
    "01.3": [
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
        (lambda i, o, k, groups, b: right(i, o, k, groups, 8), "each for one byte"),
        (lambda *layer: round(float(right(*layer)), 2), "but rounded"),
        (lambda *layer: right(*layer) // 1, "but rounded"),
    ],
}

#: exercise → points of its first mutant, of which all entries but one are right
PARTIAL = {"01.1": 3, "01.2": 4}

#: exercise → a right answer that was written another way
SECOND = {
    "01.1": {
        "activations": ["Asymmetric per tensor", "E"],
        "weights": ("symmetric per_channel", " a"),
        "int8_mb": np.float32(75),
        "fp32_mb": 75 * 2**20 * 4 / 2**20,
    },
    "01.2": {
        "fp32_ms": np.array([max(m / 20, 4 * v / 8) for m, v in ((40, 1), (160, 2), (4, 4), (8, 8))], np.float32),
        "memory_bound": {4, 3},
        "int8_ms": sum(max(m / 80, v / 8) for m, v in ((40, 1), (160, 2), (4, 4), (8, 8))),
        "fallback_ms": 13.000000000000002,
        "fix_first": ["Layer 2", "B"],
    },
    "01.3": right,
}
