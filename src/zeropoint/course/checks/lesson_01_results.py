"""What is right, and what usually goes wrong, in exercises 01.1 and 01.2: results, one field at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zeropoint.course.compare import numbers
from zeropoint.course.spec import ChoiceField, Field, FieldsCheck

SCHEMES = ("symmetric per-tensor", "symmetric per-channel", "asymmetric per-tensor", "asymmetric per-channel")


@dataclass(frozen=True)
class LayersField(Field):
    """Numbers of layers: any order is right, and no message tells how many they are."""

    def problem(self, value: Any) -> str | None:
        """Return None if these are the layers asked for, else one or two sentences."""
        given = numbers(list(value) if isinstance(value, set | frozenset | range) else value)
        if given is None or given.ndim != 1:
            return f"{self.name}: expected a list of layer numbers, such as [1, 4]."
        layers = np.unique(given).tolist()
        if layers == self.expected:
            return None
        fits = (message for wrong, message in self.misconceptions if layers == wrong)
        return f"{self.name}: {next(fits, self.otherwise)}"


_WEIGHTS = ChoiceField(
    "weights",
    SCHEMES,
    reasons=("a", "b", "c"),
    right=("symmetric per-channel", "a"),
    messages=(
        (
            ("symmetric per-tensor", None),
            "one loud channel would set the step for all; weights are known in advance, so a scale for each output "
            "channel costs nothing at run time.",
        ),
        (
            ("asymmetric per-channel", None),
            "a zero point other than 0 in the weights adds a sum over the inputs to every output of every layer; "
            "weights are roughly centred on 0, so symmetric loses almost nothing.",
        ),
        (
            ("asymmetric per-tensor", None),
            "trained weights are roughly centred on 0, and they differ in range from channel to channel.",
        ),
        (
            ("symmetric per-channel", "b"),
            "the choice is right, the reason is not: more scales never make a kernel faster; they make the steps of "
            "quiet channels finer.",
        ),
        (
            ("symmetric per-channel", "c"),
            "the choice is right, the reason is not: symmetric means that there is *no* zero point to choose.",
        ),
    ),
    otherwise="choose one of the four schemes, and the reason that speaks for it.",
)

_ACTIVATIONS = ChoiceField(
    "activations",
    SCHEMES,
    reasons=("d", "e", "f"),
    right=("asymmetric per-tensor", "e"),
    messages=(
        (
            ("symmetric per-tensor", None),
            "after ReLU nothing is negative: a symmetric grid spends half of its codes on values that never occur.",
        ),
        (
            ("symmetric per-channel", None),
            "a scale for each input channel cannot be taken out of the integer sum, and after ReLU half of a "
            "symmetric grid is wasted.",
        ),
        (
            ("asymmetric per-channel", None),
            "a scale for each input channel cannot be taken out of the integer sum over the channels, so no integer "
            "kernel can use it.",
        ),
        (
            ("asymmetric per-tensor", "d"),
            "the choice is right, the reason is not: channels of activations differ in range as well; what rules out "
            "a scale for each is the sum over them.",
        ),
        (
            ("asymmetric per-tensor", "f"),
            "the choice is right, the reason is not: an image does not tell its range beforehand, which is why it has "
            "to be observed; that says nothing about the scheme.",
        ),
    ),
    otherwise="choose one of the four schemes, and the reason that speaks for it.",
)

SIZE_AND_SCHEME = FieldsCheck(
    fields=(
        Field(
            "fp32_mb",
            300,
            (
                (2400, "2,400 are megabits: divide by 8 bits a byte."),
                (286.1, "286 are mebibytes (2^20 bytes); the course counts 1 MB = 10^6 bytes."),
                (300e6, "300 million are bytes; the brief asks for megabytes, 10^6 bytes."),
                (0.3, "0.3 are gigabytes; the brief asks for megabytes, 10^6 bytes."),
                (75, "that is one byte a parameter; FP32 takes 32 bits, four bytes."),
                (150, "that is FP16: FP32 takes 32 bits, four bytes a parameter."),
                (600, "that is eight bytes a parameter; FP32 takes 32 bits, four bytes."),
            ),
            "count the bytes that each parameter takes, in units of 10^6 bytes.",
            tolerance=1e-9,
        ),
        Field(
            "int8_mb",
            75,
            (
                (600, "600 are megabits: divide by 8 bits a byte."),
                (37.5, "37.5 would be INT4: eight bits are one byte, not half of one."),
                (150, "150 would be 16 bits: eight bits are one byte, a quarter of FP32."),
                (225, "that is what INT8 saves; asked is what it takes."),
                (75e6, "75 million are bytes; the brief asks for megabytes, 10^6 bytes."),
                (0.075, "0.075 are gigabytes; the brief asks for megabytes, 10^6 bytes."),
                (71.5, "71.5 are mebibytes (2^20 bytes); the course counts 1 MB = 10^6 bytes."),
            ),
            "an INT8 code takes one byte a parameter; count in units of 10^6 bytes.",
            tolerance=1e-9,
        ),
        _WEIGHTS,
        _ACTIVATIONS,
    ),
    hints=(
        "One FP32 value has 32 bits = 4 bytes, one INT8 code 8 bits = 1 byte; 1 MB = 10^6 bytes.",
        "Which values lie on both sides of 0, which on one side only? That decides symmetric or asymmetric.",
        "A scale for each output channel of the weights multiplies a finished sum; one for each *input* channel "
        "would sit inside the sum of products, where an integer kernel cannot apply it.",
    ),
    praise="300 MB become 75 MB; weights symmetric per channel, activations asymmetric per tensor, the usual recipe.",
)

#: The table of exercise 01.2. Time in FP32: 2, 8, 2 and 4 ms; in INT8 a quarter; neighbours 2 and 3 fall back.
LATENCY_BUDGET = FieldsCheck(
    fields=(
        Field(
            "fp32_ms",
            [2.0, 8.0, 2.0, 4.0],
            (
                (
                    [2.5, 9.0, 2.2, 4.4],
                    "you added the two times: moving and multiplying overlap, the longer one decides.",
                ),
                ([2.0, 8.0, 0.2, 0.4], "that is the time to multiply; layers 3 and 4 wait longer for their bytes."),
                ([0.5, 1.0, 2.0, 4.0], "that is the time to move the bytes; layers 1 and 2 take longer to multiply."),
                ([2.0, 8.0, 0.5, 1.0], "a value takes 4 bytes in FP32: the table counts values, not bytes."),
                ([0.5, 1.0, 0.2, 0.4], "that is the shorter of the two times: the longer one decides."),
                ([0.002, 0.008, 0.002, 0.004], "these are seconds; the brief asks for milliseconds."),
                ([2000.0, 8000.0, 2000.0, 4000.0], "these are microseconds; the brief asks for milliseconds."),
                ([4.0, 16.0, 2.0, 4.0], "you count two operations a MAC: the rates are in MACs a second already."),
            ),
            "each layer takes the longer of bytes / bandwidth and MACs / rate, in ms.",
            tolerance=1e-6,
        ),
        LayersField(
            "memory_bound",
            [3, 4],
            (
                ([1, 2], "the other way round: layers 1 and 2 take longer to multiply than to move."),
                ([2, 3], "compare both times of each layer, and count the layers from 1, as the table does."),
                ([3], "one is missing: compare both times of every layer."),
                ([4], "one is missing: compare both times of every layer."),
            ),
            "which layers take longer to move their bytes than to multiply? Those and no others.",
        ),
        Field(
            "int8_ms",
            4.0,
            (
                (16.0, "that is FP32: bytes are a quarter of that in INT8, and the rate is four times as high."),
                (
                    8.5,
                    "only the multiplying got faster in your sum; a quarter of the bytes takes a quarter of the time.",
                ),
                (11.5, "only the bytes got fewer in your sum; INT8 multiplies at four times the rate as well."),
                (4.525, "you added the two times of each layer: the longer one decides."),
                (
                    2.65,
                    "that treats the frame as one layer: the four run one after the other, each with its own bound.",
                ),
                (0.004, "these are seconds; the brief asks for milliseconds."),
            ),
            "sum the four layers: bytes and rate are both four times better than in FP32.",
            tolerance=1e-6,
        ),
        Field(
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
        ),
        ChoiceField(
            "fix_first",
            ("layer 2", "layer 3"),
            reasons=("a", "b", "c"),
            right=("layer 2", "b"),
            messages=(
                (
                    ("layer 3", None),
                    "work it out: with layer 3 in INT8, layer 2 alone takes 8 ms of the 10, and the frame still does "
                    "not fit.",
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
        ),
    ),
    hints=(
        "Time to move: 4 bytes a value in FP32, divided by 8 GB/s; 1 million bytes take 0.125 ms. Time to multiply: "
        "20 GMAC/s are 20 million MACs a millisecond. The longer of the two is the layer's time.",
        "In INT8 a value takes 1 byte and the rate is 80 million MACs a millisecond: both times are a quarter.",
        "Fallback: layer 1 in INT8, a conversion, layers 2 and 3 in FP32, a conversion, layer 4 in INT8. Then do the "
        "same sum with only one of them in FP32: which one brings you below 10 ms?",
    ),
    praise="16 ms in FP32, 4 in INT8, 13 when two layers fall back: one missing kernel can cost the whole gain.",
)
