"""Wrong answers to exercise 11.1, two 4-bit codes in a byte, and a right one."""

from __future__ import annotations

import numpy as np


def even(codes):
    return np.append(codes, 0).astype(np.int8) if len(codes) % 2 else codes


def pack_high_first(codes):
    nibbles = (even(codes) & 15).astype(np.uint8)
    return (nibbles[0::2] << 4) | nibbles[1::2]


def pack_without_mask(codes):
    codes = even(codes)
    return (codes[0::2] | (codes[1::2] << 4)).astype(np.uint8)


def pack_by_adding(codes):
    codes = even(codes).astype(int)
    return ((codes[0::2] + codes[1::2] * 16) % 256).astype(np.uint8)


def pack_excess_8(codes):
    shifted = (even(codes) + 8).astype(np.uint8)
    return shifted[0::2] | (shifted[1::2] << 4)


def pack_sign_bit(codes):
    nibbles = [abs(int(c)) % 8 + (8 if c < 0 else 0) for c in even(codes)]
    return np.array([a + 16 * b for a, b in zip(nibbles[::2], nibbles[1::2], strict=True)], dtype=np.uint8)


def pack_magnitudes(codes):
    size = np.abs(even(codes)).astype(np.uint8)
    return size[0::2] | (size[1::2] << 4)


def pack_halves(codes):
    nibbles = (even(codes) & 15).astype(np.uint8)
    half = len(nibbles) // 2
    return nibbles[:half] | (nibbles[half:] << 4)


def pack_drops_the_last(codes):
    nibbles = (codes & 15).astype(np.uint8)
    n = len(codes) // 2
    return nibbles[0 : 2 * n : 2] | (nibbles[1::2] << 4)


def pack_repeats_the_last(codes):
    codes = np.append(codes, codes[-1]) if len(codes) % 2 else codes
    nibbles = (codes & 15).astype(np.uint8)
    return nibbles[0::2] | (nibbles[1::2] << 4)


def pack_as_int64(codes):
    codes = np.append(codes, 0).astype(int) if len(codes) % 2 else codes.astype(int)
    return (codes[0::2] & 15) | ((codes[1::2] & 15) << 4)


def pack_even_lengths_only(codes):
    nibbles = (codes & 15).astype(np.uint8)
    return nibbles[0::2] | (nibbles[1::2] << 4)


def pack_one_a_byte(codes):
    return (codes & 15).astype(np.uint8)


def second_pack(codes):
    """Byte by byte, with remainders in place of masks."""
    numbers = [int(c) % 16 for c in codes] + [0] * (len(codes) % 2)
    return np.array([numbers[i] + 16 * numbers[i + 1] for i in range(0, len(numbers), 2)], dtype=np.uint8)


WRONG = [
    (pack_high_first, "into the upper half"),
    (pack_without_mask, "overwrites its neighbour"),
    (pack_by_adding, "borrows 1"),
    (pack_excess_8, "another format"),
    (pack_sign_bit, "sign bit and the magnitude"),
    (pack_magnitudes, "sign is lost"),
    (pack_halves, r"two \*neighbours\*"),
    (pack_drops_the_last, "last one is missing"),
    (pack_repeats_the_last, "both halves of its byte"),
    (pack_as_int64, "their type is int64"),
    (pack_even_lengths_only, "ValueError: operands could not be broadcast"),
    (pack_one_a_byte, "the result has shape"),
    (lambda codes: list(second_pack(codes)), "expected a NumPy array"),
]

RIGHT = second_pack

VARIES = {
    "codes": "0, 1, 2, 3, 5, 8, 9, 16, 31, 64 and 101 of them; every code from −8 to 7, rising and falling; both ends "
    "of the range next to each other; first and last code negative",
}
