"""Answers to exercise 05.4, right and wrong, written from the brief, without the check's own code."""

from __future__ import annotations

import numpy as np

COSTS = {
    "per_tensor_bytes": 16,
    "per_channel_bytes": 552,
    "per_group_bytes": 928,
    "bits_a_weight": 4.5,
    "npu": ("per-channel", "a"),
    "dsp": ("per-tensor", "b"),
    "language_model": ("per-group", "c"),
    "activations": ("per-tensor", "d"),
}

WRONG = [
    (COSTS | {"per_tensor_bytes": 4}, "per_tensor_bytes: that is the number"),
    (COSTS | {"per_channel_bytes": 138}, "per_channel_bytes: that is the number"),
    (COSTS | {"per_channel_bytes": 400}, "counted input channels"),
    (COSTS | {"per_channel_bytes": 424}, "the depthwise layer has 32"),
    (COSTS | {"per_channel_bytes": 1104}, "one scale for each output channel, 4 bytes each"),
    (COSTS | {"per_group_bytes": 672}, "stored too"),
    (COSTS | {"per_group_bytes": 640}, "four groups of 16"),
    (COSTS | {"bits_a_weight": 5}, "float32 scale"),
    (COSTS | {"bits_a_weight": 4.0625}, "2 bytes are 16 bits"),
    (COSTS | {"npu": ("per-channel", "c")}, "npu: the choice is right"),
    (COSTS | {"npu": ("per-tensor", "b")}, "above all depthwise"),
    (COSTS | {"dsp": ("per-channel", "a")}, "fall back to float"),
    (COSTS | {"dsp": ("per-tensor", "d")}, "dsp: the choice is right"),
    (COSTS | {"language_model": ("per-channel", "a")}, "one outlier"),
    (COSTS | {"activations": ("per-channel", "a")}, "its integer sum runs"),
    (COSTS | {"activations": "per-tensor"}, "choice and reason"),
]

RIGHT = {
    "per_tensor_bytes": 16.0,
    "per_channel_bytes": np.int64(552),
    "per_group_bytes": 928,
    "bits_a_weight": np.float32(4.5),
    "npu": ["Per channel", "A"],
    "dsp": ("per_tensor", "b"),
    "language_model": ("per-group", "c"),
    "activations": ("per tensor", "d "),
}

POINTS = 3  # of the first wrong answer, of whose eight entries seven are right
