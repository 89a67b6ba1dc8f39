"""Wrong answers to exercise 11.2, 4-bit codes out of bytes, and a right one."""

from __future__ import annotations

import numpy as np


def nibbles_of(packed):
    return np.stack([packed & 15, packed >> 4], axis=1).ravel()


def unpack_unsigned(packed, count):
    return nibbles_of(packed)[:count].astype(np.int8)


def unpack_wraps(packed, count):
    codes = nibbles_of(packed)[:count]
    return np.where(codes > 7, codes - 16, codes)


def unpack_excess_8(packed, count):
    return nibbles_of(packed)[:count].astype(np.int8) - 8


def unpack_forgets_the_lowest(packed, count):
    codes = nibbles_of(packed)[:count].astype(np.int8)
    codes[codes > 8] -= 16
    return codes


def unpack_turns_the_highest(packed, count):
    codes = nibbles_of(packed)[:count].astype(np.int8)
    codes[codes >= 7] -= 16
    return codes


def unpack_subtracts_15(packed, count):
    codes = nibbles_of(packed)[:count].astype(np.int8)
    codes[codes > 7] -= 15
    return codes


def unpack_sign_bit(packed, count):
    codes = nibbles_of(packed)[:count].astype(np.int8)
    return np.where(codes & 8, -(codes & 7), codes).astype(np.int8)


def unpack_high_first(packed, count):
    codes = np.stack([packed >> 4, packed & 15], axis=1).ravel()[:count].astype(np.int8)
    codes[codes > 7] -= 16
    return codes


def unpack_side_by_side(packed, count):
    codes = np.concatenate([packed & 15, packed >> 4])[:count].astype(np.int8)
    codes[codes > 7] -= 16
    return codes


def unpack_ignores_count(packed, count):
    return second_unpack(packed, 2 * len(packed))


def unpack_drops_a_last_zero(packed, count):
    codes = second_unpack(packed, 2 * len(packed))
    return codes[:-1] if len(codes) and codes[-1] == 0 else codes


def unpack_drops_all_last_zeros(packed, count):
    codes = second_unpack(packed, count)
    while len(codes) and codes[-1] == 0:
        codes = codes[:-1]
    return codes


def unpack_as_int64(packed, count):
    return second_unpack(packed, count).astype(int)


def second_unpack(packed, count):
    """Through int8 arithmetic: shift the nibble up, and back down with its sign."""
    bytes_ = packed.astype(np.int8)
    low, high = (bytes_ << 4).astype(np.int8) >> 4, bytes_ >> 4
    return np.array([code for pair in zip(low, high, strict=True) for code in pair], dtype=np.int8)[:count]


WRONG = [
    (unpack_unsigned, "all positive"),
    (unpack_wraps, "wraps around"),
    (unpack_excess_8, "belongs to another format"),
    (unpack_forgets_the_lowest, r"begin \*at\* 8"),
    (unpack_turns_the_highest, "highest one"),
    (unpack_subtracts_15, "one too few"),
    (unpack_sign_bit, "sign bit and a magnitude"),
    (unpack_high_first, "are swapped"),
    (unpack_side_by_side, "side by side again"),
    (unpack_ignores_count, "one more"),
    (unpack_drops_a_last_zero, "drop a 0 at the end"),
    (unpack_drops_all_last_zeros, "drop a 0 at the end"),
    (unpack_as_int64, "their type is int64"),
]

RIGHT = second_unpack

VARIES = {
    "packed": "0 to 51 bytes; every nibble in either half of a byte",
    "count": "even, odd, 1 and 0; even and odd with zeros as the last codes",
}
