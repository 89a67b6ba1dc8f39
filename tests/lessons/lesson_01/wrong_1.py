"""Wrong answers to exercise 01.1, size and schemes, and a right one."""

from __future__ import annotations

import numpy as np

SIZE = {
    "fp32_mb": 300,
    "int8_mb": 75,
    "weights": ("symmetric per-channel", "a"),
    "activations": ("asymmetric per-tensor", "e"),
}

WRONG = [
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
]

RIGHT = {
    "activations": ["Asymmetric per tensor", "E"],
    "weights": ("symmetric per_channel", " a"),
    "int8_mb": np.float32(75),
    "fp32_mb": 75 * 2**20 * 4 / 2**20,
}

POINTS = 3
