"""Checks of lesson 11: INT4 packing, bits under a budget, and what groups cost."""

from __future__ import annotations

from zeropoint.course.checks.lesson_11_budget import ALLOCATE
from zeropoint.course.checks.lesson_11_packing import PACK, UNPACK
from zeropoint.course.spec import Check, ChoiceField, Field, FieldsCheck

_WEIGHTS = 128 * 64 * 3 * 3  # of the layer in the brief of 11.4
_SCHEMES = ("INT4 per channel", "INT4 groups of 32", "INT5 per channel", "INT8 per channel")
_REASONS = ("a", "b", "c", "d")
_ALL_TOGETHER = "bits per weight: the bits of a code, and what is stored once a group divided by the weights in it."

GROUPS = FieldsCheck(
    fields=(
        Field(
            "per_channel",
            4 + 16 * 128 / _WEIGHTS,
            (
                (4.0, "the 128 scales are stored too, even if they add little: 16 bits for every 576 weights."),
                (4 + 16 / 64, "a channel has 64 · 3 · 3 weights, the kernel's positions included, and they share it."),
                (4 + 16 / 128, "128 is the number of scales; how many weights share one of them?"),
                (4 + 16 * 64 / _WEIGHTS, "there is a scale for each *output* channel, and 128 of these."),
                (20.0, "a scale is stored once for 576 weights, not for each of them."),
            ),
            _ALL_TOGETHER,
            tolerance=1e-4,
        ),
        Field(
            "groups_32",
            4.5,
            (
                (4.0, "32 weights share a scale, and it has to be stored: 16 bits for each 32 weights."),
                (5.0, "that would be a 32-bit scale; the brief stores 16 bits."),
                (4 + 2 / 32, "16 bits, not 2: bytes and bits are mixed up."),
                (4 + 32 / 16, "the 16 bits of the scale are divided by the 32 weights, not the reverse."),
            ),
            _ALL_TOGETHER,
        ),
        Field(
            "groups_32_zero_point",
            4.625,
            (
                (4.5, "each group has a zero point of its own as well, 4 bits."),
                (8.5, "the zero point is stored once a group too, not for each weight."),
                (4.75, "the zero point takes the 4 bits of a code, not 8."),
            ),
            _ALL_TOGETHER,
        ),
        Field(
            "mxfp4",
            4.25,
            (
                (4.5, "the scale of an MX block takes one byte, E8M0, not 16 bits."),
                (4 + 1 / 32, "the scale takes 8 bits: one byte, not one bit."),
                (8.25, "an element of MXFP4 has 4 bits; 8.25 are those of MXFP8."),
            ),
            _ALL_TOGETHER,
        ),
        Field(
            "bytes_groups_64",
            _WEIGHTS // 2 + _WEIGHTS // 64 * 3,
            (
                (_WEIGHTS // 2, "that is the codes alone: 1,152 groups have a scale and a zero point each."),
                (_WEIGHTS // 2 + _WEIGHTS // 64 * 2, "the zero points are missing: a byte for each group."),
                (_WEIGHTS + _WEIGHTS // 64 * 3, "a code takes half a byte: two of them share one."),
                (_WEIGHTS // 2 + 3 * 64, "64 is the size of a group; how many groups are there?"),
                (8 * (_WEIGHTS // 2 + _WEIGHTS // 64 * 3), "that is in bits: the brief asks for bytes."),
            ),
            "half a byte for each weight, and 2 + 1 bytes for each group of 64.",
        ),
        ChoiceField(
            "scheme",
            _SCHEMES,
            _REASONS,
            ("INT4 groups of 32", "b"),
            (
                (("INT5 per channel", None), "the device knows codes of 4 and 8 bits: it cannot read five-bit ones."),
                (("INT8 per channel", None), "its codes alone take 73,728 bytes, and there is room for 47,000."),
                (("INT4 per channel", None), "16.2 dB are less than the 19 that the brief asks for."),
                (
                    ("INT4 groups of 32", "a"),
                    "the right scheme for a wrong reason: among the four, another one fits the bytes with more SQNR.",
                ),
                (
                    ("INT4 groups of 32", "c"),
                    "the right scheme for a wrong reason: INT4 per channel is smaller, it has fewer scales.",
                ),
                (
                    ("INT4 groups of 32", "d"),
                    "the right scheme for a wrong reason: groups of 8 would cost 6 bits a weight, more than one bit.",
                ),
            ),
            "go through the three demands of the brief one by one.",
        ),
    ),
    hints=(
        "Count for one group: its codes, and what is stored once for it. Then divide by the weights in the group.",
        "The 64 · 3 · 3 = 576 weights of a filter share one scale per channel; groups of 64 are 73,728 / 64 = 1,152.",
        "For the choice: which schemes can the device read? Which of these fit into 47,000 bytes? Which of these reach "
        "19 dB? What is left needs no further argument.",
    ),
    praise="Counted as a file counts: codes, scales and zero points; and chosen among what the device can read.",
)

EXERCISES: dict[str, Check] = {"11.1": PACK, "11.2": UNPACK, "11.3": ALLOCATE, "11.4": GROUPS}
