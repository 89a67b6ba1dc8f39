"""Exercise 11.1: two 4-bit codes in a byte."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck, Impostor, compare_arrays
from zeropoint.lessons.lesson_11.codes import drawn_codes
from zeropoint.quant import pack_int4


def pack_cases() -> list[Case]:
    """Return two cases that are shown, one of them with an odd number of codes, then drawn codes."""
    shown = [np.array([5, -3], np.int8), np.array([1, 2, -1, 7, -8], np.int8)]
    return [Case((codes,), public=True) for codes in shown] + [Case((codes,)) for codes in drawn_codes()]


def _padded(codes: np.ndarray) -> np.ndarray:
    """Return an even number of codes, as int64."""
    return np.append(codes, np.zeros(codes.size % 2, codes.dtype)).astype(np.int64)


def _joined(join: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """Return a packing that joins first and second codes in its own way, given and taken as int64."""

    def pack(codes: np.ndarray) -> np.ndarray:
        padded = _padded(codes)
        return (join(padded[0::2], padded[1::2]) & 255).astype(np.uint8)

    return pack


def _sign_and_size(codes: np.ndarray) -> np.ndarray:
    return np.where(codes < 0, 8 | (-codes & 7), codes)


def _halves(codes: np.ndarray) -> np.ndarray:
    first, second = np.split(_padded(codes), 2)
    return ((first & 15) | ((second & 15) << 4)).astype(np.uint8)


def _without_the_last(codes: np.ndarray) -> np.ndarray:
    return pack_int4(codes[: codes.size // 2 * 2])


def _last_twice(codes: np.ndarray) -> np.ndarray:
    odd = codes.size % 2
    return pack_int4(np.append(codes, codes[codes.size - odd :]))


CHECK = FunctionCheck(
    reference=pack_int4,
    cases=pack_cases,
    compare=compare_arrays,
    impostors=(
        Impostor(
            _joined(lambda low, high: ((low & 15) << 4) | (high & 15)),
            "You put the first code of each pair into the upper half: here, as in ONNX, it goes into the lower one. "
            "A reader that keeps to the order would swap all neighbours.",
        ),
        Impostor(
            _joined(lambda low, high: low | (high << 4)),
            "A negative first code overwrites its neighbour: its upper bits are all ones. Keep four bits of it with "
            "& 15 before you join the two.",
        ),
        Impostor(
            _joined(lambda low, high: low + 16 * high),
            "You add a negative first code, which borrows 1 from the upper half: mask both codes with & 15, then join.",
        ),
        Impostor(
            _joined(lambda low, high: (low + 8) | ((high + 8) << 4)),
            "You add 8 to every code, which is another format (unsigned, zero point 8): two's complement was asked, "
            "−1 is 1111. & 15 makes it.",
        ),
        Impostor(
            _joined(lambda low, high: _sign_and_size(low) | (_sign_and_size(high) << 4)),
            "You store a sign bit and the magnitude: in two's complement −3 is 16 − 3 = 13, which is 1101.",
        ),
        Impostor(
            _joined(lambda low, high: np.abs(low) % 16 | (np.abs(high) % 16 << 4)),
            "The sign is lost: −3 and 3 give the same nibble. & 15 keeps it, as two's complement.",
        ),
        Impostor(
            _halves,
            "You join the first half of the codes with the second half: a byte holds two *neighbours*, codes[0::2] "
            "and codes[1::2].",
        ),
        Impostor(
            _without_the_last,
            "Of an odd number of codes the last one is missing: it needs a byte of its own, with an upper half of 0.",
        ),
        Impostor(
            _last_twice,
            "Of an odd number of codes the last one stands in both halves of its byte: the upper half has to be 0, or "
            "two files with the same codes differ.",
        ),
    ),
    hints=(
        "What do the eight bits of −3 look like as int8, and which four of them belong into the file? And what stands "
        "beside the last code, if their number is odd?",
        "Three steps: make the number of codes even, mask every code to four bits with & 15, join each pair: "
        "codes[0::2] are the first ones, codes[1::2] the second ones, to be shifted by four.",
        "codes = np.append(codes, 0) if the length is odd; nibbles = (codes & 15).astype(np.uint8); then "
        "nibbles[0::2] | (nibbles[1::2] << 4).",
    ),
    praise="Two codes per byte, first one low, signs kept: as an ONNX file stores INT4.",
)
