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
    (PICKED | {"granularity": "per-group"}, 'expected "per-tensor" or "per-channel"'),
    (PICKED | {"activation_range": "minmax"}, "nothing clips"),
    (PICKED | {"activation_range": "best"}, "expected one of minmax"),
    (PICKED | {"first_and_last_bits": 4}, "most sensitive ones"),
]

RIGHT = PICKED | {"activation_range": "percentile"}
