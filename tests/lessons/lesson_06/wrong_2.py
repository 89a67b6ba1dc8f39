"""Answers to exercise 06.2, right and wrong, written from the brief, without the check's own code."""

from __future__ import annotations

PICKED = {
    "weight_bits": 4,
    "activation_bits": 4,
    "granularity": "per-channel",
    "activation_range": "mse",
    "first_and_last_bits": 8,
}

WRONG = [
    (PICKED | {"weight_bits": 8}, "bytes, and the brief allows 160,000"),
    (PICKED | {"weight_bits": 3}, "kernels for 4 and for 8 bits"),
    (PICKED | {"activation_bits": 8}, "device's buffer"),
    (PICKED | {"granularity": "per-tensor"}, "one scale serves all channels"),
    (PICKED | {"granularity": "per-group"}, "granularity: expected 'per-tensor'"),
    (PICKED | {"activation_range": "minmax"}, "nothing clips"),
    (PICKED | {"activation_range": "best"}, "activation_range: expected 'minmax'"),
    (PICKED | {"first_and_last_bits": 4}, "most sensitive ones"),
]

RIGHT = PICKED | {"activation_range": "Percentile", "granularity": "per channel"}

VARIES = {
    "bits": "4, 8 and one without a kernel; each of the three entries at the wrong one of the two",
    "bytes": "above the limit by weight bits",
    "choices": "every kind of range that fails and one that passes; an unknown one, another spelling",
}
