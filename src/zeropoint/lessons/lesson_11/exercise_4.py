"""Exercise 11.4: what groups cost, in bits per weight and in bytes, and which scheme a device can use."""

from __future__ import annotations

from zeropoint.course.spec import ChoiceField, Field, FieldsCheck

_WEIGHTS = 128 * 64 * 3 * 3  # of the layer in the brief
_CODE_BYTES = _WEIGHTS // 2
_GROUPS_64 = _WEIGHTS // 64
_ALL_TOGETHER = "bits per weight: the bits of a code, and what is stored once a group divided by the weights in it."

_PER_CHANNEL = Field(
    name="per_channel",
    expected=4 + 16 * 128 / _WEIGHTS,
    misconceptions=tuple(
        {
            4.0: "the 128 scales are stored too, even if they add little: 16 bits for every 576 weights.",
            4 + 16 / 64: "a channel has 64 · 3 · 3 weights, the kernel's positions included, and they share it.",
            4 + 16 / 128: "128 is the number of scales; how many weights share one of them?",
            4 + 16 * 64 / _WEIGHTS: "there is a scale for each *output* channel, and 128 of these.",
            20.0: "a scale is stored once for 576 weights, not for each of them.",
        }.items()
    ),
    otherwise=_ALL_TOGETHER,
    tolerance=1e-4,
)

_GROUPS_32 = Field(
    name="groups_32",
    expected=4.5,
    misconceptions=tuple(
        {
            4.0: "32 weights share a scale, and it has to be stored: 16 bits for each 32 weights.",
            5.0: "that would be a 32-bit scale; the brief stores 16 bits.",
            4 + 2 / 32: "16 bits, not 2: bytes and bits are mixed up.",
            4 + 32 / 16: "the 16 bits of the scale are divided by the 32 weights, not the reverse.",
        }.items()
    ),
    otherwise=_ALL_TOGETHER,
)

_GROUPS_32_ZERO_POINT = Field(
    name="groups_32_zero_point",
    expected=4.625,
    misconceptions=tuple(
        {
            4.5: "each group has a zero point of its own as well, 4 bits.",
            8.5: "the zero point is stored once a group too, not for each weight.",
            4.75: "the zero point takes the 4 bits of a code, not 8.",
        }.items()
    ),
    otherwise=_ALL_TOGETHER,
)

_BYTE_SCALE = Field(
    name="byte_scale",
    expected=4.25,
    misconceptions=tuple(
        {
            4.5: "the scale takes one byte here, not 16 bits.",
            4 + 1 / 32: "the scale takes 8 bits: one byte, not one bit.",
            8.25: "a code has 4 bits, and so the sum begins with 4.",
        }.items()
    ),
    otherwise=_ALL_TOGETHER,
)

_BYTES_GROUPS_64 = Field(
    name="bytes_groups_64",
    expected=_CODE_BYTES + _GROUPS_64 * 3,
    misconceptions=tuple(
        {
            _CODE_BYTES: "that is the codes alone: 1,152 groups have a scale and a zero point each.",
            _CODE_BYTES + _GROUPS_64 * 2: "the zero points are missing: a byte for each group.",
            _WEIGHTS + _GROUPS_64 * 3: "a code takes half a byte: two of them share one.",
            _CODE_BYTES + 3 * 64: "64 is the size of a group; how many groups are there?",
            8 * (_CODE_BYTES + _GROUPS_64 * 3): "that is in bits: the brief asks for bytes.",
        }.items()
    ),
    otherwise="half a byte for each weight, and 2 + 1 bytes for each group of 64.",
)

_SCHEME = ChoiceField(
    name="scheme",
    choices=("INT4 per channel", "INT4 groups of 32", "INT5 per channel", "INT8 per channel"),
    reasons=("a", "b", "c", "d"),
    right=("INT4 groups of 32", "b"),
    messages=tuple(
        {
            ("INT5 per channel", None): "the device knows codes of 4 and 8 bits: it cannot read five-bit ones.",
            ("INT8 per channel", None): "its codes alone take 73,728 bytes, and there is room for 47,000.",
            ("INT4 per channel", None): "16.2 dB are less than the 19 that the brief asks for.",
            ("INT4 groups of 32", "a"): (
                "the right scheme for a wrong reason: among the four, another one fits the bytes with more SQNR."
            ),
            ("INT4 groups of 32", "c"): (
                "the right scheme for a wrong reason: INT4 per channel is smaller, it has fewer scales."
            ),
            ("INT4 groups of 32", "d"): (
                "the right scheme for a wrong reason: groups of 8 would cost 6 bits a weight, more than one bit."
            ),
        }.items()
    ),
    otherwise="go through the three demands of the brief one by one.",
)

CHECK = FieldsCheck(
    fields=(_PER_CHANNEL, _GROUPS_32, _GROUPS_32_ZERO_POINT, _BYTE_SCALE, _BYTES_GROUPS_64, _SCHEME),
    hints=(
        "How many weights share one scale, and what else is stored once for them? For the choice: which of the four "
        "can the device read at all?",
        "Count for one group: its codes, and what is stored once for it; then divide by its weights. The 64 · 3 · 3 = "
        "576 weights of a filter share one scale per channel; groups of 64 are 73,728 / 64 = 1,152.",
        "4 + 16 · 128 / 73,728; 4 + 16 / 32; 4 + (16 + 4) / 32; 4 + 8 / 32; 73,728 / 2 + 1,152 · 3. For the choice "
        "strike out what the device cannot read, then what takes over 47,000 bytes, then what has under 19 dB.",
    ),
    praise="Counted as a file counts: codes, scales and zero points; and chosen among what the device can read.",
)
