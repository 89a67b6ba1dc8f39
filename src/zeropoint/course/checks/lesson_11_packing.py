"""Exercises 11.1 and 11.2: two 4-bit codes in a byte, and back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck, Impostor, compare_arrays
from zeropoint.quant import pack_int4, unpack_int4

Codes = np.ndarray
_LENGTHS = (2, 3, 8, 9, 16, 31, 64, 101, 1, 0)


def _drawn() -> list[Codes]:
    """Return codes of even and odd lengths; both ends of the range occur in every long one."""
    generator = np.random.default_rng(110)
    drawn = [generator.integers(-8, 8, n).astype(np.int8) for n in _LENGTHS]
    for codes in drawn:
        codes[:4] = [-8, 7, 7, -8][: codes.size]
    return [*drawn, np.arange(-8, 8, dtype=np.int8), np.arange(7, -9, -1, dtype=np.int8)]


def _pack_cases() -> list[Case]:
    seen = [np.int8([5, -3]), np.int8([1, 2, -1, 7, -8])]
    return [Case((codes,), public=True) for codes in seen] + [Case((codes,)) for codes in _drawn()]


def _unpack_cases() -> list[Case]:
    seen = [(np.uint8([0b1101_0101]), 2), (np.uint8([0b0010_0001, 0b0000_1111]), 3)]
    drawn = [(pack_int4(codes), codes.size) for codes in _drawn()]
    return [Case(args, public=True) for args in seen] + [Case(args) for args in drawn]


def _padded(codes: Codes) -> Codes:
    return np.append(codes, np.zeros(codes.size % 2, codes.dtype)).astype(np.int64)


def _wrong_pack(join: Callable[[Codes, Codes], Codes]) -> Callable[[Codes], Codes]:
    """Return a packing that joins first and second codes in its own way, given and taken as int64."""

    def wrong(codes: Codes) -> Codes:
        padded = _padded(codes)
        return (join(padded[0::2], padded[1::2]) & 255).astype(np.uint8)

    return wrong


def _sign_and_size(codes: Codes) -> Codes:
    return np.where(codes < 0, 8 | (-codes & 7), codes)


def _halves(codes: Codes) -> Codes:
    padded = _padded(codes)
    first, second = padded[: padded.size // 2], padded[padded.size // 2 :]
    return ((first & 15) | ((second & 15) << 4)).astype(np.uint8)


def _without_the_last(codes: Codes) -> Codes:
    return pack_int4(codes[: codes.size // 2 * 2])


def _last_twice(codes: Codes) -> Codes:
    return pack_int4(np.append(codes, codes[codes.size - codes.size % 2 :]))


PACK = FunctionCheck(
    reference=pack_int4,
    cases=_pack_cases,
    compare=compare_arrays,
    impostors=(
        Impostor(
            _wrong_pack(lambda low, high: ((low & 15) << 4) | (high & 15)),
            "You put the first code of each pair into the upper half: here, as in ONNX, it goes into the lower one. "
            "A reader that keeps to the order would swap all neighbours.",
        ),
        Impostor(
            _wrong_pack(lambda low, high: low | (high << 4)),
            "A negative first code overwrites its neighbour: its upper bits are all ones. Keep four bits of it with "
            "& 15 before you join the two.",
        ),
        Impostor(
            _wrong_pack(lambda low, high: low + 16 * high),
            "You add a negative first code, which borrows 1 from the upper half: mask both codes with & 15, then join.",
        ),
        Impostor(
            _wrong_pack(lambda low, high: (low + 8) | ((high + 8) << 4)),
            "You add 8 to every code, which is another format (unsigned, zero point 8): two's complement was asked, "
            "−1 is 1111. & 15 makes it.",
        ),
        Impostor(
            _wrong_pack(lambda low, high: _sign_and_size(low) | (_sign_and_size(high) << 4)),
            "You store a sign bit and the magnitude: in two's complement −3 is 16 − 3 = 13, which is 1101.",
        ),
        Impostor(
            _wrong_pack(lambda low, high: np.abs(low) % 16 | (np.abs(high) % 16 << 4)),
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
        "Three steps: make the number of codes even, mask every code to four bits with & 15, join each pair.",
        "codes[0::2] are the first of each pair, codes[1::2] the second. Shift the second by four: second << 4.",
        "codes = np.append(codes, 0) if the length is odd; nibbles = (codes & 15).astype(np.uint8); then "
        "nibbles[0::2] | (nibbles[1::2] << 4).",
    ),
    praise="Two codes a byte, first one low, signs kept: as an ONNX file stores INT4.",
)


def _nibbles(packed: Codes) -> Codes:
    wide = packed.astype(np.int64)
    return np.stack([wide & 15, wide >> 4], axis=1).ravel()


def _wrong_unpack(sign: Callable[[Codes], Codes]) -> Callable[[Codes, int], Codes]:
    return lambda packed, count: sign(_nibbles(packed)[:count])


def _swapped(packed: Codes, count: int) -> Codes:
    return unpack_int4((packed >> 4) | (packed << 4), packed.size * 2)[:count]


def _one_after_the_other(packed: Codes, count: int) -> Codes:
    codes = np.concatenate([packed & 15, packed >> 4]).astype(np.int8)
    return np.where(codes > 7, codes - 16, codes)[:count]


def _all_of_them(packed: Codes, count: int) -> Codes:
    return unpack_int4(packed, 2 * packed.size)


UNPACK = FunctionCheck(
    reference=unpack_int4,
    cases=_unpack_cases,
    compare=compare_arrays,
    impostors=(
        Impostor(
            _wrong_unpack(lambda codes: codes),
            "Your codes are all positive: a nibble from 8 to 15 stands for a negative code, 16 less.",
        ),
        Impostor(
            _wrong_unpack(lambda codes: np.where(codes > 7, codes + 240, codes)),
            "Subtracting 16 in uint8 wraps around: −3 became 253. Turn the nibbles into int8 before (or after) it.",
        ),
        Impostor(
            _wrong_unpack(lambda codes: codes - 8),
            "You subtract 8 from every nibble, which belongs to another format: here 0 … 7 are themselves, and only "
            "8 … 15 are negative.",
        ),
        Impostor(
            _wrong_unpack(lambda codes: np.where(codes > 8, codes - 16, codes)),
            "The nibble 8 is the code −8, the lowest one: the negative codes begin *at* 8.",
        ),
        Impostor(
            _wrong_unpack(lambda codes: np.where(codes >= 7, codes - 16, codes)),
            "The nibble 7 is the code 7, the highest one: the negative codes begin at 8.",
        ),
        Impostor(
            _wrong_unpack(lambda codes: np.where(codes > 7, codes - 15, codes)),
            "You subtract 15 from the negative codes, one too few: four bits count to 16.",
        ),
        Impostor(
            _wrong_unpack(lambda codes: np.where(codes > 7, -(codes & 7), codes)),
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
    ),
    hints=(
        "low = packed & 15 and high = packed >> 4; they have to alternate in the result.",
        "Make an int8 array of 2 · len(packed) codes, and fill codes[0::2] with low and codes[1::2] with high.",
        "Then codes[codes > 7] -= 16, and return codes[:count].",
    ),
    praise="Bit for bit what was packed, signs included.",
)
