"""Exercise 01.1: the size of a network in FP32 and in INT8, and the schemes for its weights and activations."""

from __future__ import annotations

from zeropoint.course.spec import ChoiceField, Field, FieldsCheck

SCHEMES = ("symmetric per-tensor", "symmetric per-channel", "asymmetric per-tensor", "asymmetric per-channel")

_FP32_MB = Field(
    "fp32_mb",
    300,
    (
        (2400, "2,400 are megabits: divide by 8 bits per byte."),
        (286.1, "286 are mebibytes (2^20 bytes); the course counts 1 MB = 10^6 bytes."),
        (300e6, "300 million are bytes; the brief asks for megabytes, 10^6 bytes."),
        (0.3, "0.3 are gigabytes; the brief asks for megabytes, 10^6 bytes."),
        (75, "that is one byte per parameter; FP32 takes 32 bits, four bytes."),
        (150, "that is FP16: FP32 takes 32 bits, four bytes per parameter."),
        (600, "that is eight bytes per parameter; FP32 takes 32 bits, four bytes."),
    ),
    "count the bytes that each parameter takes, in units of 10^6 bytes.",
    tolerance=1e-9,
)

_INT8_MB = Field(
    "int8_mb",
    75,
    (
        (600, "600 are megabits: divide by 8 bits per byte."),
        (37.5, "37.5 would be INT4: eight bits are one byte, not half of one."),
        (150, "150 would be 16 bits: eight bits are one byte, a quarter of FP32."),
        (225, "that is what INT8 saves; asked is what it takes."),
        (75e6, "75 million are bytes; the brief asks for megabytes, 10^6 bytes."),
        (0.075, "0.075 are gigabytes; the brief asks for megabytes, 10^6 bytes."),
        (71.5, "71.5 are mebibytes (2^20 bytes); the course counts 1 MB = 10^6 bytes."),
    ),
    "an INT8 code takes one byte per parameter; count in units of 10^6 bytes.",
    tolerance=1e-9,
)

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

CHECK = FieldsCheck(
    fields=(_FP32_MB, _INT8_MB, _WEIGHTS, _ACTIVATIONS),
    hints=(
        "How many bytes does one FP32 value take, and one INT8 code? And on which side of 0 does each tensor lie?",
        "Four bytes and one; 1 MB = 10^6 bytes. Both sides of 0 ask for symmetric, one side for asymmetric: otherwise "
        "half of the codes stand for values that never occur.",
        "A scale for each output channel of the weights multiplies a finished sum; one for each *input* channel "
        "would sit inside the sum of products, where an integer kernel cannot apply it.",
    ),
    praise="300 MB become 75 MB; weights symmetric per channel, activations asymmetric per tensor, the usual recipe.",
)
