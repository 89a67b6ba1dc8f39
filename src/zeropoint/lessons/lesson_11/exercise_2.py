"""Exercise 11.2: 4-bit codes out of the bytes that hold two each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck, Impostor, compare_arrays
from zeropoint.lessons.lesson_11.codes import drawn_codes
from zeropoint.quant import pack_int4, unpack_int4

_ZERO_IS_A_CODE = (
    "You drop a 0 at the end as if it were the empty half of the last byte: 0 is a code like any other. Only `count` "
    "says how many there are."
)


def unpack_cases() -> list[Case]:
    """Return two cases that are shown, one of them with an odd number of codes, then drawn codes, packed."""
    even = np.array([0b1101_0101], np.uint8)
    odd = np.array([0b0010_0001, 0b0000_1111], np.uint8)
    shown = [Case((even, 2), public=True), Case((odd, 3), public=True)]
    return shown + [Case((pack_int4(codes), codes.size)) for codes in drawn_codes()]


def _signed_by(sign: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray, int], np.ndarray]:
    """Return an unpacking that turns nibbles, 0 … 15 as int64, into codes in its own way."""

    def unpack(packed: np.ndarray, count: int) -> np.ndarray:
        wide = packed.astype(np.int64)
        nibbles = np.stack([wide & 15, wide >> 4], axis=1).ravel()
        return sign(nibbles[:count])

    return unpack


def _swapped(packed: np.ndarray, count: int) -> np.ndarray:
    return unpack_int4((packed >> 4) | (packed << 4), packed.size * 2)[:count]


def _one_after_the_other(packed: np.ndarray, count: int) -> np.ndarray:
    codes = np.concatenate([packed & 15, packed >> 4]).astype(np.int8)
    return np.where(codes > 7, codes - 16, codes)[:count]


def _without_a_last_zero(packed: np.ndarray, count: int) -> np.ndarray:
    codes = unpack_int4(packed, 2 * packed.size)
    return codes[:-1] if codes.size and codes[-1] == 0 else codes


def _without_last_zeros(packed: np.ndarray, count: int) -> np.ndarray:
    return np.trim_zeros(unpack_int4(packed, 2 * packed.size), "b")


def _all_of_them(packed: np.ndarray, count: int) -> np.ndarray:
    return unpack_int4(packed, 2 * packed.size)


CHECK = FunctionCheck(
    reference=unpack_int4,
    cases=unpack_cases,
    compare=compare_arrays,
    impostors=(
        Impostor(
            _signed_by(lambda codes: codes),
            "Your codes are all positive: a nibble from 8 to 15 stands for a negative code, 16 less.",
        ),
        Impostor(
            _signed_by(lambda codes: np.where(codes > 7, codes + 240, codes)),
            "Subtracting 16 in uint8 wraps around: −3 became 253. Turn the nibbles into int8 before (or after) it.",
        ),
        Impostor(
            _signed_by(lambda codes: codes - 8),
            "You subtract 8 from every nibble, which belongs to another format: here 0 … 7 are themselves, and only "
            "8 … 15 are negative.",
        ),
        Impostor(
            _signed_by(lambda codes: np.where(codes > 8, codes - 16, codes)),
            "The nibble 8 is the code −8, the lowest one: the negative codes begin *at* 8.",
        ),
        Impostor(
            _signed_by(lambda codes: np.where(codes >= 7, codes - 16, codes)),
            "The nibble 7 is the code 7, the highest one: the negative codes begin at 8.",
        ),
        Impostor(
            _signed_by(lambda codes: np.where(codes > 7, codes - 15, codes)),
            "You subtract 15 from the negative codes, one too few: four bits count to 16.",
        ),
        Impostor(
            _signed_by(lambda codes: np.where(codes > 7, -(codes & 7), codes)),
            "You read a sign bit and a magnitude: in two's complement 1101 is 13 − 16 = −3.",
        ),
        Impostor(
            _swapped,
            "The two codes of each byte are swapped: the first one is in the lower half, packed & 15.",
        ),
        Impostor(
            _one_after_the_other,
            "All lower halves come first, then all upper ones: put them side by side again, low, high, low, high.",
        ),
        Impostor(
            _all_of_them,
            "An odd number of codes comes back with one more, the empty half of the last byte: keep `count` of them.",
        ),
        *(Impostor(wrong, _ZERO_IS_A_CODE) for wrong in (_without_a_last_zero, _without_last_zeros)),
    ),
    hints=(
        "Which two numbers are in one byte, and where do they stand among the codes? Which nibbles mean a negative "
        "code, and how far off are they?",
        "The lower half is packed & 15, the upper one packed >> 4, and they alternate in the result. A nibble from 8 "
        "on stands for a code that is 16 less. At the end keep `count` codes.",
        "codes = np.empty(2 * len(packed), np.int8); codes[0::2] = packed & 15; codes[1::2] = packed >> 4; "
        "codes[codes > 7] -= 16; return codes[:count].",
    ),
    praise="Bit for bit what was packed, signs included.",
)
