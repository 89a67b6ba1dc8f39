"""What is right, and what usually goes wrong, in exercises 02.1 and 02.2: results, one field at a time."""

from __future__ import annotations

from zeropoint.course.spec import Field, FieldsCheck

ACTIVATIONS = (-1.2, 0.0, 0.125, 0.777, 3.9)  # the set of exercise 02.2: range 5.1, so one step is 0.02


_PER_CHANNEL = "symmetric per-channel"
_PER_TENSOR = "asymmetric per-tensor"

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
            ),
            "count the bytes that each parameter takes, in units of 10^6 bytes.",
        ),
        Field(
            "int8_mb",
            75,
            (
                (600, "600 are megabits: divide by 8 bits a byte."),
                (37.5, "37.5 would be INT4: eight bits are one byte, not half of one."),
                (75e6, "75 million are bytes; the brief asks for megabytes, 10^6 bytes."),
                (0.075, "0.075 are gigabytes; the brief asks for megabytes, 10^6 bytes."),
                (71.5, "71.5 are mebibytes (2^20 bytes); the course counts 1 MB = 10^6 bytes."),
            ),
            "an INT8 code takes one byte a parameter; count in units of 10^6 bytes.",
        ),
        Field(
            "weights",
            _PER_CHANNEL,
            (
                (
                    "symmetric per-tensor",
                    "one loud channel would set the step for all; weights are known in advance, "
                    "so a scale for each output channel costs nothing at run time.",
                ),
                (
                    "asymmetric per-channel",
                    "a zero point other than 0 in the weights adds a sum over the inputs to every "
                    "output of every layer; weights are roughly centred on 0, so symmetric loses almost nothing.",
                ),
                (
                    "asymmetric per-tensor",
                    "trained weights are roughly centred on 0, and they differ in range from channel to channel.",
                ),
            ),
            "choose one of the four options, spelled as in the brief.",
        ),
        Field(
            "activations",
            _PER_TENSOR,
            (
                (
                    "symmetric per-tensor",
                    "after ReLU nothing is negative: a symmetric grid spends half of its codes on "
                    "values that never occur.",
                ),
                (
                    "symmetric per-channel",
                    "a scale for each input channel cannot be taken out of the integer sum, and "
                    "after ReLU half of a symmetric grid is wasted.",
                ),
                (
                    "asymmetric per-channel",
                    "a scale for each input channel cannot be taken out of the integer sum over "
                    "the channels, so no integer kernel can use it.",
                ),
            ),
            "choose one of the four options, spelled as in the brief.",
        ),
    ),
    hints=(
        "One FP32 value has 32 bits = 4 bytes, one INT8 code 8 bits = 1 byte; 1 MB = 10^6 bytes.",
        "Which values lie on both sides of 0, which on one side only? That decides symmetric or asymmetric.",
        "A scale for each output channel of the weights multiplies a finished sum; one for each *input* channel "
        "would sit inside the sum of products, where an integer kernel cannot apply it.",
    ),
    praise="300 MB become 75 MB; weights symmetric per channel, activations asymmetric per tensor, the usual recipe.",
)

BY_HAND = FieldsCheck(
    fields=(
        Field(
            "scale",
            0.02,
            (
                (5.1 / 256, "you divided by 256: 256 codes have 255 gaps between them, and the scale is one gap."),
                (3.9 / 255, "you left out the negative part: the range goes from −1.2 to 3.9."),
                (3.9 / 127, "that is the symmetric scale; asked is the asymmetric one, (max − min) / 255."),
            ),
            "divide the whole range, max − min, by the number of gaps between 256 codes.",
            tolerance=1e-6,
        ),
        Field(
            "zero_point",
            60,
            (
                (-60, "the sign: zero_point = 0 − round(min / scale), and min is negative."),
                (0, "code 0 stands for −1.2 here; the zero point is the code of the real number 0."),
                (-68, "that is the INT8 zero point; the brief asks for UINT8, 0 … 255."),
                (128, "128 would be the middle of a symmetric grid; here 0 lies where the range puts it."),
            ),
            "how many steps is the real 0 away from the minimum, as a whole number?",
            tolerance=1e-9,  # 59.99999999999999 is a 60 that went through floating point
        ),
        Field(
            "codes",
            [0, 60, 66, 99, 255],
            (
                (
                    [0, 60, 66, 98, 255],
                    "0.777 lies 38.85 steps from 0, nearest to 39: round to the nearest, do not cut off.",
                ),
                ([-60, 0, 6, 39, 195], "these are x / scale; the zero point still has to be added."),
                ([0, 0, 6, 39, 195], "these are x / scale; the zero point still has to be added."),
                ([-128, -68, -62, -29, 127], "these are the INT8 codes; the brief asks for UINT8, 0 … 255."),
                ([0, 60, 67, 99, 255], "0.125 lies 6.25 steps from 0, nearest to 6: round to the nearest, not up."),
            ),
            "each code is round(x / scale) + zero_point, kept inside 0 … 255.",
        ),
        Field(
            "x_hat",
            0.12,
            (
                (0.125, "that is x itself; asked is what comes back from its code: (code − zero_point) · scale."),
                (66, "that is the code itself; asked is the real number it stands for."),
                (6, "that is in steps; multiply by the scale."),
                (2.52, "subtract the zero point, do not add it: (code − zero_point) · scale."),
                (1.32, "subtract the zero point before you multiply: (code − zero_point) · scale."),
            ),
            "it is (code − zero_point) · scale, with the code of 0.125.",
            tolerance=1e-6,
        ),
    ),
    hints=(
        "scale = (max − min) / 255 with min = −1.2 and max = 3.9.",
        "zero_point = 0 − round(min / scale): count the steps from the minimum up to the real 0.",
        "code = round(x / scale) + zero_point; back again: (code − zero_point) · scale.",
    ),
    praise="Scale 0.02, zero point 60: the ends of the range take codes 0 and 255, and 0.125 comes back as 0.12.",
)
