"""Exercise 02.1: scale, zero point and codes of five activations, by hand.

The activations are −1.2, 0, 0.125, 0.777 and 3.9: their range is 5.1, so that one step is 0.02.
"""

from __future__ import annotations

from zeropoint.course.spec import Field, FieldsCheck

_SCALE = Field(
    "scale",
    0.02,
    (
        (5.1 / 256, "you divided by 256: 256 codes have 255 gaps between them, and the scale is one gap."),
        (3.9 / 255, "you left out the negative part: the range goes from −1.2 to 3.9."),
        (3.9 / 127, "that is the symmetric scale; asked is the asymmetric one, (max − min) / 255."),
    ),
    "divide the whole range, max − min, by the number of gaps between 256 codes.",
    tolerance=1e-6,
)

_ZERO_POINT = Field(
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
)

_CODES = Field(
    "codes",
    [0, 60, 66, 99, 255],
    (
        ([0, 60, 66, 98, 255], "0.777 lies 38.85 steps from 0, nearest to 39: round to the nearest, do not cut off."),
        ([-60, 0, 6, 39, 195], "these are x / scale; the zero point still has to be added."),
        ([0, 0, 6, 39, 195], "these are x / scale; the zero point still has to be added."),
        ([-128, -68, -62, -29, 127], "these are the INT8 codes; the brief asks for UINT8, 0 … 255."),
        ([0, 60, 67, 99, 255], "0.125 lies 6.25 steps from 0, nearest to 6: round to the nearest, not up."),
    ),
    "each code is round(x / scale) + zero_point, kept inside 0 … 255.",
)

_X_HAT = Field(
    "x_hat",
    0.12,
    (
        (0.125, "that is x itself; asked is what comes back from its code: (code − zero_point) · scale."),
        (66, "that is the code itself; asked is the real number it stands for."),
        (6, "that is in steps; multiply by the scale."),
        (2.52, "subtract the zero point, do not add it: (code − zero_point) · scale."),
        (6 * 5.1 / 256, "that is with a scale of 5.1 / 256: 256 codes have 255 gaps between them."),
        (1.32, "subtract the zero point before you multiply: (code − zero_point) · scale."),
    ),
    "it is (code − zero_point) · scale, with the code of 0.125.",
    tolerance=1e-6,
    digits=None,  # 0.12 is exact: 0.1195 is no rounding of it
)

CHECK = FieldsCheck(
    fields=(_SCALE, _ZERO_POINT, _CODES, _X_HAT),
    hints=(
        "How long is the whole range, and how many gaps lie between 256 codes? The scale is one gap.",
        "scale = (max − min) / 255 with min = −1.2 and max = 3.9. The zero point counts the steps from the minimum "
        "up to the real 0: zero_point = 0 − round(min / scale).",
        "code = round(x / scale) + zero_point; back again: (code − zero_point) · scale.",
    ),
    praise="Scale 0.02, zero point 60: the ends of the range take codes 0 and 255, and 0.125 comes back as 0.12.",
)
