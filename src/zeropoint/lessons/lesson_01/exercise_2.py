"""Exercise 01.2: four layers and a budget of 10 ms a frame, with one kernel missing or two.

The table of the brief gives, in FP32, 2, 8, 2 and 4 ms; in INT8 a quarter of each; the neighbours 2 and 3 fall back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zeropoint.course.compare import numbers
from zeropoint.course.spec import ChoiceField, Field, FieldsCheck


@dataclass(frozen=True)
class LayersField(Field):
    """Numbers of layers: any order is right, and no message tells how many they are."""

    def problem(self, value: Any) -> str | None:
        """Return None if these are the layers asked for, else one or two sentences."""
        if isinstance(value, set | frozenset | range):
            value = list(value)
        given = numbers(value)
        if given is None or given.ndim != 1:
            return f"{self.name}: expected a list of layer numbers, such as [1, 4]."
        layers = np.unique(given).tolist()
        if layers == self.expected:
            return None
        for wrong, message in self.misconceptions:
            if layers == wrong:
                return f"{self.name}: {message}"
        return f"{self.name}: {self.otherwise}"


_FP32_MS = Field(
    "fp32_ms",
    [2.0, 8.0, 2.0, 4.0],
    (
        ([2.5, 9.0, 2.2, 4.4], "you added the two times: moving and multiplying overlap, the longer one decides."),
        ([2.0, 8.0, 0.2, 0.4], "that is the time to multiply; layers 3 and 4 wait longer for their bytes."),
        ([0.5, 1.0, 2.0, 4.0], "that is the time to move the bytes; layers 1 and 2 take longer to multiply."),
        ([2.0, 8.0, 0.5, 1.0], "a value takes 4 bytes in FP32: the table counts values, not bytes."),
        ([0.5, 1.0, 0.2, 0.4], "that is the shorter of the two times: the longer one decides."),
        ([0.002, 0.008, 0.002, 0.004], "these are seconds; the brief asks for milliseconds."),
        ([2000.0, 8000.0, 2000.0, 4000.0], "these are microseconds; the brief asks for milliseconds."),
        ([4.0, 16.0, 2.0, 4.0], "you count two operations per MAC: the rates are in MACs a second already."),
    ),
    "each layer takes the longer of bytes / bandwidth and MACs / rate, in ms.",
    tolerance=1e-6,
)

_MEMORY_BOUND = LayersField(
    "memory_bound",
    [3, 4],
    (
        ([1, 2], "the other way round: layers 1 and 2 take longer to multiply than to move."),
        ([2, 3], "compare both times of each layer, and count the layers from 1, as the table does."),
        ([3], "one is missing: compare both times of every layer."),
        ([4], "one is missing: compare both times of every layer."),
    ),
    "which layers take longer to move their bytes than to multiply? Those and no others.",
)

_INT8_MS = Field(
    "int8_ms",
    4.0,
    (
        (16.0, "that is FP32: bytes are a quarter of that in INT8, and the rate is four times as high."),
        (8.5, "only the multiplying got faster in your sum; a quarter of the bytes takes a quarter of the time."),
        (11.5, "only the bytes got fewer in your sum; INT8 multiplies at four times the rate as well."),
        (4.525, "you added the two times of each layer: the longer one decides."),
        (2.65, "that treats the frame as one layer: the four run one after the other, each with its own bound."),
        (0.004, "these are seconds; the brief asks for milliseconds."),
    ),
    "sum the four layers: bytes and rate are both four times better than in FP32.",
    tolerance=1e-6,
)

_FALLBACK_MS = Field(
    "fallback_ms",
    13.0,
    (
        (
            14.5,
            "four conversions are two too many: neighbours in FP32 hand their tensor over as it is, and "
            "nothing is converted at the ends of the frame.",
        ),
        (13.75, "three conversions are one too many: the precision changes twice."),
        (0.013, "these are seconds; the brief asks for milliseconds."),
        (5.5, "these are the times in INT8 and two conversions: layers 2 and 3 take their FP32 times."),
        (11.5, "the two conversions are missing: one before layer 2, one after layer 3."),
        (12.25, "there are two conversions: into FP32 before layer 2, and back into INT8 after layer 3."),
        (16.0, "that is everything in FP32; layers 1 and 4 still run in INT8."),
        (17.5, "layers 1 and 4 still run in INT8."),
    ),
    "layers 1 and 4 in INT8, 2 and 3 in FP32, and the conversions where the precision changes.",
    tolerance=1e-6,
)

_FIX_FIRST = ChoiceField(
    "fix_first",
    ("layer 2", "layer 3"),
    reasons=("a", "b", "c"),
    right=("layer 2", "b"),
    messages=(
        (
            ("layer 3", None),
            "work it out: with layer 3 in INT8, layer 2 alone takes 8 ms of the 10, and the frame still does not fit.",
        ),
        (
            ("layer 2", "a"),
            "the choice is right, the reason is not: the number of conversions is the same, whichever of the "
            "two goes to INT8.",
        ),
        (
            ("layer 2", "c"),
            "the choice is right, the reason is not: layer 2 is bound by arithmetic, and moving fewer bytes "
            "alone would not speed it up.",
        ),
    ),
    otherwise="work out the frame for both, then compare.",
)

CHECK = FieldsCheck(
    fields=(_FP32_MS, _MEMORY_BOUND, _INT8_MS, _FALLBACK_MS, _FIX_FIRST),
    hints=(
        "Each layer has two times. Which two, and what do you do with them when they overlap?",
        "Time to move: 4 bytes per value in FP32, divided by 8 GB/s; 1 million bytes take 0.125 ms. Time to multiply: "
        "20 GMAC/s are 20 million MACs per millisecond. The longer of the two is the layer's time.",
        "In INT8 a value takes 1 byte and the rate is 80 million MACs per millisecond: both times are a quarter.",
        "Fallback: layer 1 in INT8, a conversion, layers 2 and 3 in FP32, a conversion, layer 4 in INT8. Then do the "
        "same sum with only one of them in FP32: which one brings you below 10 ms?",
    ),
    praise="16 ms in FP32, 4 in INT8, 13 when two layers fall back: one missing kernel can cost the whole gain.",
)
